"""Word files by their XML: what Word shows, in its order, with the numbers that it counts and the pages it noted."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

from lxml.etree import _Element as Element

from citewell.ingestion.blocks import BlockType, Builder, Line, ParsedDocument, table_text
from citewell.ingestion.parsing.csv import ROWS_PER_BLOCK, header_repeated
from citewell.ingestion.parsing.docx_inline import Inline, InlineReader, chosen, is_placeholder
from citewell.ingestion.parsing.docx_numbering import Numbering
from citewell.ingestion.parsing.docx_pages import Pages
from citewell.ingestion.parsing.docx_styles import Style, Styles, numbering_of, outline_level
from citewell.ingestion.parsing.docx_tables import grid
from citewell.ingestion.parsing.drawing import charts_in, described, smart_art_in
from citewell.ingestion.parsing.embedded import add_part
from citewell.ingestion.parsing.limits import ParseFailed, ParseLimits, too_large
from citewell.ingestion.parsing.ooxml import MC, A, Package, R, W, is_on
from citewell.ingestion.parsing.ooxml_objects import ObjectReader
from citewell.ingestion.parsing.ooxml_pictures import PictureReader
from citewell.ingestion.parsing.zipped import check_archive
from citewell.ingestion.reading_warnings import warning

_PARAGRAPH, _TABLE = f"{W}p", f"{W}tbl"
_TRANSPARENT = {f"{W}{name}" for name in ("sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag")}
_MOST_CELLS = 1_000_000  # of all tables
_DEEPEST = 60  # text boxes in text boxes


def parse_docx(path: Path, limits: ParseLimits) -> ParsedDocument:
    check_archive(path, limits)
    with zipfile.ZipFile(path) as archive:
        package = Package(archive)
        reader = _Reader(package, limits)
        reader.read()
        return reader.builder.document(title=package.title(), page_count=reader.page_count, warnings=reader.warnings)


class _Reader:
    def __init__(self, package: Package, limits: ParseLimits) -> None:
        self.builder = Builder()
        self.warnings: list[str] = []
        self._package, self._limits, self._part = package, limits, package.main
        part = package.main
        self._styles = Styles(package.optional_xml(package.related(part, "styles")))
        self._inline = InlineReader(self._styles)
        self._numbering = Numbering(package.optional_xml(package.related(part, "numbering")))
        body = package.xml(part).find(f"{W}body")
        if body is None:
            raise ParseFailed("damaged", "This is not a Word document: it has no body. Save it again in its program.")
        self._body = body
        self._pages = Pages(body)
        self._notes = _Notes(package, part)
        self._pictures = PictureReader(package, limits)
        self._objects = ObjectReader(package, limits)
        self._paragraph = self._table = self._rows = self._cells = 0
        self._joined = ""  # text of paragraphs whose end was deleted
        self._items: list[tuple[str, str, int | None]] = []  # lines of a list, with place and page
        self._place: str | None = None  # of everything, in notes and margins
        self._pending: list[Inline] = []

    @property
    def page_count(self) -> int | None:
        return self._pages.current

    def read(self) -> None:
        self._blocks(self._body, 0)
        self._end_list()
        self._add_margins()
        self.warnings += self._objects.warnings

    def _blocks(self, parent: Element, depth: int) -> None:
        for element in parent:
            tag = element.tag
            if tag == _PARAGRAPH:
                self._add_paragraph(element, depth)
            elif tag == _TABLE:
                self._end_list()
                self._add_table(element, depth)
            elif tag == f"{W}sdt" and is_placeholder(element):
                continue
            elif tag in _TRANSPARENT:
                self._blocks(element, depth)
            elif tag == f"{MC}AlternateContent":
                self._blocks(chosen(element), depth)
            elif tag == f"{W}altChunk":
                self._end_list()
                self._add_chunk(element)

    def _add_paragraph(self, element: Element, depth: int) -> None:
        properties = element.find(f"{W}pPr")
        style = self._styles.of_paragraph(properties)
        inline = self._inline.read(element)
        text = self._joined + inline.text
        self._joined = ""
        if properties is not None and properties.find(f"{W}rPr/{W}del") is not None:
            self._joined = text
            self._pending.append(inline)
            return
        if _breaks_before(properties, style) and self._place is None:
            self._pages.begin_with_words()
        level = _level(properties, style)
        label = self._label(properties, style, text)
        self._count(text)
        lines, first = self._lines(text, inline, len(label[0]) + len(label[1]) if label else 0)
        whole = f"{label[0]}{label[1]}{text}" if label else text
        if text.strip() and level is None and (label or _is_list(properties, style)):
            indent = "  " * (label[2] if label else 0)
            shown = whole.strip() if label else f"- {text.strip()}"
            self._items.append((indent + " ".join(shown.split()), self._where, first))
        else:
            self._end_list()
            self._add_text(whole, level, first, lines)
        for one in [*self._pending, inline]:
            self._add_attached(one, depth)
        self._pending.clear()
        if properties is not None and properties.find(f"{W}sectPr") is not None and self._place is None:
            self._pages.end_section()

    def _count(self, text: str) -> None:
        if self._place is None and text.strip():
            self._paragraph += 1

    @property
    def _where(self) -> str:
        return self._place or f"paragraph {self._paragraph}"

    def _lines(self, text: str, inline: Inline, offset: int) -> tuple[list[Line], int | None]:
        """The parts of the paragraph on each of its pages, and the page that it begins on. Moves the pages on."""
        if self._place is not None:
            return [], None
        cuts: list[tuple[int, int | None]] = []
        start = 0
        first: int | None = None
        for place, rendered in inline.breaks:
            if text[start:place].strip():
                cuts.append((start, self._pages.current))
            self._pages.text(len(text[start:place].strip()))
            self._pages.begin(rendered=rendered)
            start = place
        if text[start:].strip():
            cuts.append((start, self._pages.current))
        self._pages.text(len(text[start:].strip()) or len(inline.drawings))
        first = cuts[0][1] if cuts else self._pages.current
        if len(cuts) < 2:
            return [], first
        ends = [place for place, _ in cuts[1:]] + [len(text.rstrip())]
        lines = [Line(begin + offset, end + offset, page=page) for (begin, page), end in zip(cuts, ends, strict=True)]
        return [_from_start(lines[0]), *lines[1:]], first

    def _label(self, properties: Element | None, style: Style, text: str) -> tuple[str, str, int] | None:
        """The paragraph's number, what stands behind it, and its level. An empty one counts, and shows none."""
        num_id, ilvl = numbering_of(properties)
        if num_id is None and style.num_id is not None:
            num_id = style.num_id
            if ilvl is None:
                by_style = self._numbering.level_of_style(num_id, style.style_id)
                ilvl = by_style if by_style is not None else style.ilvl
        if num_id in (None, "0") or (not text.strip() and (style.hidden or _has_hidden_end(properties))):
            return None
        level = ilvl if ilvl is not None else style.ilvl or 0
        found = self._numbering.label(num_id or "", level)
        return (found[0], found[1], level) if found and text.strip() else None

    def _add_text(self, text: str, level: int | None, page: int | None, lines: list[Line]) -> None:
        kind: BlockType = "text" if level is None else "title" if level <= 1 else "section_heading"
        stripped = text.strip("\n")
        lines = lines if text[:1] != "\n" else []
        self.builder.add(
            kind,
            stripped,
            page=page,
            place=self._where,
            level=max(level, 1) if level is not None else None,
            lines=lines,
        )

    def _end_list(self) -> None:
        if not self._items:
            return
        lines: list[Line] = []
        end = 0
        for text, place, page in self._items:
            lines.append(Line(end, end + len(text), page=page, place=place))
            end += len(text) + 1
        pages = self._items[0][2]
        place = self._items[0][1]
        several = lines if len(self._items) > 1 else []
        self.builder.add("list", "\n".join(text for text, _, _ in self._items), page=pages, place=place, lines=several)
        self._items.clear()

    def _add_attached(self, inline: Inline, depth: int) -> None:
        """Add what is anchored in a paragraph, after it: text boxes, charts, SmartArt, notes, comments."""
        if not (inline.boxes or inline.drawings or inline.notes or inline.comments):
            return
        if depth > _DEEPEST:
            return
        if inline.boxes or inline.notes or inline.comments:
            self._end_list()
        for box in inline.boxes:
            self._blocks(box, depth + 1)
            self._end_list()
        for drawing in inline.drawings:
            self._add_drawing(drawing)
        for kind, note_id in inline.notes:
            self._add_note(kind, note_id, depth)
        for comment in inline.comments:
            self._add_comment(comment, depth)

    def _add_drawing(self, drawing: Element) -> None:
        page = self._pages.current if self._place is None else None
        found = False
        for chart in charts_in(drawing, self._package, self._part):
            self._end_list()
            found = True
            self.builder.add("figure", chart.title, page=page, place=self._where)
            self.builder.add("table", table_text(chart.rows), rows=chart.rows, page=page, place=self._where)
        for lines in smart_art_in(drawing, self._package, self._part):
            self._end_list()
            found = True
            self.builder.add("list", "\n".join(lines), page=page, place=self._where)
        if drawing.tag == f"{W}object":
            self._end_list()
            found = self._objects.add(self.builder, drawing, self._part, page, self._where)
        if not found and (words := described(drawing)) and not _is_generated(words):
            self._end_list()
            self.builder.add("figure", words, page=page, place=self._where)
        if next(drawing.iter(f"{A}blip"), None) is not None:
            self._end_list()
            self._pictures.add(self.builder, drawing, self._part, page, self._where)

    def _add_note(self, kind: str, note_id: str, depth: int) -> None:
        element, part, number = self._notes.take(kind, note_id)
        if element is None:
            return
        name = f"{kind} {number}"
        self._add_aside(element, part, name, f"{name.capitalize()}: ", depth)

    def _add_comment(self, comment_id: str, depth: int) -> None:
        element, part, number = self._notes.take("comment", comment_id)
        if element is None:
            return
        author = " ".join((element.get(f"{W}author") or "").split())
        self._add_aside(element, part, f"comment {number}", f"Comment by {author}: " if author else "Comment: ", depth)

    def _add_aside(self, element: Element, part: str, place: str, intro: str, depth: int) -> None:
        """A note or comment as one block that names itself; tables in it follow."""
        page = self._pages.current
        outer = self._place, self._part
        self._place, self._part = place, part
        paragraphs = [self._inline.read(found) for found in element.iter(_PARAGRAPH)]
        text = "\n".join(found.text.strip() for found in paragraphs if found.text.strip())
        if text:
            self.builder.add("text", intro + text, page=page, place=place)
        self._place, self._part = outer

    def _add_table(self, element: Element, depth: int) -> None:
        table = grid(element)
        if len(table.rows) == 1 and len(table.rows[0]) == 1 and depth < _DEEPEST:
            # A frame around text.
            for cell in table.rows[0]:
                self._blocks(cell.element, depth + 1)
                self._end_list()
            return
        self._table += 1
        self._cells += sum(map(len, table.rows))
        if self._cells > _MOST_CELLS:
            raise too_large(f"tables of more than {_MOST_CELLS:,} cells")
        page = self._pages.current if self._place is None else None
        attached: list[Inline] = []
        nested: list[Element] | None = [] if depth < _DEEPEST else None
        pages: list[int | None] = []
        rows: list[list[str]] = []
        for row in table.rows:
            texts = {id(cell.element): self._cell(cell.element, attached, nested) for cell in row if cell.is_first}
            rows.append([texts.get(id(cell.element), "") if cell.shows else "" for cell in row])
            self._rows += 1
            pages.append(self._pages.current if self._place is None else None)
        if self._rows > self._limits.max_rows:
            raise too_large(f"more than {self._limits.max_rows:,} rows")
        rows = table.filled(rows)
        for inline in attached:
            inline.breaks.clear()
        self._add_rows(rows, table.header_rows, pages, page)
        for inline in attached:
            self._add_attached(inline, depth + 1)
        for inner in nested or ():
            self._add_table(inner, depth + 1)

    def _add_rows(self, rows: list[list[str]], headers: int, pages: list[int | None], page: int | None) -> None:
        place = self._place or f"table {self._table}"
        header = max(headers, 1)
        if len(rows) <= ROWS_PER_BLOCK + header:
            text, lines = _row_lines(rows, pages)
            self.builder.add("table", text, rows=rows, page=_first(pages) or page, place=place, lines=lines)
            return
        for start, group in header_repeated(rows, header):
            own = pages[start : start + len(group) - header]
            text, lines = _row_lines(group, [_first(own)] * header + own)
            self.builder.add("table", text, rows=group, page=_first(own) or page, place=place, lines=lines)

    def _cell(self, cell: Element, attached: list[Inline], nested: list[Element] | None = None) -> str:
        lines = []
        for paragraph in _paragraphs(cell, nested):
            properties = paragraph.find(f"{W}pPr")
            style = self._styles.of_paragraph(properties)
            inline = self._inline.read(paragraph)
            if self._place is None:
                for _, rendered in inline.breaks:
                    self._pages.begin(rendered=rendered)
                self._pages.text(len(inline.text.strip()) or len(inline.drawings))
            label = self._label(properties, style, inline.text)
            lines.append(f"{label[0]}{label[1]}{inline.text}" if label else inline.text)
            if inline.boxes or inline.drawings or inline.notes or inline.comments:
                attached.append(inline)
        return "\n".join(line for line in lines if line.strip()).strip()

    def _add_chunk(self, element: Element) -> None:
        relation = self._package.relations(self._part).get(element.get(f"{R}id") or "")
        if relation is None or relation.external or not self._package.has(relation.target):
            return
        problem = add_part(self.builder, self._package.read(relation.target), relation.target, self._limits)
        if problem:
            self.warnings.append(warning("part_not_read", reason=problem))

    def _add_margins(self) -> None:
        """Headers and footers that are shown, each once."""
        settings = self._package.optional_xml(self._package.related(self._package.main, "settings"))
        even = settings is not None and is_on(settings.find(f"{W}evenAndOddHeaders"))
        seen: set[str] = set()
        for section in self._body.iter(f"{W}sectPr"):
            first = is_on(section.find(f"{W}titlePg"))
            kinds: tuple[BlockType, BlockType] = ("header", "footer")
            for kind in kinds:
                for reference in section.iterfind(f"{W}{kind}Reference"):
                    which = reference.get(f"{W}type") or "default"
                    if (which == "first" and not first) or (which == "even" and not even):
                        continue
                    text = self._margin(reference.get(f"{R}id") or "", kind)
                    if text and text not in seen:
                        seen.add(text)
                        self.builder.add(kind, text, place=kind)

    def _margin(self, relation_id: str, kind: str) -> str:
        relation = self._package.relations(self._package.main).get(relation_id)
        root = self._package.optional_xml(relation.target) if relation is not None else None
        if root is None:
            return ""
        self._place = kind
        lines = []
        for element in _outermost(root):
            if element.tag == _TABLE:
                found = grid(element)
                lines += [
                    " | ".join(self._cell(cell.element, []) for cell in row if cell.is_first) for row in found.rows
                ]
            else:
                inline = self._inline.read(element)
                texts = [self._inline.read(part).text for box in inline.boxes for part in box.iter(_PARAGRAPH)]
                lines += [inline.text, *texts]
        self._place = None
        return "\n".join(" ".join(line.split()) for line in lines if line.strip(" |"))


