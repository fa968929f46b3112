"""Finds rows of tables without ruling lines whose cells have several lines of text. The lines of one cell may be at the
height of the gaps between those of another, as browsers centre them.
"""

import math
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median, mode

from citewell.ingestion.parsing.pdf_gutters import Cells, cells_of, column_of, find_columns, head_cells, split_at_gaps
from citewell.ingestion.parsing.pdf_head_groups import Span
from citewell.ingestion.parsing.pdf_lines import TextLine, lines_of, union
from citewell.ingestion.parsing.pdf_ruling import RuledTable
from citewell.ingestion.parsing.pdf_text import Word

_SHRUNK = 0.1  # of the font size: by which boxes of words exceed their letters, above and below
_CLEAR = 0.1  # of the font size: by which gaps between rows exceed those between lines
_GUTTER = 0.4  # of the font size: the least gap between two columns, wider than a space
_MOST_LINES = 400  # of a table
_MOST_HEADS = 6  # bands of header rows
_MOST_PARTS = 3  # lines above or below a table that belong to its cells
_MOST_IN_ROW = 40  # lines
_MOSTLY = 0.4  # share of the rows
_PART_OF_DATE = re.compile(r"(?:19|20)\d\d|\d\d?,")


def parts_of_cells(lines: Sequence[TextLine], rows: set[int]) -> set[int]:
    """Returns the lines next to a table that are nearer to its first or last row than two rows are to each other, and
    stand within its columns.
    """
    found: set[int] = set()
    for first, last in _runs(rows):
        if last - first < 2:
            continue
        table: _Open | None = None
        for step, edge in ((1, last), (-1, first)):
            for index in range(edge + step, edge + step + _MOST_PARTS * step, step):
                if not 0 <= index < len(lines) or index in rows or not _touch(lines[index], lines[index - step]):
                    break
                table = table or _Open(lines[first : last + 1])
                if not table.takes_in(lines[index], lines[index - step]):
                    break
                found.add(index)
    return found


def _runs(indexes: set[int]) -> Iterator[tuple[int, int]]:
    """Yields (first, last) of each run of consecutive indexes."""
    ordered = sorted(indexes)
    start = 0
    for at, index in enumerate(ordered):
        if at + 1 == len(ordered) or ordered[at + 1] != index + 1:
            yield ordered[start], index
            start = at + 1


def _touch(line: TextLine, other: TextLine) -> bool:
    gap = max(line.box[1], other.box[1]) - min(line.box[3], other.box[3])
    return abs(line.size - other.size) < 0.15 * other.size and gap < 0.5 * other.size


def tall_rows(lines: Sequence[TextLine], columns: int) -> RuledTable | None:
    """Returns the table of the lines; None if no cell has several lines, or the rows cannot be told apart.

    `columns` are those that lines with all cells have, 0 if unknown; a table with fewer, or with fewer than most lines
    have cells, is none.
    """
    if not 2 < len(lines) <= _MOST_LINES:
        return None
    table = _Open(lines)
    ruled = table.ruled() if table.has_tall_rows() else None
    least = max(columns, mode([len(line.cells) for line in lines if len(line.cells) > 1] or [0]))
    return ruled if ruled is not None and len(ruled.edges) > least else None


