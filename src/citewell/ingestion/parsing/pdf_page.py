"""The lines of a page with one direction of text, and the groups of lines that become blocks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from citewell.ingestion.blocks import BlockType, Box, RecognisedWord
from citewell.ingestion.parsing.pdf_lines import TextLine, union
from citewell.ingestion.parsing.pdf_ruling import RuledTable
from citewell.ingestion.parsing.pdf_text import Word
from citewell.ingestion.parsing.turning import Turn


@dataclass
class FigureText:
    """The text that was recognised in a picture on a page."""

    box: Box
    lines: list[TextLine]


@dataclass
class PageLines:
    """The lines of one direction of text on a page.

    Most pages have one of these; pages with rotated text have several. Coordinates are those in which the text is
    upright, with `size` (width, height). `turn` maps them back to the page; None if both are the same.
    """

    number: int
    size: tuple[float, float]
    lines: list[TextLine]
    tables: list[RuledTable] = field(default_factory=list)
    figures: list[FigureText] = field(default_factory=list)
    turn: Turn | None = None
    bulleted: frozenset[int] = frozenset()  # indexes of lines before which a bullet is drawn
    aside: frozenset[int] = frozenset()  # of the last lines: they stand in boxes beside the text, and head nothing

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
class Group:
    """The lines of a block, or a table with ruling lines."""

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


def recognised_words(pages: Sequence[PageLines]) -> list[RecognisedWord]:
    """Returns the words of the pages that text recognition read."""
    return [
        RecognisedWord(page.number, word.text, page.on_page(word.box), round(word.confidence, 3))
        for page in pages
        for word in page.words
        if word.confidence is not None
    ]
