"""HTML by `selectolax`: headings, text, lists, tables, figures; nothing of scripts, styles and navigation."""

import html
import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode

from citewell.ingestion.blocks import BlockType, Builder, ParsedDocument, table_text
from citewell.ingestion.parsing.limits import ParseLimits
from citewell.ingestion.parsing.list_numbers import written
from citewell.ingestion.parsing.mathml import formula_of
from citewell.ingestion.parsing.powers import RAISED, with_powers
from citewell.ingestion.parsing.text import read_text

_DROPPED = (
    "script, style, noscript, template, nav, svg, iframe, object, [hidden], head > *:not(title), rt, rp, datalist, "
    "dialog:not([open]), annotation, annotation-xml"
)
_INVISIBLE = re.compile(r"(display\s*:\s*none|visibility\s*:\s*(hidden|collapse))", re.IGNORECASE)
_XHTML = re.compile(r"\A\s*<\?xml\b|<html\b[^<>]{0,1000}http://www\.w3\.org/1999/xhtml", re.IGNORECASE)
_CLOSES_ITSELF = re.compile(r"<([A-Za-z][\w:.-]*)((?:\s[^<>]{0,2000}?)?)/>")
_MEDIA = re.compile(r"@media[^{}@]{0,1000}+\{(?:[^{}]*+\{[^{}]*+\})*[^{}]*+\}")
_SELECTOR = re.compile(r"[\w-]*[.#][\w-]+$")  # of a class or an element by its name
_MOST_RULES = 300
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)")
_OFTEN_OPEN = {
    "p", "li", "td", "th", "tr", "dt", "dd", "option", "br", "img", "hr", "input", "meta", "link", "area", "base",
    "col", "embed", "source", "track", "wbr", "tbody", "thead", "tfoot",
}  # fmt: skip
_DEEPEST = 2000
_MAX_COLUMNS = 500
_SPANS = re.compile(r"\d{1,4}$")
_WHOLE = re.compile(r"-?\d{1,6}$")
_NUMBERS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_TEXT, _COMMENT = "-text", "-comment"
_VOID = {
    "br", "img", "hr", "input", "meta", "link", "area", "base", "col", "embed", "source", "track", "wbr", "param",
}  # fmt: skip
_INLINE = {
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "br", "cite", "code", "data", "dfn", "em", "font", "i", "img",
    "ins", "del", "kbd", "label", "mark", "math", "nobr", "q", "rb", "ruby", "s", "samp", "small", "span", "strike",
    "strong", "sub", "sup", "time", "tt", "u", "var", "wbr", _TEXT,
}  # fmt: skip
_WRITTEN_IN = {"text", "number", "date", "datetime-local", "month", "week", "time", "email", "tel", "url"}  # inputs
_NOT_IN_LISTS = "h1, h2, h3, h4, h5, h6, table, pre"
_NOT_IN_HEADINGS = "table, ul, ol, pre, p ~ p, p ~ div"
_BLOCKS = "h1, h2, h3, h4, h5, h6, p, div, table, ul, ol, dl, pre, figure, section, article"
_PLACES = {"thead": 0, "tfoot": 2}
_TABLE_PARTS = ("thead", "tbody", "tfoot")
_BREAK = "\v"  # stands for <br>, which unlike a new line of the source is one of the text
_SPACE = re.compile(r"[ \t\r\n\f]+")
_ANY_SPACE = re.compile(r"[ \t\r\n\f\v]+")


def parse_html(path: Path, limits: ParseLimits) -> ParsedDocument:
    builder = Builder()
    title = add_html(builder, read_text(path, limits, declares=True), limits)
    return builder.document(title=title)


def add_html(builder: Builder, source: str, limits: ParseLimits, page: int | None = None) -> str | None:
    """Add the blocks of a page to what others have added; its title, if it has one."""
    if _depth(source) > _DEEPEST:
        _add_without_tree(builder, source, page)
        return None
    if _XHTML.search(source[:3000]):
        source = _without_empty_tags(source)
    tree = LexborHTMLParser(source)
    title = tree.css_first("title")
    title_text = " ".join(title.text().split()) if title is not None else None
    formulas = iter(tree.css("math"))
    for node in formulas:
        # Formulas inside this one come next in the list and are replaced with it. A hostile page may nest any number.
        inside = sum(each.tag == "math" for each in node.traverse()) - 1
        for _ in range(inside):
            next(formulas, None)
        node.replace_with(f" {formula_of(node.html or '')} ")
    for node in [node for node in tree.root.traverse(include_text=True) if node.tag == _COMMENT] if tree.root else ():
        node.decompose()  # or it would divide the word that it stands in
    for node in _hidden_by_rules(tree):
        node.decompose()
    for node in tree.css(_DROPPED):
        node.decompose()
    for node in tree.css("[style*='display' i], [style*='visibility' i]"):
        if _INVISIBLE.search(node.attributes.get("style") or ""):
            node.decompose()
    for node in tree.css("input[value]"):
        if (node.attributes.get("type") or "text").lower() in _WRITTEN_IN:
            node.replace_with(f" {node.attributes.get('value') or ''} ")
    if tree.body is not None:
        _Walker(builder, limits.max_nesting, page).walk(tree.body)
    return title_text


