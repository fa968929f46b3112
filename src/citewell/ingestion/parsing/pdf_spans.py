"""Finds cells of a ruled table that span several columns or rows: no line is drawn between these."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from citewell.ingestion.parsing.pdf_lines import lines_of
from citewell.ingestion.parsing.pdf_text import Word

Place = tuple[int, int]  # row and column of the grid
Cells = list[list[list[Word]]]
_LEVEL = 0.35  # of the size: the largest vertical distance of the middles of words in one row
_MOST_PLACES = 20_000  # cells of a grid; in a larger one no spans are searched


@dataclass(frozen=True)
class Rule:
    """A straight line at `at` (x of a vertical line, y of a horizontal one) from `start` to `end`."""

    at: float
    start: float
    end: float


class Rules:
    """The lines of one direction, by the border of the grid on which they lie."""

    def __init__(self, borders: Sequence[float], rules: Sequence[Rule], near: float) -> None:
        self._on: list[list[Rule]] = [[] for _ in borders]
        for rule in rules:
            first = bisect_right(borders, rule.at - near)
            for index in range(first, len(borders)):
                if borders[index] > rule.at + near:
                    break
                self._on[index].append(rule)

    def at(self, border: int, place: float) -> bool:
        """Whether the border has a line at this position."""
        return any(rule.start <= place <= rule.end for rule in self._on[border])


@dataclass
class Spans:
    """Maps each (row, column) that a spanning cell covers to the one where that cell begins."""

    begins: dict[Place, Place] = field(default_factory=dict)

    def regions(self) -> Iterator[tuple[Place, list[Place]]]:
        found: dict[Place, list[Place]] = {}
        for place, begin in self.begins.items():
            found.setdefault(begin, [begin]).append(place)
        yield from found.items()


def find_spans(xs: Sequence[float], ys: Sequence[float], vertical: Rules, horizontal: Rules) -> Spans:
    spans = Spans()
    rows, columns = len(ys) - 1, len(xs) - 1
    if rows * columns > _MOST_PLACES:
        return spans
    begins = spans.begins
    for row in range(rows):
        middle = (ys[row] + ys[row + 1]) / 2
        for column in range(columns):
            if column and not vertical.at(column, middle):
                begins[row, column] = begins.get((row, column - 1), (row, column - 1))
            elif row and not horizontal.at(row, (xs[column] + xs[column + 1]) / 2):
                begins[row, column] = begins.get((row - 1, column), (row - 1, column))
    return spans


def gather(cells: Cells, spans: Spans, xs: Sequence[float]) -> dict[Place, Place]:
    """Moves the words of each spanning cell to where it begins. Returns `begins` of the cells that were moved.

    Cells without lines between them may only look like a spanning cell. They are left as they are: they have words in
    several columns, or lines at the height of other rows.
    """
    covered: dict[Place, Place] = {}
    for begin, places in spans.regions():
        words = [word for row, column in places for word in cells[row][column]]
        if not words:
            continue
        wide = not _in_columns(words, xs, len({column for _, column in places}))
        high = not _in_rows(cells, places)
        for row, column in places[1:]:
            target = (begin[0] if high else row, begin[1] if wide else column)
            if target != (row, column):
                cells[target[0]][target[1]] += cells[row][column]
                cells[row][column] = []
                covered[row, column] = target
    return covered


def _in_columns(words: Sequence[Word], xs: Sequence[float], count: int) -> bool:
    """Whether a line of the words has parts with wide gaps, each in a different column."""
    if count < 2:
        return False
    for line in lines_of(words):
        found = {bisect_right(xs, (part[0].left + part[-1].right) / 2) for part in line.cells}
        if len(line.cells) > 1 and len(found) == len(line.cells):
            return True
    return False


def _in_rows(cells: Cells, places: Sequence[Place]) -> bool:
    """Whether the words belong to several rows, or to the last one only, by the height of other words in these rows."""
    inside = set(places)
    by_row: dict[int, list[Word]] = {}
    for row, column in places:
        if cells[row][column]:
            by_row.setdefault(row, []).extend(cells[row][column])
    if len(by_row) < 2 and max(by_row) < max(row for row, _ in places):
        return False
    for row, words in by_row.items():
        others = [word for column, cell in enumerate(cells[row]) if (row, column) not in inside for word in cell]
        if not any(_is_level(word, other) for word in words for other in others):
            return False
    return True


def _is_level(word: Word, other: Word) -> bool:
    return abs(word.top + word.bottom - other.top - other.bottom) / 2 < _LEVEL * min(word.size, other.size)
