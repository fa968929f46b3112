"""Splits a page by the direction of its text, each part in the coordinates in which it is read."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from citewell.ingestion.parsing.pdf_alignment import with_aligned_cells
from citewell.ingestion.parsing.pdf_asides import set_apart
from citewell.ingestion.parsing.pdf_bullets import with_bullets
from citewell.ingestion.parsing.pdf_columns import page_lines
from citewell.ingestion.parsing.pdf_forms import Note
from citewell.ingestion.parsing.pdf_line_numbers import without_line_numbers
from citewell.ingestion.parsing.pdf_lines import TextLine
from citewell.ingestion.parsing.pdf_page import FigureText, PageLines
from citewell.ingestion.parsing.pdf_paths import Drawn
from citewell.ingestion.parsing.pdf_ruling import ruled_tables
from citewell.ingestion.parsing.pdf_scanned import Recognised, Seen
from citewell.ingestion.parsing.pdf_sideways import with_sideways_heads
from citewell.ingestion.parsing.pdf_text import SKEWED, Word
from citewell.ingestion.parsing.turning import Turn

_LARGER, _APART = 1.5, 2.0  # times the size: of a title beside small text, and of the gap between them
_SLACK = 1.0  # points around a word that was recognised though the file has it


@dataclass
class PageContent:
    """A page as it is shown: its size and words in points, what is drawn on it, what was recognised, and the comments
    on it. `filled` says that its form has values."""

    size: tuple[float, float]
    words: list[Word] = field(default_factory=list)
    drawn: Drawn = field(default_factory=Drawn)
    seen: Seen = field(default_factory=Seen)
    recognised: Recognised | None = None
    figures: list[Recognised] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    filled: bool = False


def page_views(number: int, page: PageContent) -> Iterator[PageLines]:
    """The page's upright text first, then what is set or scanned sideways or upside down."""
    words = [] if page.seen.unmapped and page.recognised else page.words
    words = with_sideways_heads(words, page.drawn.lines, page.size)
    recognised = _new_words(page.recognised, words)
    turned = page.recognised is not None and abs(page.recognised.turn.angle) > 45
    upright = [word for word in words if not word.turned] + ([] if turned else recognised)
    figures = [_figure(found) for found in page.figures]
    yield _view(number, page, upright, None, figures)
    for angle in (90, 180, 270):
        if found := [word for word in words if word.turned == angle]:
            turn = Turn.quarter(angle, page.size)
            yield _view(number, page, [turn.word_to_reading(word) for word in found], turn)
    if skewed := [word for word in words if word.turned == SKEWED]:
        yield PageLines(number, page.size, [TextLine(skewed)])
    if page.notes:
        yield PageLines(number, page.size, [_note_line(note) for note in page.notes])
    if turned and page.recognised:
        yield _view(number, page, recognised, page.recognised.turn)


def _note_line(note: Note) -> TextLine:
    return TextLine([Word(" ".join(note.text.split()), *note.box, size=note.box[3] - note.box[1], bold=False)])


def _view(
    number: int, page: PageContent, words: Sequence[Word], turn: Turn | None, figures: Sequence[FigureText] = ()
) -> PageLines:
    lines, dots, areas = page.drawn.lines, page.drawn.dots, page.drawn.areas
    if turn:
        lines, dots, areas = ([turn.to_reading(box) for box in boxes] for boxes in (lines, dots, areas))
    tables, rest = ruled_tables(lines, words)
    asides, rest = set_apart(areas, rest)
    size = turn.reading if turn else page.size
    read = _read(rest)
    aside = [line for inside in asides for line in _read(inside)]
    last = frozenset(range(len(read), len(read) + len(aside)))
    read += aside
    return PageLines(number, size, read, tables, list(figures), turn, with_bullets(read, dots), last)


def _read(words: Sequence[Word]) -> list[TextLine]:
    return with_aligned_cells(without_line_numbers(list(_by_size(page_lines(words))))) if words else []


def _by_size(lines: Iterable[TextLine]) -> Iterator[TextLine]:
    """The lines; one of an address at the left and a large title at the right becomes two."""
    for line in lines:
        places = [at for at in range(1, len(line.words)) if _stands_apart(line.words[:at], line.words[at:])]
        if len(places) == 1:
            yield TextLine(line.words[: places[0]])
            yield TextLine(line.words[places[0] :])
        else:
            yield line


def _stands_apart(before: Sequence[Word], behind: Sequence[Word]) -> bool:
    """Whether all words of one part are larger than those of the other, with a wide gap between the parts."""
    size = max(word.size for word in (before[-1], behind[0]))
    if behind[0].left - before[-1].right < _APART * size:
        return False
    sizes = [(min(word.size for word in part), max(word.size for word in part)) for part in (before, behind)]
    return max(low for low, _ in sizes) > _LARGER * min(high for _, high in sizes)


def _new_words(found: Recognised | None, words: Sequence[Word]) -> list[Word]:
    """The recognised words that the file does not have itself. Where the page was only askew, in the page's space."""
    if found is None:
        return []
    new = []
    for word in found.words:
        left, top, right, bottom = found.turn.to_page(word.box)
        x, y = (left + right) / 2, (top + bottom) / 2
        if not any(
            other.left - _SLACK <= x <= other.right + _SLACK and other.top - _SLACK <= y <= other.bottom + _SLACK
            for other in words
        ):
            new.append(word)
    return new


def _figure(found: Recognised) -> FigureText:
    """Finds the lines in the coordinates in which they are read; the boxes are those of the page."""
    assert found.box is not None
    left, top = found.box[:2]
    lines = []
    for line in page_lines(found.words):
        words = []
        for word in line.words:
            box = found.turn.to_page(word.box)
            words.append(replace(word, left=box[0] + left, top=box[1] + top, right=box[2] + left, bottom=box[3] + top))
        lines.append(TextLine(words))
    return FigureText(found.box, lines)