class _Notes:
    """Footnotes, endnotes and comments, each given out once, numbered as they are met."""

    def __init__(self, package: Package, main: str) -> None:
        self._package, self._main = package, main
        self._loaded: dict[str, tuple[str, dict[str, Element]]] = {}
        self._numbers: dict[str, int] = {}

    def take(self, kind: str, note_id: str) -> tuple[Element | None, str, int]:
        """The note, its part and its number; no note if there is none of this id, or it was taken."""
        part, notes = self._load(kind)
        element = notes.pop(note_id, None)
        if element is None or element.get(f"{W}type") in ("separator", "continuationSeparator"):
            return None, part, 0
        self._numbers[kind] = self._numbers.get(kind, 0) + 1
        return element, part, self._numbers[kind]

    def _load(self, kind: str) -> tuple[str, dict[str, Element]]:
        if kind not in self._loaded:
            part = self._package.related(self._main, f"{kind}s") or ""
            root = self._package.optional_xml(part) if part else None
            found = root.iterfind(f"{W}{kind}") if root is not None else ()
            self._loaded[kind] = part, {element.get(f"{W}id") or "": element for element in found}
        return self._loaded[kind]


def _paragraphs(cell: Element, nested: list[Element] | None) -> Iterator[Element]:
    """The paragraphs of a cell and of tables in it, without those of text boxes. Tables of several rows and columns are
    put into `nested`, if it is given."""
    for element in _outermost(cell):
        if element.tag == _PARAGRAPH:
            yield element
        elif nested is not None and _stands_alone(element):
            nested.append(element)
        else:
            for row in grid(element).rows:
                for inner in row:
                    if inner.is_first:
                        yield from _paragraphs(inner.element, nested)


