"""OpenDocument: ODT, ODS and ODP by their XML. A sheet or a slide is a page."""

import itertools
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from lxml.etree import _Element as Element

from citewell.ingestion.blocks import BlockType, Builder, ParsedDocument, table_text
from citewell.ingestion.parsing.limits import ParseFailed, ParseLimits, too_large
from citewell.ingestion.parsing.mathml import formula
from citewell.ingestion.parsing.odf_lists import Lists, derived_from, hidden_tables
from citewell.ingestion.parsing.odf_pages import Pages
from citewell.ingestion.parsing.odf_text import (
    ANNOTATION,
    HEADING,
    INVISIBLE,
    NAMES,
    NOTE,
    PARAGRAPH,
    SOFT_BREAK,
    drop_hidden,
    filled,
    hidden_columns,
    is_hidden,
    mark_raised,
    merged_cells,
    name_of,
    named_tables,
    number_of,
    on_cells,
    own_rows,
    row_cells,
    text_of,
)
from citewell.ingestion.parsing.sheet import NamedTable, Range, Row, Sheet, add_sheet
from citewell.ingestion.parsing.zipped import check_archive, read_xml
from citewell.ingestion.reading_warnings import warning

_LIST, _TABLE = name_of("text:list"), name_of("table:table")
_FRAME, _NOTES = name_of("draw:frame"), name_of("presentation:notes")
_LEVEL, _CLASS = name_of("text:outline-level"), name_of("presentation:class")
_ROWS_REPEATED = name_of("table:number-rows-repeated")
_BOXES = (name_of("draw:text-box"), name_of("draw:custom-shape"))
_SECTION, _DISPLAY = name_of("text:section"), name_of("text:display")
_OBJECT, _IMAGE = name_of("draw:object"), name_of("draw:image")
_MATH = "{http://www.w3.org/1998/Math/MathML}math"
_HREF = "{http://www.w3.org/1999/xlink}href"
_PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".webp")
_MOST_PICTURES = 200
_ENCRYPTED = "The file is encrypted: save it without its password and upload that."


def parse_odf(path: Path, limits: ParseLimits) -> ParsedDocument:
    check_archive(path, limits)
    with zipfile.ZipFile(path) as archive:
        if _is_encrypted(archive):
            raise ParseFailed("encrypted", _ENCRYPTED)
        content = read_xml(archive, "content.xml")
        names = archive.NameToInfo
        meta = read_xml(archive, "meta.xml") if "meta.xml" in names else None
        styles = read_xml(archive, "styles.xml") if "styles.xml" in names else None
        drop_hidden([content, styles])
        mark_raised([content, styles])
        _write_formulas(content, archive, limits)
        reader = _Reader(limits, archive, [content, styles])
        body = content.find("office:body", NAMES)
        for kind in body if body is not None else ():
            reader.document(kind)
        if styles is not None and not reader.pages:
            reader.margins(styles)
        title = meta.findtext(".//dc:title", None, NAMES) if meta is not None else None
        count = reader.pages or reader.page
        return reader.builder.document(page_count=count, title=title, warnings=reader.warnings)


def _is_encrypted(archive: zipfile.ZipFile) -> bool:
    """Encrypted parts are listed as such; newer files are one encrypted package as a whole."""
    names = archive.NameToInfo
    if "encrypted-package" in names:
        return True
    if "META-INF/manifest.xml" not in names or names["META-INF/manifest.xml"].file_size > 5_000_000:
        return False
    return b"encryption-data" in archive.read("META-INF/manifest.xml")


