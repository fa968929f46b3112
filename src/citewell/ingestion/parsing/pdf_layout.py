"""Lines of the pages become blocks: headings, paragraphs, lists, tables, and what repeats on every page."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import mean

from citewell.ingestion.blocks import BlockType, Builder, RecognisedWord
from citewell.ingestion.parsing.pdf_headings import Headings, OutlineEntry, numbering
from citewell.ingestion.parsing.pdf_join import LineJoiner
from citewell.ingestion.parsing.pdf_lines import MARKER, TextLine, union
from citewell.ingestion.parsing.pdf_ruling import RuledTable
from citewell.ingestion.parsing.pdf_tables import table_lines, table_rows
from citewell.ingestion.parsing.pdf_text import Word

_MARGIN = 0.09  # of the page height: where headers and footers stand
_EDGE_LINES = 3  # at the top and bottom of a page's text, wherever that is
_CAPTION = re.compile(r"(?:figure|fig\.|abbildung|abb\.|figura|图|図)\s*\d+(?:\.\d+)*\s*[.:：–—]", re.IGNORECASE)
_PARAGRAPH_GAP = 0.55  # of the font size: more room between lines begins a new paragraph


@dataclass
class PageLines:
    number: int
    height: float
    lines: list[TextLine]
    tables: list[RuledTable] = field(default_factory=list)

    @property
    def words(self) -> Iterator[Word]:
        for line in self.lines:
            yield from line.words
        for table in self.tables:
            for row in table.rows:
                for cell in row:
                    yield from cell


@dataclass
class _Group:
    """Lines that make a block, or a table with ruling lines."""

    kind: BlockType
    lines: list[TextLine] = field(default_factory=list)
    level: int | None = None
    table: RuledTable | None = None


class Layout:
    """What is common to a document: its headings, what repeats, its words."""

    def __init__(self, pages: Sequence[PageLines], outline: Sequence[OutlineEntry] = ()) -> None:
        self._pages = pages
        self._headings = Headings((line for page in pages for line in page.lines), outline)
        self._joiner = LineJoiner(word for page in pages for word in page.words)
        self._margins = {page.number: self._margin_lines(page) for page in pages}
        self._repeated = self._find_repeated()

    def build(self, builder: Builder) -> None:
        for page in self._pages:
            for group in self._groups(page):
                self._add(builder, group, page.number)

    def _groups(self, page: PageLines) -> list[_Group]:
        groups: list[_Group] = []
        tables = table_lines(page.lines)
        ruled = list(page.tables)
        for index, line in enumerate(page.lines):
            for table in [table for table in ruled if _is_below(line, table)]:
                groups.append(_Group("table", table=table))
                ruled.remove(table)
            kind, level = self._kind(page, index, in_table=index in tables)
            if groups and self._continues(groups[-1], line, kind, level):
                groups[-1].lines.append(line)
            else:
                groups.append(_Group(kind, [line], level))
        return [*groups, *(_Group("table", table=table) for table in ruled)]

    def _kind(self, page: PageLines, index: int, *, in_table: bool) -> tuple[BlockType, int | None]:
        line = page.lines[index]
        margin = self._margins[page.number].get(index)
        if margin is not None and self._key(line) in self._repeated:
            return margin, None
        level = self._headings.level(page.number, line, in_table=in_table)
        if level is not None:
            is_title = level == 1 and page.number == 1
            return ("title" if is_title else "section_heading"), level
        if in_table:
            return "table", None
        if _CAPTION.match(line.text):
            return "figure", None
        return ("list" if MARKER.match(line.text) else "text"), None

    def _continues(self, group: _Group, line: TextLine, kind: BlockType, level: int | None) -> bool:
        if group.table is not None:
            return False
        last = group.lines[-1]
        gap = line.box[1] - last.box[3]
        if kind in ("header", "footer") or group.kind in ("header", "footer"):
            return kind == group.kind and abs(gap) < 2 * line.size
        if kind == "table" or group.kind == "table":
            return kind == group.kind and gap < 4 * line.size
        if level is not None or group.level is not None:
            joins = level == group.level and abs(line.size - last.size) < 0.5 and -line.size < gap < 0.6 * line.size
            return joins and numbering(line.text) is None
        if gap < -line.size:  # the next column: a sentence that is not finished goes on there
            return kind == "text" and not last.text.endswith((".", ":", "?", "!"))
        if kind in ("list", "figure") or abs(line.size - last.size) > 0.15 * self._headings.body:
            return False
        return gap < _PARAGRAPH_GAP * last.size

    def _margin_lines(self, page: PageLines) -> dict[int, BlockType]:
        """Which of the page's lines may be its header or footer: those in its margins, and the outermost ones."""
        order = sorted(range(len(page.lines)), key=lambda index: page.lines[index].box[1])
        margins: dict[int, BlockType] = {}
        for place, index in enumerate(order):
            box = page.lines[index].box
            if place < _EDGE_LINES or box[1] < _MARGIN * page.height:
                margins[index] = "header"
            elif place >= len(order) - _EDGE_LINES or box[3] > (1 - _MARGIN) * page.height:
                margins[index] = "footer"
        if page.number == 1:  # a report's title stays its title, also if it is repeated on every page
            margins = {index: kind for index, kind in margins.items() if not self._headings.is_large(page.lines[index])}
        return margins

    def _find_repeated(self) -> set[str]:
        counts: Counter[str] = Counter()
        rows: set[str] = set()
        for page in self._pages:
            lines = [page.lines[index] for index in self._margins[page.number]]
            counts.update({self._key(line) for line in lines})
            rows |= {self._key(line) for line in lines if len(line.cells) > 1}
        # Some rows of tables are alike but for their numbers: what may be one must come more often.
        least = {True: max(3, 0.3 * len(self._pages)), False: max(3, 0.15 * len(self._pages))}
        return {pattern for pattern, count in counts.items() if count >= least[pattern in rows]}

    def _key(self, line: TextLine) -> str:
        """What is the same wherever a header or footer stands: its text without numbers, which count the pages.

        In large type "Chapter 1" and "Chapter 2" are headings, so there the numbers count.
        """
        text = " ".join(line.text.split()).lower()
        return text if self._headings.is_large(line) else re.sub(r"\d+", "#", text)

    def _add(self, builder: Builder, group: _Group, page: int) -> None:
        if group.table is not None:
            text, lines = self._joiner.cells(group.table)
            box, cells = group.table.box, group.table.cells
            builder.add("table", text, page=page, bbox=box, rows=cells, line_boxes=lines)
            return
        box = union([line.box for line in group.lines])
        confidence = _confidence(group.lines)
        if group.kind == "table":
            rows = table_rows(group.lines)
            text, lines = self._joiner.rows(rows)
            cells = [row.cells for row in rows]
            builder.add("table", text, page=page, bbox=box, rows=cells, line_boxes=lines, confidence=confidence)
            return
        separate = group.kind in ("header", "footer")
        text, lines = self._joiner.lines(group.lines) if separate else self._joiner.paragraph(group.lines)
        builder.add(group.kind, text, page=page, bbox=box, level=group.level, line_boxes=lines, confidence=confidence)


def recognised_words(pages: Sequence[PageLines]) -> list[RecognisedWord]:
    """The words of the pages that were read from pictures."""
    return [
        RecognisedWord(page.number, word.text, word.box, round(word.confidence, 3))
        for page in pages
        for word in page.words
        if word.confidence is not None
    ]


def _is_below(line: TextLine, table: RuledTable) -> bool:
    """True if the line stands below the table, in its column of the page."""
    left, top, right, _ = table.box
    return line.box[1] >= top and line.box[0] < right and line.box[2] > left


def _confidence(lines: Sequence[TextLine]) -> float | None:
    """The mean of the words that were read from a picture, if any were."""
    found = [word.confidence for line in lines for word in line.words if word.confidence is not None]
    return round(mean(found), 3) if found else None