def _stands_alone(table: Element) -> bool:
    """Whether a table within a cell has rows and columns of its own, and is all on one page."""
    rows = grid(table).rows
    on_one_page = next(table.iter(f"{W}lastRenderedPageBreak"), None) is None
    return on_one_page and len(rows) > 1 and max(map(len, rows)) > 1


def _outermost(parent: Element) -> Iterator[Element]:
    """Paragraphs and tables, those in content controls too."""
    for element in parent:
        if element.tag in (_PARAGRAPH, _TABLE):
            yield element
        elif element.tag == f"{W}sdt" and is_placeholder(element):
            continue
        elif element.tag in _TRANSPARENT:
            yield from _outermost(element)
        elif element.tag == f"{MC}AlternateContent":
            yield from _outermost(chosen(element))


def _has_hidden_end(properties: Element | None) -> bool:
    """Whether the paragraph's mark is hidden, with which it has no number."""
    return properties is not None and is_on(properties.find(f"{W}rPr/{W}vanish"))


def _breaks_before(properties: Element | None, style: Style) -> bool:
    found = properties.find(f"{W}pageBreakBefore") if properties is not None else None
    return style.page_break_before if found is None else is_on(found)


def _level(properties: Element | None, style: Style) -> int | None:
    """0 for a title, 1 to 9 for headings, None for other text."""
    direct = outline_level(properties)
    if direct is not None and style.level is None:
        return direct if direct < 10 else None
    return style.level


def _is_list(properties: Element | None, style: Style) -> bool:
    """A list whose numbering is not defined is one of bullets."""
    num_id, _ = numbering_of(properties)
    return num_id != "0" and (style.is_list or num_id is not None)


def _is_generated(words: str) -> bool:
    """Descriptions that programs make up say nothing of the document."""
    lowered = words.lower()
    return (
        "description automatically generated" in lowered
        or "ai-generated content" in lowered
        or lowered.endswith((".png", ".jpg", ".jpeg", ".gif", ".emf", ".wmf"))
    )


def _from_start(line: Line) -> Line:
    return Line(0, line.end, line.bbox, line.page, line.place)


def _row_lines(rows: list[list[str]], pages: list[int | None]) -> tuple[str, list[Line]]:
    """The table's text, and for a table over several pages the page of each row."""
    if len(set(pages)) < 2:
        return table_text(rows), []
    texts, lines, end = [], [], 0
    for row, page in zip(rows, pages, strict=True):
        text = table_text([row])
        if text:
            lines.append(Line(end, end + len(text), page=page))
            texts.append(text)
            end += len(text) + 1
    return "\n".join(texts), lines


def _first(pages: list[int | None]) -> int | None:
    return pages[0] if pages else None