class _Open:
    """A table without ruling lines. Its bands are lines that overlap vertically, with blank space between bands."""

    def __init__(self, lines: Sequence[TextLine]) -> None:
        self._lines = lines
        self._size = median(line.size for line in lines)
        self._bands = list(_bands(lines, 2 * _SHRUNK * self._size))
        self._gaps = [_top(below) - _bottom(above) for above, below in pairwise(self._bands)]

    def has_tall_rows(self) -> bool:
        """Whether bands have several lines, or some lines are nearer to the row above them than any two rows are."""
        if self.has_lines_beside():
            return len(self._bands) > 1
        left = min(line.box[0] for line in self._lines) + self._size
        nearest, between = math.inf, math.inf
        begun = False
        for (line,), gap in zip(self._bands, [0.0, *self._gaps], strict=True):
            if line.box[0] < left and len(line.cells) > 1:
                between = min(between, gap) if begun else between
                begun = True
            elif begun:
                nearest = min(nearest, gap)
        return nearest < between - _CLEAR * self._size and between < math.inf

    def has_lines_beside(self) -> bool:
        return len(self._bands) < len(self._lines)

    def ruled(self) -> RuledTable | None:
        heads, columns = self._columns()
        if len(columns) < 2:
            return None
        edges = [(before[1] + after[0]) / 2 for before, after in pairwise(columns)]
        limit = self._limit(self._bands[heads:], edges)
        if limit is None:
            return None
        rows, head_rows = self._rows(limit, heads)
        cells = [cells_of(row, edges, self._gutter) for row in rows]
        if len(cells) < 2 or not self._are_rows(cells, max(head_rows, 1), limit):
            return None
        above = _head_lines(self._bands[:heads], edges[0])
        over = [head_cells(line, columns, self._gutter) for line in above]
        cells = [*(texts for texts, _ in over), *cells[head_rows:]]
        covered = {(row, column): (row, begin) for row, (_, by) in enumerate(over) for column, begin in by.items()}
        outer = [min(line.box[0] for line in self._lines), *edges, max(line.box[2] for line in self._lines)]
        return RuledTable(union([line.box for line in self._lines]), cells, outer, covered)

    def takes_in(self, line: TextLine, beside: TextLine) -> bool:
        """Whether a line directly above or below `beside` is a part of the cells of the first or last row."""
        if len(self._bands) < 2:
            return False
        gap = max(line.box[1], beside.box[1]) - min(line.box[3], beside.box[3])
        least = min(self._gaps) - _CLEAR * self._size
        if gap > least and not self.has_tall_rows():
            return False
        heads, columns = self._columns()
        edges = [(before[1] + after[0]) / 2 for before, after in pairwise(columns)]
        limit = self._limit(self._bands[heads:], edges) if gap > least else None
        if len(columns) < 2 or gap > (least if limit is None else limit):
            return False
        row = self._bands[0] if line.box[1] < beside.box[1] else self._bands[-1]
        taken = {column_of(piece, edges) for other in row for piece in split_at_gaps(other, self._gutter)}
        own = [column_of(piece, edges) for piece in split_at_gaps(line, self._gutter)]
        return None not in own and len(set(own)) == len(own) and set(own) <= taken and len(own) < len(columns)

    @property
    def _gutter(self) -> float:
        return _GUTTER * self._size

    def _columns(self) -> tuple[int, list[Span]]:
        """Returns (number of bands in the header, left and right of the columns). Header texts may be over several."""
        left = min(line.box[0] for line in self._lines) + self._size
        best: tuple[int, list[Span]] = (0, find_columns(self._bands, self._gutter))
        for heads, band in enumerate(self._bands[:_MOST_HEADS], start=1):
            if any(_is_number(words) for line in band for words in split_at_gaps(line, self._gutter)):
                break
            if len(self._bands) - heads < 2:
                break
            columns = find_columns(self._bands[heads:], self._gutter)
            if len(columns) > len(best[1]):
                best = (heads, columns)
            if min(line.box[0] for line in band) < left and sum(len(line.cells) for line in band) > 1:
                break
        return best

    def _limit(self, bands: Sequence[Sequence[TextLine]], edges: Sequence[float]) -> float | None:
        """Returns the largest gap between lines of one cell; None if rows are no farther apart."""
        within = [gap for band in bands for gap in _gaps_in(band, edges, self._gutter)]
        clear = _CLEAR * self._size
        low = max(within, default=min(self._gaps))
        between = [gap for gap in self._gaps if gap > low + clear]
        if not between or (not within and len(between) == len(self._gaps)):
            return None
        return (max(gap for gap in [*within, *self._gaps] if gap <= low + clear) + min(between)) / 2

    def _rows(self, limit: float, heads: int) -> tuple[list[list[TextLine]], int]:
        """Returns (lines of each row, number of header rows with texts over several columns)."""
        rows = [list(self._bands[0])]
        head_rows = min(heads, 1)
        for number, (gap, band) in enumerate(zip(self._gaps, self._bands[1:], strict=True), start=1):
            if gap <= limit and number != heads:
                rows[-1] += band
            else:
                rows.append(list(band))
                head_rows += number < heads
        return rows, head_rows

    def _are_rows(self, rows: Sequence[Cells], heads: int, limit: float) -> bool:
        """Whether no row has the lines of several."""
        tall = full = 0
        for number, row in enumerate(rows):
            lines = [lines_of(cell) for cell in row]
            counts = [len(cell) for cell in lines]
            if max(counts) > _MOST_IN_ROW:
                return False
            numbers = sum(sum(_is_number(line.words) for line in cell) > 1 for cell in lines)
            if numbers > 1 or (numbers and counts[0] > 1):
                return False
            if number < heads or max(counts) < 2:
                continue
            if any(below.box[1] - above.box[3] > limit for cell in lines for above, below in pairwise(cell)):
                return False
            tall += 1
            full += min(counts) == max(counts)
        return full <= _MOSTLY * tall


def _bands(lines: Sequence[TextLine], overlap: float) -> Iterator[list[TextLine]]:
    band: list[TextLine] = []
    bottom = 0.0
    for line in lines:
        if band and line.box[1] > bottom - overlap:
            yield band
            band = []
        bottom = max(bottom, line.box[3]) if band else line.box[3]
        band.append(line)
    if band:
        yield band


def _top(band: Sequence[TextLine]) -> float:
    return min(line.box[1] for line in band)


def _bottom(band: Sequence[TextLine]) -> float:
    return max(line.box[3] for line in band)


def _gaps_in(band: Sequence[TextLine], edges: Sequence[float], gutter: float) -> Iterator[float]:
    """Yields the gaps between the lines of each cell of a band."""
    if len(band) > 1:
        for cell in cells_of(band, edges, gutter):
            yield from (below.box[1] - above.box[3] for above, below in pairwise(lines_of(cell)))


def _head_lines(bands: Sequence[Sequence[TextLine]], edge: float) -> list[TextLine]:
    """Returns the lines of the header. A line that only heads the first column becomes a part of the last one."""
    lines = [line for band in bands for line in band]
    labels = [line for line in lines if line.box[2] < edge]
    others = [line for line in lines if line.box[2] >= edge]
    if labels and others:
        others[-1] = TextLine([*(word for line in labels for word in line.words), *others[-1].words])
    return others or lines


def _is_number(words: Sequence[Word]) -> bool:
    text = "".join(word.text for word in words)
    digits = sum(map(str.isdigit, text))
    return digits > sum(map(str.isalpha, text)) and not _PART_OF_DATE.fullmatch(text)
