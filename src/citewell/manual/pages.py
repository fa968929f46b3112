"""The pages of the documentation: the Markdown files of `docs/`, which go into the package."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from citewell.kit.html import page
from citewell.kit.templates import render

_SUMMARY_CHARS = 200


@dataclass(frozen=True)
class ManualPage:
    """`name` is its address below `/docs/`, `text` the Markdown."""

    name: str
    title: str
    summary: str
    text: str

    def html(self) -> str:
        tokens = _markdown().parse(self.text)
        for token in tokens:
            for child in token.children or ():
                _relink(child)
        text = Markup(_markdown().renderer.render(tokens, _markdown().options, {}))  # noqa: S704 - escaped by the renderer
        return page(self.title, render("manual/page.html", text=text))


@cache
def pages() -> dict[str, ManualPage]:
    """Returns all pages by name: the manual first, then a page for each client, then decisions."""
    folder = _folder()
    files = [path for part in ("*.md", "clients/*.md", "decisions/*.md") for path in sorted(folder.glob(part))]
    return {made.name: made for made in (_read(folder, path) for path in files)}


def _folder() -> Path:
    """Returns the folder of the pages: inside the installed package, or beside the sources in a checkout."""
    here = Path(__file__).parent
    packaged = here / "text"
    return packaged if packaged.is_dir() else here.parents[2] / "docs"


def _read(folder: Path, path: Path) -> ManualPage:
    text = path.read_text(encoding="utf-8")
    inline = [token for token in _markdown().parse(text) if token.type == "inline"]
    title = _plain(inline[0]) if inline else path.stem
    summary = _plain(inline[1]) if len(inline) > 1 else ""
    name = path.relative_to(folder).with_suffix("").as_posix()
    return ManualPage(name, title, _shortened(summary), text)


def _plain(inline: Token) -> str:
    parts = (" " if child.type == "softbreak" else child.content for child in inline.children or ())
    return "".join(parts).strip()


def _shortened(text: str) -> str:
    return text if len(text) <= _SUMMARY_CHARS else text[:_SUMMARY_CHARS].rsplit(" ", 1)[0] + " ..."


def _relink(token: Token) -> None:
    """Links between the files become links between the pages."""
    target = token.attrGet("href") if token.type == "link_open" else None
    if isinstance(target, str) and "://" not in target and target.endswith(".md"):
        token.attrSet("href", target.removesuffix(".md"))


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")