def _without_empty_tags(source: str) -> str:
    """XHTML with elements that close themselves written out: to a reader of HTML, `<title/>` swallows what follows."""

    def written_out(tag: re.Match[str]) -> str:
        name, attributes = tag.groups()
        return tag.group() if name.lower() in _VOID else f"<{name}{attributes}></{name}>"

    return _CLOSES_ITSELF.sub(written_out, source)


def _depth(source: str) -> int:
    """Returns the greatest nesting depth of elements. Building a page's tree takes time quadratic in it."""
    depth = deepest = 0
    for closes, name in _TAG.findall(source):
        if name.lower() not in _OFTEN_OPEN:
            depth = max(depth - 1, 0) if closes else depth + 1
            deepest = max(deepest, depth)
    return deepest


def _add_without_tree(builder: Builder, source: str, page: int | None) -> None:
    """The words of a page that no author writes: nested thousands deep."""
    text = re.sub(r"(?is)<(script|style)\b.*?(</\1\s*>|$)", " ", source)
    for paragraph in re.split(r"<[^<>]*>", text):
        builder.add("text", _flat_text(html.unescape(paragraph)), page=page)


def _hidden_by_rules(tree: LexborHTMLParser) -> list[LexborNode]:
    """Elements of classes and names that the page's own style says are not shown. Rules for other media don't count."""
    found: list[LexborNode] = []
    for style in tree.css("style")[:20]:
        rules = _MEDIA.sub("", style.text()[:200_000])
        for rule in rules.split("}")[:_MOST_RULES]:
            selectors, _, body = rule.rpartition("{")
            if not _INVISIBLE.search(body):
                continue
            for selector in (one.strip() for one in selectors.split(",")):
                if _SELECTOR.match(selector):
                    found += tree.css(selector)
    return found


