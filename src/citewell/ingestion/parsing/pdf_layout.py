"""Lines of the pages become blocks: headings, paragraphs, lists, tables, and what repeats on every page."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import mean

from citewell.ingestion.blocks import BlockType, Box, Builder, RecognisedWord
from citewell.ingestion.parsing.pdf_headings import Headings, OutlineEntry, numbering
from citewell.ingestion.parsing.pdf_join import LineJoiner
from citewell.ingestion.parsing.pdf_lines import MARKER, TextLine, union
from citewell.ingestion.parsing.pdf_ruling import RuledTable
from citewell.ingestion.parsing.pdf_spacing import Spacing
from citewell.ingestion.parsing.pdf_tables import table_lines, table_rows
from citewell.ingestion.parsing.pdf_text import Word
from citewell.ingestion.parsing.turning import Turn

_MARGIN = 0.09  # of the page height: where headers and footers stand
_UNMAPPED = 0.1  # confidence
_EDGE_LINES = 3  # at the top and bottom of a page's text, wherever that is
_CAPTION = re.compile(r"(?:figure|fig\.|abbildung|abb\.|figura|图|図)\s*\d+(?:\.\d+)*\s*[.:：–—]", re.IGNORECASE)


@dataclass
class FigureText:
    """The text that was recognised in a picture on a page."""

    box: Box
    lines: list[TextLine]


@dataclass
class PageLines:
    """What runs in one direction on a page: most pages have one of these, with text set sideways several.

    All is in the space in which it is read, of `size` (width, height); `turn` leads back to the page, None where that
    is the page's own.
    """

    number: int
    size: tuple[float, float]
    lines: list[TextLine]
    tables: list[RuledTable] = field(default_factory=list)
    figures: list[FigureText] = field(default_factory=list)
    turn: Turn | None = None

    @property
    def height(self) -> float:
        return self.size[1]

    def on_page(self, box: Box) -> Box:
        return self.turn.to_page(box) if self.turn is not None and self.turn.angle else box

    @property
    def words(self) -> Iterator[Word]:
        for line in self.lines:
            yield from line.words
        for table in self.tables:
            for row in table.rows:
                for cell in row:
                    yield from cell
        for figure in self.figures:
            for line in figure.lines:
                yield from line.words


@dataclass
class _Group:
    """Lines that make a block, or a table with ruling lines."""

    kind: BlockType
    lines: list[TextLine] = field(default_factory=list)
    level: int | None = None
    table: RuledTable | None = None
    figure: FigureText | None = None

    @property
    def box(self) -> Box:
        if self.figure is not None:
            return self.figure.box
        return self.table.box if self.table is not None else union([line.box for line in self.lines])


class Layout:
    """What is common to a document: its headings, what repeats, its words."""

    def __init__(self, pages: Sequence[PageLines], outline: Sequence[OutlineEntry] = ()) -> None:
        self._pages = pages
        self._headings = Headings((line for page in pages for line in page.lines), outline)
        self._joiner = LineJoiner(word for page in pages for word in page.words)
        self._spacing = Spacing([page.lines for page in pages])
        self._index = {id(page): index for index, page in enumerate(pages)}
        self._margins = {id(page): self._margin_lines(page) for page in pages}
        self._repeated = self._find_repeated()

    def build(self, builder: Builder) -> None:
        for page in self._pages:
            for group in self._groups(page):
                self._add(builder, group, page)

    def _groups(self, page: PageLines) -> list[_Group]:
        groups: list[_Group] = []
        tables = table_lines(page.lines)
        boxed = [*(_Group("table", table=table) for table in page.tables)]
        boxed += [_Group("figure", figure.lines, figure=figure) for figure in page.figures]
        boxed.sort(key=lambda group: group.box[1])
        for index, line in enumerate(page.lines):
            for group in [group for group in boxed if _is_below(line, group.box)]:
                groups.append(group)
                boxed.remove(group)
            kind, level = self._kind(page, index, in_table=index in tables)
            if groups and self._continues(page, groups[-1], line, kind, level):
                groups[-1].lines.append(line)
            else:
                groups.append(_Group(kind, [line], level))
        return [*groups, *boxed]

    def _kind(self, page: PageLines, index: int, *, in_table: bool) -> tuple[BlockType, int | None]:
        line = page.lines[index]
        margin = self._margins[id(page)].get(index)
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

    def _continues(self, page: PageLines, group: _Group, line: TextLine, kind: BlockType, level: int | None) -> bool:
        if group.table is not None or group.figure is not None:
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
        return not self._spacing.begins_paragraph(self._index[id(page)], last, line)

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
            lines = [page.lines[index] for index in self._margins[id(page)]]
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

    def _add(self, builder: Builder, group: _Group, page: PageLines) -> None:
        cells = None
        if group.table is not None:
            text, lines = self._joiner.cells(group.table)
            cells = group.table.cells
        elif group.kind == "table":
            rows = table_rows(group.lines)
            text, lines = self._joiner.rows(rows)
            cells = [row.cells for row in rows]
        elif group.kind in ("header", "footer") or group.figure is not None:
            text, lines = self._joiner.lines(group.lines)
        else:
            text, lines = self._joiner.paragraph(group.lines)
        builder.add(
            group.kind,
            text,
            page=page.number,
            bbox=page.on_page(group.box),
            level=group.level,
            rows=cells,
            line_boxes=[(start, end, page.on_page(box)) for start, end, box in lines],
            confidence=_confidence(group.lines),
        )


def recognised_words(pages: Sequence[PageLines]) -> list[RecognisedWord]:
    """The words of the pages that were read from pictures."""
    return [
        RecognisedWord(page.number, word.text, page.on_page(word.box), round(word.confidence, 3))
        for page in pages
        for word in page.words
        if word.confidence is not None
    ]


def _is_below(line: TextLine, box: Box) -> bool:
    """True if the line stands below a table or figure, in its column of the page."""
    left, top, right, _ = box
    return line.box[1] >= top and line.box[0] < right and line.box[2] > left


def _confidence(lines: Sequence[TextLine]) -> float | None:
    """The mean of the words that were read from a picture, if any were. Words of fonts that do not tell their
    characters count as hardly read."""
    words = [word for line in lines for word in line.words]
    if sum(not word.mapped for word in words) > 0.5 * len(words):
        return _UNMAPPED
    found = [word.confidence for word in words if word.confidence is not None]
    return round(mean(found), 3) if found else None
