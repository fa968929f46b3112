"""HTML by `selectolax`: headings, text, lists, tables; nothing of scripts, styles and navigation."""

import re
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode

from citewell.ingestion.blocks import Builder, ParsedDocument, table_text
from citewell.ingestion.parsing.limits import ParseLimits
from citewell.ingestion.parsing.text import read_text

_DROPPED = "script, style, noscript, template, nav, svg, iframe, object, head > *:not(title)"
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_INLINE = {
    "a", "abbr", "b", "bdi", "bdo", "br", "cite", "code", "data", "dfn", "em", "font", "i", "img", "ins", "del", "kbd",
    "label", "mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
    "-text",
}  # fmt: skip
_SPACE = re.compile(r"[ \t\r\n\f]+")


def parse_html(path: Path, limits: ParseLimits) -> ParsedDocument:
    tree = LexborHTMLParser(read_text(path, limits))
    title = tree.css_first("title")
    title_text = title.text() if title is not None else None
    for node in tree.css(_DROPPED):
        node.decompose()
    builder = Builder()
    if tree.body is not None:
        _Walker(builder, limits.max_nesting).walk(tree.body)
    return builder.document(title=title_text)


class _Walker:
    """Adds the blocks of a tree. Deeper than `max_depth` a subtree is taken as one text."""

    def __init__(self, builder: Builder, max_depth: int) -> None:
        self._builder = builder
        self._max_depth = max_depth
        self._run: list[str] = []  # inline text that has not yet become a block

    def walk(self, node: LexborNode, depth: int = 0) -> None:
        for child in node.iter(include_text=True):
            tag = child.tag or "-text"
            if tag in _INLINE:
                self._run.append("\n" if tag == "br" else child.text(deep=True))
                continue
            self._end_run()
            self._block(child, tag, depth)
        if depth == 0 or node.tag not in _INLINE:
            self._end_run()

    def _block(self, node: LexborNode, tag: str, depth: int) -> None:
        if tag in _HEADINGS:
            level = _HEADINGS[tag]
            self._builder.add("title" if level == 1 else "section_heading", _flat(node), level=level)
        elif tag == "table":
            rows = [[_flat(cell) for cell in row.css("td, th")] for row in node.css("tr")]
            self._builder.add("table", table_text(rows), cells=rows)
        elif tag in ("ul", "ol"):
            items = [f"- {_flat(item)}" for item in node.css("li") if _flat(item)]
            self._builder.add("list", "\n".join(items))
        elif tag == "pre":
            self._builder.add("code", node.text(deep=True))
        elif tag == "p" or depth >= self._max_depth:
            self._builder.add("text", _flat(node))
        elif not tag.startswith(("-", "_", "!")):
            self.walk(node, depth + 1)

    def _end_run(self) -> None:
        lines = (_SPACE.sub(" ", line).strip() for line in "".join(self._run).split("\n\n"))
        self._builder.add("text", "\n".join(line for line in lines if line))
        self._run.clear()


def _flat(node: LexborNode) -> str:
    return _SPACE.sub(" ", node.text(deep=True)).strip()