class _Walker:
    """Adds the blocks of a tree. Deeper than `max_depth` a subtree is taken as one text."""

    def __init__(self, builder: Builder, max_depth: int, page: int | None) -> None:
        self._builder = builder
        self._max_depth = max_depth
        self._page = page
        self._mark = ""  # the number of the next heading or text
        self._run: list[str] = []  # inline text that has not yet become a block

    def walk(self, node: LexborNode, depth: int = 0, level: int | None = None) -> None:
        """Add what is in the node. With `level` it is a heading that was not closed: its first words are one."""
        for child in node.iter(include_text=True):
            tag = child.tag or _TEXT
            if _is_inline(tag) and (tag == _TEXT or depth >= self._max_depth or child.css_first(_BLOCKS) is None):
                self._run.append(_raw(child))
                continue
            level = self._end_run(level)
            self._block(child, tag, depth)
        self._end_run(level)

    def _block(self, node: LexborNode, tag: str, depth: int) -> None:
        add = self._builder.add
        if tag in _HEADINGS and depth < self._max_depth and node.css_first(_NOT_IN_HEADINGS) is not None:
            self.walk(node, depth + 1, _HEADINGS[tag])
        elif tag in _HEADINGS:
            level = _HEADINGS[tag]
            text = self._marked(_flat(node)).removeprefix("- ")
            add("title" if level == 1 else "section_heading", text, level=level, page=self._page)
        elif tag == "pre":
            add("code", node.text(deep=True), page=self._page)
        elif depth >= self._max_depth:
            add("text", _lines(_raw(node)), page=self._page)
        elif tag == "p" and node.css_first("table") is not None:  # as pages without a doctype may have them
            self.walk(node, depth + 1)
        elif tag == "p":
            only_pictures = not (node.text(deep=True) or "").strip()
            add("figure" if only_pictures else "text", self._marked(_lines(_raw(node))), page=self._page)
        elif tag == "dl" and node.css_first("table, pre, ul, ol, h1, h2, h3, h4, h5, h6, dd dl") is None:
            add("list", "\n".join(_definitions(node)), page=self._page)
        elif tag == "footer":
            add("footer", _lines(_raw(node)), page=self._page)
        elif tag == "figure":
            self._figure(node, depth)
        elif tag == "table":
            self._table(node, depth)
        elif tag in ("ul", "ol") and node.css_first(_NOT_IN_LISTS) is not None:
            self._list_with_blocks(node, depth)
        elif tag in ("ul", "ol"):
            add("list", "\n".join(_items(node, self._max_depth - depth)), page=self._page)
        elif not tag.startswith(("-", "_", "!")):
            self.walk(node, depth + 1)

    def _list_with_blocks(self, node: LexborNode, depth: int) -> None:
        """Tables and code in a list, and headings, as some programs write those that they number."""
        marks = _marks(node)
        lines: list[str] = []
        for item in node.iter():
            if item.css_first(_NOT_IN_LISTS) is None:
                lines += _item(item, marks, self._max_depth - depth)
                continue
            self._end_list(lines)
            if item.tag in ("ul", "ol", "table", "pre"):
                self._block(item, item.tag, depth + 1)
                continue
            self._mark = marks(item)
            self.walk(item, depth + 1)
            self._mark = ""
        self._end_list(lines)

    def _end_list(self, lines: list[str]) -> None:
        self._builder.add("list", "\n".join(lines), page=self._page)
        lines.clear()

    def _marked(self, text: str) -> str:
        """Returns the text behind the mark of its item, if it is the first text of one."""
        mark, self._mark = self._mark, "" if text else self._mark
        return f"{mark} {text}".strip() if text else text

    def _figure(self, node: LexborNode, depth: int) -> None:
        """A picture is its caption, or what is said in its place; tables and code in a figure are what they are."""
        if node.css_first("table, pre, ul, ol") is not None:
            self.walk(node, depth + 1)
            return
        self._builder.add("figure", _lines(_raw(node).replace("  ", _BREAK)), page=self._page)

    def _table(self, node: LexborNode, depth: int) -> None:
        if _is_layout(node):
            for row in _rows(node):
                for cell in _cells(row):
                    self.walk(cell, depth + 1)
            return
        caption = next((child for child in node.iter() if child.tag == "caption"), None)
        if caption is not None:
            self._builder.add("text", _flat(caption), page=self._page)
        rows = _grid([[(_flat(cell), *_spans(cell)) for cell in _cells(row)] for row in _rows(node)])
        self._builder.add("table", table_text(rows), rows=rows, page=self._page)

    def _end_run(self, level: int | None = None) -> int | None:
        """Make a block of the inline text so far, a heading with `level`. Returns the level if there was no text."""
        text = "".join(self._run)
        self._run.clear()
        if level is None:
            self._builder.add("text", self._marked(_lines(text)), page=self._page)
            return None
        kind: BlockType = "title" if level == 1 else "section_heading"
        self._builder.add(kind, _flat_text(text), level=level, page=self._page)
        return None if text.strip() else level


def _is_inline(tag: str) -> bool:
    """Elements with a prefix are those that Word writes into text, like <o:p>."""
    return tag in _INLINE or ":" in tag


def _is_layout(table: LexborNode) -> bool:
    """Whether the table only places parts of a page: it holds other tables, or frames one text, or has headings."""
    if (table.attributes.get("role") or "").strip().lower() in ("presentation", "none"):
        return True
    if any(child.css_first("table") is not None for child in table.iter()):
        return True
    if table.css_first("th") is None and table.css_first("h1, h2") is not None:
        return True
    rows = [list(_cells(row)) for row in itertools.islice(_rows(table), 2)]
    return len(rows) == 1 and len(rows[0]) == 1 and rows[0][0].css_first(_BLOCKS) is not None


def _spans(cell: LexborNode) -> tuple[int, int]:
    """Columns and rows that a cell takes; 0 rows are all to the end."""
    attributes = cell.attributes
    columns, rows = ((attributes.get(name) or "").strip() for name in ("colspan", "rowspan"))
    return (
        min(max(int(columns), 1), _MAX_COLUMNS) if _SPANS.match(columns) else 1,
        int(rows) if _SPANS.match(rows) else 1,
    )


def _grid(rows: list[list[tuple[str, int, int]]]) -> list[list[str]]:
    """Cells (text, columns, rows) in their places; one over several rows or columns has its text in each of them."""
    grid: list[list[str]] = []
    open_cells: dict[int, tuple[str, int]] = {}  # column: text, rows that it still takes
    for row in rows:
        cells: list[str] = []
        below: dict[int, tuple[str, int]] = {}
        for text, columns, count in row:
            _take_open(cells, open_cells, below)
            for _ in range(min(columns, _MAX_COLUMNS - len(cells))):
                if count != 1:
                    below[len(cells)] = (text, (count or len(rows)) - 1)
                cells.append(text)
        while open_cells:
            _take_open(cells, open_cells, below)
            if open_cells:
                cells.append("")
        open_cells = below
        grid.append(cells)
    return grid


