"""Words and cells of OpenDocument."""

import re
from collections.abc import Iterator

from lxml.etree import _Element as Element

from citewell.ingestion.parsing.number_format import shown_number
from citewell.ingestion.parsing.odf_lists import Lists
from citewell.ingestion.parsing.powers import RAISED, with_powers
from citewell.ingestion.parsing.sheet import NamedTable, Range, place_of, range_of
from citewell.ingestion.parsing.symbols import PRIVATE

NAMES = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "draw": "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0",
    "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
    "presentation": "urn:oasis:names:tc:opendocument:xmlns:presentation:1.0",
    "chart": "urn:oasis:names:tc:opendocument:xmlns:chart:1.0",
    "dc": "http://purl.org/dc/elements/1.1/",
}
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_SPACE = re.compile(r"[ \t\r\n]+")  # is one space, unless elements stand for more
# "$'Price list'.$A$1:.$C$4": a sheet that is named once is that of both cells.
_ADDRESS = re.compile(
    r"\$?(?:'(?P<quoted>(?:[^']|'')*)'|(?P<plain>[^.':]*))\.(?P<first>\$?[A-Z]{1,3}\$?\d{1,7})"
    r":(?:\$?(?:'(?:[^']|'')*'|[^.':]*)\.)?(?P<last>\$?[A-Z]{1,3}\$?\d{1,7})"
)
_ANONYMOUS = "__Anonymous"  # of a filter that is on without a name
_IS_RAISED = "raised"  # an attribute of our own
_RAISED_BY = re.compile(r"super|[1-9]")  # "super 58%", "33% 58%"; subscript is "sub" or negative
_MAX_COLUMNS = 500
_MAX_SPACES = 100  # that one element may stand for


def name_of(short: str) -> str:
    """The whole name of one like "text:p"."""
    prefix, local = short.split(":")
    return f"{{{NAMES[prefix]}}}{local}"


PARAGRAPH, HEADING = name_of("text:p"), name_of("text:h")
LIST, _SPAN = name_of("text:list"), name_of("text:span")
NOTE, ANNOTATION, SOFT_BREAK = name_of("text:note"), name_of("office:annotation"), name_of("text:soft-page-break")
INVISIBLE = {
    name_of(name)
    for name in (
        "text:tracked-changes", "office:annotation", "text:note", "text:hidden-text", "text:hidden-paragraph",
        "text:ruby-text", "text:sequence-decls", "office:forms", "text:variable-decls", "text:user-field-decls",
    )
}  # fmt: skip
_ASIDES = (ANNOTATION, NOTE)
_ROW, _CELL, _COVERED = name_of("table:table-row"), name_of("table:table-cell"), name_of("table:covered-table-cell")
_ROWS_SPANNED, _COLUMNS_SPANNED = name_of("table:number-rows-spanned"), name_of("table:number-columns-spanned")
_COLUMNS_REPEATED = name_of("table:number-columns-repeated")
_ROWS_REPEATED = name_of("table:number-rows-repeated")
_COLUMN, _VISIBILITY = name_of("table:table-column"), name_of("table:visibility")
_GROUPS = ("table-header-rows", "table-rows", "table-row-group")
_PLACEHOLDERS = ("<number>", "<date/time>", "<footer>", "<header>")  # of fields that a slide fills in
_APART = ("frame", "text-box", "custom-shape")


def text_of(element: Element) -> str:
    """The element's words, without the notes, comments and boxes that are anchored in it."""
    return with_powers("".join(_pieces(element))).replace("\xad", "").translate(PRIVATE).strip()