def _write_formulas(content: Element, archive: zipfile.ZipFile, limits: ParseLimits) -> None:
    """Inserts the text of formulas, which are separate objects.

    Raises ParseFailed for too much text: many places may show one formula.
    """
    texts: dict[str, str] = {}
    characters = 0
    for thing in list(content.iter(_OBJECT)):
        target = _target(thing)
        frame = thing.getparent()
        if frame is None or frame.tag != _FRAME or f"{target}/content.xml" not in archive.NameToInfo:
            continue
        if target not in texts:
            root = read_xml(archive, f"{target}/content.xml")
            texts[target] = formula(root) if root.tag == _MATH else ""
        characters += len(texts[target])
        if characters > limits.max_text_chars:
            raise too_large(f"more than {limits.max_text_chars:,} characters of text")
        if texts[target]:
            frame.clear(keep_tail=True)
            frame.tag = name_of("text:span")
            frame.text = texts[target]


def _target(thing: Element) -> str:
    """The folder or the member of the archive that an object or a picture refers to."""
    return (thing.get(_HREF) or "").removeprefix("./").rstrip("/")


class _Reader:
    """Adds the blocks of elements; `pages` counts sheets and slides."""

    def __init__(self, limits: ParseLimits, archive: zipfile.ZipFile, roots: list[Element | None]) -> None:
        self.builder = Builder()
        self.pages = 0
        self.warnings: list[str] = []
        self._limits, self._archive, self._roots = limits, archive, roots
        self._rows = self._characters = self._comments = self._paragraphs = 0
        self._notes = Counter[str]()
        self._anchor: str | None = None  # the cell that a comment or a drawing hangs on
        self._text_pages: Pages | None = None
        self._lists = Lists(roots)
        self._hidden_tables = hidden_tables(roots)
        self._titles = derived_from(roots, "Title")
        self._pictures: set[str] = set()
        self._objects: set[str] = set()
        self._named: dict[str, list[NamedTable]] = {}  # by sheet

    @property
    def page(self) -> int | None:
        """Sheet or slide; of a text the page, as far as the file tells it."""
        return self.pages or (self._text_pages.current if self._text_pages is not None else None)

    @property
    def _place(self) -> str | None:
        return self._anchor if self.pages else f"paragraph {self._paragraphs}"

    def document(self, kind: Element) -> None:
        if kind.tag == name_of("office:spreadsheet"):
            self.builder.page_noun = "sheet"
            self._named = named_tables(kind)
            for sheet in kind.iterfind("table:table", NAMES):
                self._sheet(sheet)
        elif kind.tag == name_of("office:presentation"):
            self.builder.page_noun = "slide"
            for page in kind.iterfind("draw:page", NAMES):
                self._slide(page)
        else:
            self._text_pages = Pages(self._roots, kind)
            self._blocks(kind)

    def margins(self, styles: Element) -> None:
        kinds: tuple[BlockType, BlockType] = ("header", "footer")
        for kind in kinds:
            elements = [
                *styles.iter(name_of(f"style:{kind}"), name_of(f"style:{kind}-first"), name_of(f"style:{kind}-left"))
            ]
            texts = ("\n".join(text_of(part) for part in element.iter(PARAGRAPH, HEADING)) for element in elements)
            for text in dict.fromkeys(texts):
                self.builder.add(kind, text, place=kind)

    def _sheet(self, sheet: Element) -> None:
        self.pages += 1
        name = sheet.get(name_of("table:name")) or ""
        if sheet.get(name_of("table:style-name")) in self._hidden_tables:
            self.warnings.append(warning("hidden_sheets", names=name))
            return
        rows, merged = self._sheet_rows(sheet)
        if rows:
            self.builder.add("section_heading", name, page=self.pages, place=name, level=1)
            content = Sheet(name, rows, merged, self._named.get(name, []), hidden_columns=hidden_columns(sheet))
            if left_out := content.leave_out_hidden():
                self.warnings.append(warning("hidden_cells", sheet=name, cells=left_out))
            add_sheet(self.builder, content, self.pages)
        for place, thing in on_cells(sheet, name):
            self._anchor = place
            if thing.tag == ANNOTATION:
                self._comment(thing, place)
            else:
                self._blocks([thing])
        self._anchor = None
        for shapes in sheet.iterfind("table:shapes", NAMES):
            self._blocks(shapes)

    def _sheet_rows(self, sheet: Element) -> tuple[list[Row], list[Range]]:
        rows: list[Row] = []
        merged: list[Range] = []
        number = 1
        for element in own_rows(sheet):
            cells = row_cells(element)
            count = number_of(element.get(_ROWS_REPEATED), 10_000_000, least=1)
            if any(cells):
                self._count_rows(count, cells)
                hidden = is_hidden(element)
                rows += [Row(number + step, list(cells), hidden) for step in range(count)]
                merged += merged_cells(element, number)
            number += count
        return rows, merged

    def _count_rows(self, count: int, cells: list[str]) -> None:
        """Raises ParseFailed for too many rows, or too much text in rows that are repeated."""
        self._rows += count
        self._characters += count * sum(map(len, cells))
        if self._rows > self._limits.max_rows:
            raise too_large(f"more than {self._limits.max_rows:,} rows")
        if self._characters > self._limits.max_text_chars:
            raise too_large(f"more than {self._limits.max_text_chars:,} characters of text")

    def _slide(self, page: Element) -> None:
        self.pages += 1
        if self.pages > self._limits.max_pages:
            raise too_large(f"more than {self._limits.max_pages:,} slides")
        frames = list(page.iterfind("draw:frame", NAMES))
        frames.sort(key=lambda frame: frame.get(_CLASS) != "title")  # the title is read first
        for frame in frames:
            if frame.get(_CLASS) == "title":
                text = " ".join(text_of(part) for part in frame.iter(PARAGRAPH))
                kind: BlockType = "section_heading" if self.builder.blocks else "title"
                self.builder.add(kind, " ".join(text.split()), page=self.pages, level=1)
            else:
                self._blocks(frame)
        for other in page:
            if other.tag not in (_FRAME, _NOTES):
                self._blocks(other)
        for notes in page.iterfind("presentation:notes", NAMES):
            self._blocks(notes)

    def _blocks(self, parent: Iterable[Element]) -> None:
        for element in parent:
            if element.tag in INVISIBLE or not isinstance(element.tag, str):
                continue
            if element.tag == _SECTION and element.get(_DISPLAY) == "none":
                continue
            if element.tag == HEADING:
                self._heading(element)
            elif element.tag == PARAGRAPH:
                self._paragraph(element)
            elif element.tag == _LIST:
                self._list(element)
            elif element.tag == _TABLE:
                self._begin(element)
                rows = self._table_rows(element)
                self.builder.add("table", table_text(rows), rows=rows, page=self.page)
                self._end(element)
            elif element.tag in (_OBJECT, _IMAGE):
                self._embedded(element)
            elif element.tag == SOFT_BREAK and self._text_pages is not None:
                self._text_pages.begin()
            else:
                self._blocks(element)

    def _heading(self, element: Element, mark: str = "") -> None:
        """Adds a heading with the number of its list or of its level."""
        self._begin(element)
        self._paragraphs += 1
        level = max(number_of(element.get(_LEVEL), 9), 1)
        label = self._lists.heading_label(element, level) or mark.removeprefix("-")
        text = f"{label} {text_of(element)}" if label else text_of(element)
        kind: BlockType = "title" if level == 1 else "section_heading"
        self.builder.add(kind, text, level=level, page=self.page, place=self._place)
        self._end(element)

    def _paragraph(self, element: Element) -> None:
        self._begin(element)
        text = text_of(element)
        if text:
            self._paragraphs += 1
        is_title = element.get(name_of("text:style-name")) in self._titles
        self.builder.add(
            "title" if is_title else "text", text, level=1 if is_title else None, page=self.page, place=self._place
        )
        self._end(element)

    def _list(self, element: Element) -> None:
        headings = list(element.iter(HEADING))
        if headings and next(element.iter(PARAGRAPH), None) is None:  # how headings with numbers are written
            for item in self._lists.marked(element, text_of):
                for heading in item.parts:
                    self._heading(heading, item.mark)
            return
        self._begin(next(element.iter(PARAGRAPH, HEADING), element))
        self._paragraphs += 1
        text = "\n".join(self._lists.items(element, text_of))
        self.builder.add("list", text, page=self.page, place=self._place)
        self._end(element)

    def _begin(self, element: Element) -> None:
        if self._text_pages is not None:
            self._text_pages.begin_element(element)

    def _end(self, element: Element) -> None:
        self._attached(element)
        if self._text_pages is not None:
            self._text_pages.end_element(element)

    def _attached(self, element: Element) -> None:
        """Adds what is anchored in a paragraph and not part of its text: boxes, notes, comments, charts, pictures."""
        for box in _outside_boxes(element, _BOXES):
            self._blocks(box)
        for note in _outside_boxes(element, (NOTE,)):
            self._note(note)
        for annotation in _outside_boxes(element, (ANNOTATION,)):
            self._comment(annotation)
        for thing in _outside_boxes(element, (_OBJECT, _IMAGE)):
            self._embedded(thing)

    def _note(self, note: Element) -> None:
        kind = note.get(name_of("text:note-class")) or "footnote"
        self._notes[kind] += 1
        lines = [text_of(part) for part in note.iter(PARAGRAPH)]
        text = "\n".join(line for line in lines if line)
        place = f"{kind} {self._notes[kind]}"
        self.builder.add("text", f"{place.capitalize()}: {text}" if text else "", page=self.page, place=place)

    def _comment(self, annotation: Element, cell: str | None = None) -> None:
        self._comments += 1
        text = "\n".join(text_of(part) for part in annotation.iter(PARAGRAPH))
        author = annotation.findtext("dc:creator", "", NAMES).strip()
        intro = f"Comment on {cell.rpartition('!')[2]}" if cell else "Comment"
        intro += f" by {author}: " if author else ": "
        place = cell or f"comment {self._comments}"
        self.builder.add("text", intro + text if text else "", page=self.page, place=place)

    def _embedded(self, thing: Element) -> None:
        target = _target(thing)
        members = self._archive.NameToInfo
        if thing.tag == _OBJECT and target and f"{target}/content.xml" in members:
            if target in self._objects:
                return
            self._objects.add(target)
            root = read_xml(self._archive, f"{target}/content.xml")
            for title in root.iterfind(".//chart:title", NAMES):
                words = "\n".join(text_of(part) for part in title.iter(PARAGRAPH))
                self.builder.add("figure", words, page=self.page, place=self._place)
            for table in root.iter(_TABLE):
                rows = self._table_rows(table)
                self.builder.add("table", table_text(rows), rows=rows, page=self.page, place=self._place)
        elif target in members and target not in self._pictures and len(self._pictures) < _MOST_PICTURES:
            self._pictures.add(target)
            if target.lower().endswith(_PICTURES) and thing.getparent().find("draw:object", NAMES) is None:
                from citewell.ingestion.parsing.pictures import add_picture  # Pillow takes a while to load

                add_picture(self.builder, self._archive.read(target), self._limits, page=self.page, place=self._place)

    def _table_rows(self, table: Element) -> list[list[str]]:
        rows: list[list[str]] = []
        merged: list[Range] = []
        for row in own_rows(table):
            cells = row_cells(row, self._lists)
            if not any(cells):
                continue
            count = number_of(row.get(_ROWS_REPEATED), self._limits.max_rows + 1, least=1)
            self._count_rows(count, cells)
            merged += merged_cells(row, len(rows) + 1)
            rows += [list(cells) for _ in range(count)]
        return filled(rows, merged)


def _outside_boxes(element: Element, tags: tuple[str, ...]) -> Iterator[Element]:
    """The elements of these tags below this one; what a box holds comes with the box."""
    for found in element.iter(*tags):
        above = itertools.takewhile(lambda one: one is not element, found.iterancestors())
        if found is not element and not any(one.tag in _BOXES for one in above):
            yield found