def _take_open(cells: list[str], open_cells: dict[int, tuple[str, int]], below: dict[int, tuple[str, int]]) -> None:
    """Cells from above that come next in the row; those that go on are put into `below`."""
    while len(cells) in open_cells:
        text, left = open_cells.pop(len(cells))
        if left > 1:
            below[len(cells)] = (text, left - 1)
        cells.append(text)
    for column in [column for column in open_cells if column < len(cells)]:
        del open_cells[column]  # a cell of this row took its place


def _definitions(node: LexborNode) -> Iterator[str]:
    """A line for each term with what it means."""
    terms: list[str] = []
    for child in _entries(node):
        text = _flat(child)
        if child.tag == "dt":
            terms.append(text)
        elif terms:
            yield f"- {', '.join(terms)}: {text}"
            terms = []
        elif text:
            yield f"  {text}"
    if terms:
        yield f"- {', '.join(terms)}"


def _entries(node: LexborNode) -> Iterator[LexborNode]:
    for child in node.iter():
        if child.tag == "div":
            yield from (inner for inner in child.iter() if inner.tag in ("dt", "dd"))
        elif child.tag in ("dt", "dd"):
            yield child


def _rows(table: LexborNode) -> Iterator[LexborNode]:
    """The table's own rows, without those of tables in its cells, in the order of a page: head, body, foot."""
    for part in sorted(table.iter(), key=lambda part: _PLACES.get(part.tag or "", 1)):
        if part.tag == "tr":
            yield part
        elif part.tag in _TABLE_PARTS:
            yield from (row for row in part.iter() if row.tag == "tr")


def _cells(row: LexborNode) -> Iterator[LexborNode]:
    return (cell for cell in row.iter() if cell.tag in ("td", "th"))


def _items(node: LexborNode, depth: int, indent: str = "") -> Iterator[str]:
    """A line for each item; those of a list within it are indented. Below `depth` levels they are one text."""
    marks = _marks(node)
    for item in node.iter():
        yield from _item(item, marks, depth, indent)


def _item(item: LexborNode, marks: Callable[[LexborNode], str], depth: int, indent: str = "") -> Iterator[str]:
    if item.tag in ("ul", "ol") and depth > 0:  # a list right in a list, as some programs write it
        yield from _items(item, depth - 1, indent + "  ")
        return
    mark = marks(item)
    inner = [child for child in item.iter() if child.tag in ("ul", "ol")] if depth > 0 else []
    text = _flat_text(_raw(item, without=("ul", "ol") if inner else ()))
    if text:
        yield f"{indent}{mark} {text}"
    for nested in inner:
        yield from _items(nested, depth - 1, indent + "  " if text else indent)


def _marks(node: LexborNode) -> Callable[[LexborNode], str]:
    """Returns a function that gives the mark before each item of the list, in order: "-", or the number that is
    shown.
    """
    if node.tag != "ol":
        return lambda item: "-"
    kind = _NUMBERS.get((node.attributes.get("type") or "").strip(), "decimal")
    backwards = "reversed" in node.attributes
    count = sum(child.tag == "li" for child in node.iter()) if backwards else 1
    following = _whole(node.attributes.get("start"), count)

    def mark(item: LexborNode) -> str:
        nonlocal following
        number = _whole(item.attributes.get("value"), following) if item.tag == "li" else following
        following = number + (-1 if backwards else 1)
        return f"{written(number, kind)}."

    return mark


def _whole(value: str | None, default: int) -> int:
    stated = (value or "").strip()
    return int(stated) if _WHOLE.match(stated) else default


def _raw(node: LexborNode, without: tuple[str, ...] = ()) -> str:
    """The text of a tree of any depth, with its white space; a space where a block begins or ends.

    Children of `node` whose tag is in `without` are left out.
    """
    if node.tag == _TEXT:
        return node.text(deep=False) or ""
    if node.tag == "br":
        return _BREAK
    if node.tag == "img":
        return _picture(node)
    parts: list[str] = [RAISED] if node.tag == "sup" else []
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
        elif child.tag == "img":
            parts.append(_picture(child))
        else:
            space = "" if _is_inline(child.tag or "") else " "
            parts.append(RAISED if child.tag == "sup" else space)
            open_nodes.append((space, child.iter(include_text=True)))
    return "".join(parts)


def _picture(node: LexborNode) -> str:
    """Returns the text that stands for a picture."""
    return f"  {' '.join((node.attributes.get('alt') or '').split())}  "


def _flat(node: LexborNode) -> str:
    return _flat_text(_raw(node))


def _flat_text(text: str) -> str:
    return _ANY_SPACE.sub(" ", with_powers(text).replace("\xad", "")).strip()


def _lines(text: str) -> str:
    lines = (_SPACE.sub(" ", line).strip() for line in with_powers(text).replace("\xad", "").split(_BREAK))
    return "\n".join(line for line in lines if line)
