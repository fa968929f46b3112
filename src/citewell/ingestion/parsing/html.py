"""HTML by `selectolax`: headings, text, lists, tables, figures; nothing of scripts, styles and navigation."""

import re
from collections.abc import Iterator
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode

from citewell.ingestion.blocks import Builder, ParsedDocument, table_text
from citewell.ingestion.parsing.limits import ParseLimits
from citewell.ingestion.parsing.text import read_text

_DROPPED = "script, style, noscript, template, nav, svg, iframe, object, [hidden], head > *:not(title)"
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_TEXT = "-text"
_INLINE = {
    "a", "abbr", "b", "bdi", "bdo", "br", "cite", "code", "data", "dfn", "em", "font", "i", "img", "ins", "del", "kbd",
    "label", "mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
    _TEXT,
}  # fmt: skip
_TABLE_PARTS = ("thead", "tbody", "tfoot")
_BREAK = "\v"  # stands for <br>, which unlike a new line of the source is one of the text
_SPACE = re.compile(r"[ \t\r\n\f]+")
_ANY_SPACE = re.compile(r"[ \t\r\n\f\v]+")


def parse_html(path: Path, limits: ParseLimits) -> ParsedDocument:
    builder = Builder()
    title = add_html(builder, read_text(path, limits), limits)
    return builder.document(title=title)


def add_html(builder: Builder, source: str, limits: ParseLimits, page: int | None = None) -> str | None:
    """Add the blocks of a page to what others have added; its title, if it has one."""
    tree = LexborHTMLParser(source)
    title = tree.css_first("title")
    title_text = title.text() if title is not None else None
    for node in tree.css(_DROPPED):
        node.decompose()
    if tree.body is not None:
        _Walker(builder, limits.max_nesting, page).walk(tree.body)
    return title_text


class _Walker:
    """Adds the blocks of a tree. Deeper than `max_depth` a subtree is taken as one text."""

    def __init__(self, builder: Builder, max_depth: int, page: int | None) -> None:
        self._builder = builder
        self._max_depth = max_depth
        self._page = page
        self._run: list[str] = []  # inline text that has not yet become a block

    def walk(self, node: LexborNode, depth: int = 0) -> None:
        for child in node.iter(include_text=True):
            tag = child.tag or _TEXT
            if tag in _INLINE:
                self._run.append(_raw(child))
                continue
            self._end_run()
            self._block(child, tag, depth)
        self._end_run()

    def _block(self, node: LexborNode, tag: str, depth: int) -> None:
        add = self._builder.add
        if tag in _HEADINGS:
            level = _HEADINGS[tag]
            add("title" if level == 1 else "section_heading", _flat(node), level=level, page=self._page)
        elif tag == "pre":
            add("code", node.text(deep=True), page=self._page)
        elif tag == "p" or depth >= self._max_depth:
            add("text", _lines(_raw(node)), page=self._page)
        elif tag == "footer":
            add("footer", _lines(_raw(node)), page=self._page)
        elif tag == "figure":
            self._figure(node, depth)
        elif tag == "table":
            self._table(node, depth)
        elif tag in ("ul", "ol"):
            add("list", "\n".join(_items(node, self._max_depth - depth)), page=self._page)
        elif not tag.startswith(("-", "_", "!")):
            self.walk(node, depth + 1)

    def _figure(self, node: LexborNode, depth: int) -> None:
        """A picture is its caption, or what is said in its place; tables and code in a figure are what they are."""
        if node.css_first("table, pre, ul, ol") is not None:
            self.walk(node, depth + 1)
            return
        texts = [_flat(node), *(image.attributes.get("alt") or "" for image in node.css("img"))]
        self._builder.add("figure", "\n".join(dict.fromkeys(text for text in texts if text)), page=self._page)

    def _table(self, node: LexborNode, depth: int) -> None:
        if node.css_first("td table, th table") is not None:  # it lays out the page: its cells are parts of that
            for row in _rows(node):
                for cell in _cells(row):
                    self.walk(cell, depth + 1)
            return
        caption = next((child for child in node.iter() if child.tag == "caption"), None)
        if caption is not None:
            self._builder.add("text", _flat(caption), page=self._page)
        rows = [[_flat(cell) for cell in _cells(row)] for row in _rows(node)]
        self._builder.add("table", table_text(rows), rows=rows, page=self._page)

    def _end_run(self) -> None:
        self._builder.add("text", _lines("".join(self._run)), page=self._page)
        self._run.clear()


def _rows(table: LexborNode) -> Iterator[LexborNode]:
    """The table's own rows, without those of tables in its cells."""
    for part in table.iter():
        if part.tag == "tr":
            yield part
        elif part.tag in _TABLE_PARTS:
            yield from (row for row in part.iter() if row.tag == "tr")


def _cells(row: LexborNode) -> Iterator[LexborNode]:
    return (cell for cell in row.iter() if cell.tag in ("td", "th"))


def _items(node: LexborNode, depth: int, indent: str = "") -> Iterator[str]:
    """A line for each item; those of a list within it are indented. Below `depth` levels they are one text."""
    for item in node.iter():
        if item.tag in ("ul", "ol") and depth > 0:  # a list right in a list, as some programs write it
            yield from _items(item, depth - 1, indent + "  ")
            continue
        inner = [child for child in item.iter() if child.tag in ("ul", "ol")] if depth > 0 else []
        text = _ANY_SPACE.sub(" ", _raw(item, without=("ul", "ol") if inner else ())).strip()
        if text:
            yield f"{indent}- {text}"
        for nested in inner:
            yield from _items(nested, depth - 1, indent + "  " if text else indent)


def _raw(node: LexborNode, without: tuple[str, ...] = ()) -> str:
    """The text of a tree of any depth, with its white space; a space where a block begins or ends.

    Children of `node` whose tag is in `without` are left out.
    """
    if node.tag == _TEXT:
        return node.text(deep=False) or ""
    if node.tag == "br":
        return _BREAK
    parts: list[str] = []
    # Iterators of the nodes that are open, each with what stands where its node ends. No recursion: it has no limit.
    open_nodes = [("", iter([child for child in node.iter(include_text=True) if child.tag not in without]))]
    while open_nodes:
        end, children = open_nodes[-1]
        child = next(children, None)
        if child is None:
            parts.append(end)
            open_nodes.pop()
        elif child.tag == _TEXT:
            parts.append(child.text(deep=False) or "")
        elif child.tag == "br":
            parts.append(_BREAK)
        else:
            space = "" if child.tag in _INLINE else " "
            parts.append(space)
            open_nodes.append((space, child.iter(include_text=True)))
    return "".join(parts)


def _flat(node: LexborNode) -> str:
    return _ANY_SPACE.sub(" ", _raw(node)).strip()


def _lines(text: str) -> str:
    lines = (_SPACE.sub(" ", line).strip() for line in text.split(_BREAK))
    return "\n".join(line for line in lines if line)