def _pieces(element: Element) -> Iterator[str]:
    if element.text:
        yield _SPACE.sub(" ", element.text)
    for child in element:
        local = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else ""
        if local == "s":
            yield " " * number_of(child.get(name_of("text:c")), _MAX_SPACES, least=1)
        elif local == "tab":
            yield "\t"
        elif local == "line-break":
            yield "\n"
        elif (child.text or "").strip() in _PLACEHOLDERS:
            pass
        elif local and child.tag not in INVISIBLE and local not in _APART:
            if child.get(_IS_RAISED):
                yield RAISED
            yield from _pieces(child)
        if child.tail:
            yield _SPACE.sub(" ", child.tail)


def number_of(value: str | None, most: int, least: int = 0) -> int:
    """The attribute as a number between the bounds; the least one if it is none."""
    return max(min(int(value), most), least) if value and value.isascii() and value.isdigit() else least


def own_rows(table: Element) -> Iterator[Element]:
    """The rows in their groups, without those of tables in cells."""
    for element in table:
        if element.tag == _ROW:
            yield element
        elif isinstance(element.tag, str) and element.tag.rpartition("}")[2] in _GROUPS:
            yield from own_rows(element)


def on_cells(sheet: Element, name: str) -> Iterator[tuple[str, Element]]:
    """The comments and drawings that hang on cells, each with the name of its cell."""
    number = 1
    for row in own_rows(sheet):
        column = 1
        for cell in row:
            if cell.tag not in (_CELL, _COVERED):
                continue
            for part in cell:
                if part.tag == ANNOTATION or _is_drawn(part):
                    yield place_of(name, Range(number, column, number, column)), part
            column += number_of(cell.get(_COLUMNS_REPEATED), 20_000, least=1)
        number += number_of(row.get(_ROWS_REPEATED), 10_000_000, least=1)


def named_tables(spreadsheet: Element) -> dict[str, list[NamedTable]]:
    """The ranges of more than one row and column that the author named, by the name of their sheet."""
    found: dict[str, list[NamedTable]] = {}
    ranges = (("database-range", "target-range-address"), ("named-range", "cell-range-address"))
    for tag, attribute in ranges:
        for element in spreadsheet.iter(name_of(f"table:{tag}")):
            name = element.get(name_of("table:name")) or ""
            address = _ADDRESS.fullmatch(element.get(name_of(f"table:{attribute}")) or "")
            cells = range_of(f"{address['first']}:{address['last']}") if address is not None else None
            if address is None or cells is None or name.startswith(_ANONYMOUS):
                continue
            if cells.bottom > cells.top and cells.right > cells.left:
                sheet = (address["quoted"] or address["plain"] or "").replace("''", "'")
                headers = 0 if element.get(name_of("table:contains-header")) == "false" else 1
                found.setdefault(sheet, []).append(NamedTable(name, cells, headers))
    return found


def _is_drawn(part: Element) -> bool:
    return isinstance(part.tag, str) and part.tag.startswith(f"{{{NAMES['draw']}}}")


def is_hidden(element: Element) -> bool:
    """Whether a row or a column was hidden by hand: one that is folded away in a group, or filtered, was not."""
    group = element.getparent()
    grouped = group is not None and isinstance(group.tag, str) and group.tag.endswith("-group")
    return element.get(_VISIBILITY) == "collapse" and not grouped


def hidden_columns(table: Element) -> set[int]:
    """Columns, from 1, that were hidden by hand."""
    hidden: set[int] = set()
    column = 1
    for element in table.iter(_COLUMN):
        count = number_of(element.get(_COLUMNS_REPEATED), _MAX_COLUMNS, least=1)
        hidden |= set(range(column, column + count)) if is_hidden(element) else set()
        column += count
        if column > _MAX_COLUMNS:
            break
    return hidden


def drop_hidden(roots: list[Element | None]) -> None:
    """Empty the words and paragraphs whose style says that they are not shown."""
    hidden = {
        style.get(name_of("style:name"))
        for root in roots
        for style in (root.iter(name_of("style:style")) if root is not None else ())
        if any(part.get(name_of("text:display")) == "none" for part in style.iterfind("style:text-properties", NAMES))
    }
    for root in roots if hidden else ():
        for element in root.iter(_SPAN, PARAGRAPH, HEADING) if root is not None else ():
            if element.get(name_of("text:style-name")) in hidden:
                tail = element.tail
                element.clear()
                element.tail = tail


