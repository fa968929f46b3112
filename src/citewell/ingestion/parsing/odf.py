"""OpenDocument: ODT, ODS and ODP by their XML. A sheet or a slide is a page."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from citewell.ingestion.blocks import BlockType, Builder, ParsedDocument, table_text
from citewell.ingestion.parsing.csv import add_rows
from citewell.ingestion.parsing.limits import ParseLimits, too_large
from citewell.ingestion.parsing.zipped import check_archive, read_xml

_NAMES = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "draw": "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0",
    "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
    "presentation": "urn:oasis:names:tc:opendocument:xmlns:presentation:1.0",
    "dc": "http://purl.org/dc/elements/1.1/",
}
_SPACE = re.compile(r"[ \t\r\n]+")  # is one space, unless elements stand for more
_MAX_COLUMNS = 500
_MAX_SPACES = 100  # that one element may stand for


def _name(short: str) -> str:
    prefix, local = short.split(":")
    return f"{{{_NAMES[prefix]}}}{local}"


_P, _H, _LIST, _ITEM = _name("text:p"), _name("text:h"), _name("text:list"), _name("text:list-item")
_TABLE, _ROW, _CELL = _name("table:table"), _name("table:table-row"), _name("table:table-cell")
_COVERED = _name("table:covered-table-cell")
_PAGE, _FRAME, _NOTES = _name("draw:page"), _name("draw:frame"), _name("presentation:notes")
_LEVEL, _CLASS = _name("text:outline-level"), _name("presentation:class")
_ROWS_REPEATED, _COLUMNS_REPEATED = _name("table:number-rows-repeated"), _name("table:number-columns-repeated")
_INVISIBLE = {_name("text:tracked-changes"), _name("office:annotation"), _name("text:note-citation")}


def parse_odf(path: Path, limits: ParseLimits) -> ParsedDocument:
    check_archive(path, limits)
    with zipfile.ZipFile(path) as archive:
        content = read_xml(archive, "content.xml")
        meta = read_xml(archive, "meta.xml") if "meta.xml" in archive.namelist() else None
        styles = read_xml(archive, "styles.xml") if "styles.xml" in archive.namelist() else None
    reader = _Reader(limits)
    body = content.find("office:body", _NAMES)
    for kind in body if body is not None else ():
        reader.document(kind)
    if styles is not None and not reader.pages:
        reader.margins(styles)
    title = meta.findtext(".//dc:title", None, _NAMES) if meta is not None else None
    return reader.builder.document(page_count=reader.pages or None, title=title)


class _Reader:
    """Adds the blocks of elements; `pages` counts sheets and slides."""

    def __init__(self, limits: ParseLimits) -> None:
        self.builder = Builder()
        self.pages = 0
        self._limits = limits
        self._rows = 0

    def document(self, kind: etree._Element) -> None:
        if kind.tag == _name("office:spreadsheet"):
            for sheet in kind.iterfind("table:table", _NAMES):
                self._sheet(sheet)
        elif kind.tag == _name("office:presentation"):
            for page in kind.iterfind("draw:page", _NAMES):
                self._slide(page)
        else:
            self._blocks(kind)

    def margins(self, styles: etree._Element) -> None:
        kinds: tuple[BlockType, BlockType] = ("header", "footer")
        for kind in kinds:
            for element in styles.iterfind(f".//style:master-page/style:{kind}", _NAMES):
                self.builder.add(kind, "\n".join(_text(part) for part in element.iter(_P)))

    def _sheet(self, sheet: etree._Element) -> None:
        self.pages += 1
        rows = self._table_rows(sheet)
        if rows:
            name = sheet.get(_name("table:name")) or ""
            self.builder.add("section_heading", name, page=self.pages, level=1)
            add_rows(self.builder, rows, self.pages)

    def _slide(self, page: etree._Element) -> None:
        self.pages += 1
        if self.pages > self._limits.max_pages:
            raise too_large(f"more than {self._limits.max_pages:,} slides")
        frames = list(page.iterfind("draw:frame", _NAMES))
        frames.sort(key=lambda frame: frame.get(_CLASS) != "title")  # the title is read first
        for frame in frames:
            if frame.get(_CLASS) == "title":
                text = " ".join(_text(part) for part in frame.iter(_P))
                kind: BlockType = "section_heading" if self.builder.blocks else "title"
                self.builder.add(kind, text, page=self.pages, level=1)
            else:
                self._blocks(frame)
        for other in page:
            if other.tag not in (_FRAME, _NOTES):
                self._blocks(other)
        for notes in page.iterfind("presentation:notes", _NAMES):
            self._blocks(notes)

    def _blocks(self, parent: etree._Element) -> None:
        page = self.pages or None
        for element in parent:
            if element.tag in _INVISIBLE or not isinstance(element.tag, str):
                continue
            if element.tag == _H:
                level = max(_number(element.get(_LEVEL), 9), 1)
                self.builder.add("title" if level == 1 else "section_heading", _text(element), level=level, page=page)
            elif element.tag == _P:
                self._paragraph(element)
            elif element.tag == _LIST:
                self.builder.add("list", "\n".join(_items(element)), page=page)
            elif element.tag == _TABLE:
                rows = self._table_rows(element)
                self.builder.add("table", table_text(rows), rows=rows, page=page)
            else:
                self._blocks(element)

    def _paragraph(self, element: etree._Element) -> None:
        page = self.pages or None
        style = element.get(_name("text:style-name")) or ""
        if style == "Title":
            self.builder.add("title", _text(element), level=1, page=page)
            return
        self.builder.add("text", _text(element), page=page)
        for box in element.iter(_name("draw:text-box")):  # it hangs on the paragraph and is none of its text
            self._blocks(box)

    def _table_rows(self, table: etree._Element) -> list[list[str]]:
        rows: list[list[str]] = []
        for row in _own_rows(table):
            cells = _cells(row)
            if not any(cells):
                continue
            count = min(_number(row.get(_ROWS_REPEATED), self._limits.max_rows + 1, least=1), self._limits.max_rows + 1)
            self._rows += count
            if self._rows > self._limits.max_rows:
                raise too_large(f"more than {self._limits.max_rows:,} rows")
            rows += [cells] * count
        return rows


def _own_rows(table: etree._Element) -> Iterator[etree._Element]:
    """The rows in their groups, without those of tables in cells."""
    for element in table:
        if element.tag == _ROW:
            yield element
        elif isinstance(element.tag, str) and element.tag.rpartition("}")[2] in (
            "table-header-rows",
            "table-rows",
            "table-row-group",
        ):
            yield from _own_rows(element)


def _cells(row: etree._Element) -> list[str]:
    cells: list[str] = []
    for cell in row:
        if cell.tag not in (_CELL, _COVERED):
            continue
        text = "\n".join(_text(part) for part in cell.iter(_P, _H)).strip()
        count = _number(cell.get(_COLUMNS_REPEATED), _MAX_COLUMNS, least=1)
        cells += [text] * min(count, _MAX_COLUMNS - len(cells))
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _items(element: etree._Element, indent: str = "") -> Iterator[str]:
    for item in element:
        own = [part for part in item if part.tag in (_P, _H)]
        if own:
            yield f"{indent}- " + " ".join(_text(part) for part in own)
        for nested in item.iterfind("text:list", _NAMES):
            yield from _items(nested, indent + "  ")


def _text(element: etree._Element) -> str:
    return "".join(_pieces(element)).strip()


def _pieces(element: etree._Element) -> Iterator[str]:
    if element.text:
        yield _SPACE.sub(" ", element.text)
    for child in element:
        local = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else ""
        if local == "s":
            yield " " * _number(child.get(_name("text:c")), _MAX_SPACES, least=1)
        elif local == "tab":
            yield "\t"
        elif local == "line-break":
            yield "\n"
        elif local and child.tag not in _INVISIBLE and local not in ("frame", "text-box", "custom-shape"):
            yield from _pieces(child)
        if child.tail:
            yield _SPACE.sub(" ", child.tail)


def _number(value: str | None, most: int, least: int = 0) -> int:
    """The attribute as a number between the bounds; the least one if it is none."""
    return max(min(int(value), most), least) if value and value.isascii() and value.isdigit() else least