def mark_raised(roots: list[Element | None]) -> None:
    """Mark the spans whose style raises them, for `text_of`."""
    raised = {
        style.get(name_of("style:name"))
        for root in roots
        for style in (root.iter(name_of("style:style")) if root is not None else ())
        for part in style.iterfind("style:text-properties", NAMES)
        if _RAISED_BY.match(part.get(name_of("style:text-position")) or "")
    }
    for root in roots if raised else ():
        for span in root.iter(_SPAN) if root is not None else ():
            if span.get(name_of("text:style-name")) in raised:
                span.set(_IS_RAISED, "true")


def row_cells(row: Element, lists: Lists | None = None) -> list[str]:
    """The texts of the row's cells; with `lists`, items of lists have their numbers."""
    cells: list[str] = []
    for cell in row:
        if cell.tag not in (_CELL, _COVERED):
            continue
        lines = list(_lines(cell, lists))
        text = "\n".join(line for line in lines if line) if lines else _value(cell)
        count = number_of(cell.get(_COLUMNS_REPEATED), _MAX_COLUMNS, least=1)
        cells += [text] * min(count, _MAX_COLUMNS - len(cells))
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _value(cell: Element) -> str:
    """The value of a cell that has no text: what its program would show is not in the file."""
    kind = cell.get(f"{_OFFICE}value-type")
    value = cell.get(f"{_OFFICE}value") or ""
    if kind in ("float", "percentage", "currency"):
        try:
            return shown_number(float(value), "0.##%" if kind == "percentage" else "General").replace(".%", "%")
        except ValueError:
            return value
    named = {"string": "string-value", "date": "date-value", "time": "time-value", "boolean": "boolean-value"}
    found = cell.get(f"{_OFFICE}{named[kind]}") or "" if kind in named else ""
    return found.upper() if kind == "boolean" else found


def _lines(parent: Element, lists: Lists | None) -> Iterator[str]:
    """A line for each paragraph, without those of comments and notes. In a sheet, drawings only hang on their cell."""
    for part in parent:
        if lists is None and _is_drawn(part):
            continue
        if part.tag in (PARAGRAPH, HEADING):
            yield text_of(part)
        elif part.tag == LIST and lists is not None:
            yield from lists.items(part, text_of)
        elif part.tag not in _ASIDES and isinstance(part.tag, str):
            yield from _lines(part, lists)


def merged_cells(row: Element, number: int) -> Iterator[Range]:
    """Ranges that begin in the row, which is the one of this number."""
    column = 1
    for cell in row:
        if cell.tag not in (_CELL, _COVERED):
            continue
        wide = number_of(cell.get(_COLUMNS_SPANNED), _MAX_COLUMNS, least=1)
        high = number_of(cell.get(_ROWS_SPANNED), 1_000_000, least=1)
        if wide > 1 or high > 1:
            yield Range(number, column, number + high - 1, column + wide - 1)
        column += number_of(cell.get(_COLUMNS_REPEATED), 20_000, least=1)


def filled(rows: list[list[str]], merged: list[Range]) -> list[list[str]]:
    """The rows, with the text of a cell over several of them in each."""
    # Cells that overlap, which no program writes, may go on for ever.
    remaining = len(rows) * max(map(len, rows), default=0)
    for cells in merged:
        first = rows[cells.top - 1]
        text = first[cells.left - 1] if cells.left <= len(first) else ""
        if not text:
            continue
        remaining -= min(cells.bottom, len(rows)) - cells.top + 1
        if remaining < 0:
            break
        for row in rows[cells.top : cells.bottom]:
            row += [""] * (cells.left - len(row))
            row[cells.left - 1] = row[cells.left - 1] or text
    return rows
