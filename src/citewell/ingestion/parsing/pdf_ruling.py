"""Tables with ruling lines: the lines that a PDF page draws become grids, and the words in them cells."""

import ctypes
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from citewell.ingestion.blocks import Box
from citewell.ingestion.parsing.pdf_lines import lines_of, union
from citewell.ingestion.parsing.pdf_spans import Cells, Place, Rule, Rules, find_spans, gather
from citewell.ingestion.parsing.pdf_text import PageSpace, Word

_NEAR = 2.5  # points: lines so close to each other are one, or meet
_SHORTEST = 6.0  # points: what is shorter rules nothing
_MAX_SEGMENTS = 4000  # a page with more is a drawing
_MAX_LINES = 600
_MOST_CROSSED = 0.03  # of the words in a grid: text that runs over its lines is none of its cells
_LEAST_DRAWN = 0.7  # of the borders between columns


@dataclass
class RuledTable:
    """`rows` holds the words of each cell; `box` is that of the grid, `edges` are those of its columns.

    `covered` says for places (row, column) under a cell over several ones where that cell begins.
    """

    box: Box
    rows: Cells
    edges: list[float] = field(default_factory=list)
    covered: dict[Place, Place] = field(default_factory=dict)

    @property
    def cells(self) -> list[list[str]]:
        return [[_cell_text(cell) for cell in row] for row in self.rows]


@dataclass
class _Grid:
    xs: list[float]
    ys: list[float]
    vertical: Rules
    horizontal: Rules

    @property
    def box(self) -> Box:
        return (self.xs[0], self.ys[0], self.xs[-1], self.ys[-1])


def ruled_tables(lines: Sequence[Box], words: Sequence[Word]) -> tuple[list[RuledTable], list[Word]]:
    """The tables that the lines rule, from top to bottom, and the words that are in none of them."""
    tables: list[RuledTable] = []
    rest = list(words)
    for grid in _grids(lines):
        table, outside = _fill(grid, rest)
        if table is not None:
            tables.append(table)
            rest = outside
    return sorted(tables, key=lambda table: table.box[1]), rest


def drawn_lines(page: pdfium.PdfPage) -> list[Box]:
    """Straight lines on the page as it is shown, as boxes without width or height; none of a page that is a drawing."""
    space = PageSpace(page)
    lines = [space.shown(*line) for line in _segments(page)]
    return lines if len(lines) <= _MAX_SEGMENTS else []


def _segments(page: pdfium.PdfPage) -> Iterator[Box]:
    """Lines in the page's own space: (left, bottom, right, top); at most one more than are looked at."""
    count = 0
    for item in page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=1):
        matrix = item.get_matrix()
        points = [matrix.on_point(x, y) for x, y in _points(item.raw, _MAX_SEGMENTS - count)]
        count += len(points)
        if not _is_stroked(item.raw):
            points = _thin(points)
        for (x0, y0), (x1, y1) in pairwise(points):
            if abs(x0 - x1) < 0.5 and abs(y0 - y1) >= _SHORTEST:
                yield (x0, min(y0, y1), x0, max(y0, y1))
            elif abs(y0 - y1) < 0.5 and abs(x0 - x1) >= _SHORTEST:
                yield (min(x0, x1), y0, max(x0, x1), y0)
        if count >= _MAX_SEGMENTS:
            yield from [(0.0, 0.0, 0.0, 0.0)] * (_MAX_SEGMENTS + 1)
            return


def _is_stroked(path: object) -> bool:
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(path, ctypes.byref(fill), ctypes.byref(stroke))
    return bool(stroke.value)


def _thin(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The line that a filled area is, if it is as thin as one; wider ones are backgrounds, and rule nothing."""
    if not points:
        return []
    xs, ys = [x for x, _ in points], [y for _, y in points]
    width, height = max(xs) - min(xs), max(ys) - min(ys)
    if width <= _NEAR:
        return [((min(xs) + max(xs)) / 2, min(ys)), ((min(xs) + max(xs)) / 2, max(ys))]
    if height <= _NEAR:
        return [(min(xs), (min(ys) + max(ys)) / 2), (max(xs), (min(ys) + max(ys)) / 2)]
    return []


def _points(path: object, most: int) -> list[tuple[float, float]]:
    """The path's corners in its own space; a path that is closed ends where it begins. Curves are left out."""
    count = raw.FPDFPath_CountSegments(path)
    if count > most:
        count = max(most, 0)
    points: list[tuple[float, float]] = []
    x, y = ctypes.c_float(), ctypes.c_float()
    for index in range(count):
        segment = raw.FPDFPath_GetPathSegment(path, index)
        if raw.FPDFPathSegment_GetType(segment) == raw.FPDF_SEGMENT_BEZIERTO:
            return []
        raw.FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y))
        points.append((x.value, y.value))
        if raw.FPDFPathSegment_GetClose(segment) and points:
            points.append(points[0])
    return points


def _grids(lines: Iterable[Box]) -> list[_Grid]:
    """Lines that meet make a grid, if it has two rows and two columns at least."""
    found = [(box, box[3] - box[1] > box[2] - box[0]) for box in lines]
    vertical = _joined(Rule(box[0], box[1], box[3]) for box, is_vertical in found if is_vertical)
    horizontal = _joined(Rule(box[1], box[0], box[2]) for box, is_vertical in found if not is_vertical)
    if len(vertical) > _MAX_LINES or len(horizontal) > _MAX_LINES:
        return []
    grids: list[_Grid] = []
    for columns, rows in _meeting(vertical, horizontal):
        xs, ys = _places(columns), _places(rows)
        if len(xs) > 2 and len(ys) > 2:
            grids.append(_Grid(xs, ys, Rules(xs, columns, 2 * _NEAR), Rules(ys, rows, 2 * _NEAR)))
    return grids


def _joined(rules: Iterable[Rule]) -> list[Rule]:
    """Pieces that go on in one another as one line each."""
    joined: list[Rule] = []
    for rule in sorted(rules, key=lambda rule: (round(rule.at / _NEAR), rule.start)):
        last = joined[-1] if joined else None
        if last is not None and abs(last.at - rule.at) < _NEAR and rule.start < last.end + _NEAR:
            joined[-1] = Rule(last.at, last.start, max(last.end, rule.end))
        else:
            joined.append(rule)
    return joined


def _meeting(vertical: list[Rule], horizontal: list[Rule]) -> Iterator[tuple[list[Rule], list[Rule]]]:
    """Groups of lines that are connected by crossings."""
    open_columns, open_rows = set(range(len(vertical))), set(range(len(horizontal)))
    while open_columns:
        columns, rows = {open_columns.pop()}, set[int]()
        ahead = list(columns)
        while ahead:
            rule = vertical[ahead.pop()]
            crossed = {index for index in open_rows if _cross(rule, horizontal[index])}
            open_rows -= crossed
            rows |= crossed
            for index in crossed:
                met = {other for other in open_columns if _cross(vertical[other], horizontal[index])}
                open_columns -= met
                columns |= met
                ahead += met
        yield [vertical[index] for index in columns], [horizontal[index] for index in rows]


def _cross(vertical: Rule, horizontal: Rule) -> bool:
    return (
        horizontal.start - _NEAR < vertical.at < horizontal.end + _NEAR
        and vertical.start - _NEAR < horizontal.at < vertical.end + _NEAR
    )


def _places(rules: Iterable[Rule]) -> list[float]:
    places: list[float] = []
    for rule in sorted(rules, key=lambda rule: rule.at):
        if not places or rule.at - places[-1] > _NEAR:
            places.append(rule.at)
    return places


def _fill(grid: _Grid, words: Sequence[Word]) -> tuple[RuledTable | None, list[Word]]:
    """The table, and the words outside it; None for lines that hold no table, like those of a chart."""
    cells: Cells = [[[] for _ in grid.xs[1:]] for _ in grid.ys[1:]]
    rest: list[Word] = []
    crossed = 0
    for word in words:
        x, y = (word.left + word.right) / 2, (word.top + word.bottom) / 2
        if not (grid.xs[0] < x < grid.xs[-1] and grid.ys[0] < y < grid.ys[-1]):
            rest.append(word)
            continue
        crossed += any(grid.vertical.at(edge, y) for edge in _inner_edges(grid, word))
        cells[bisect_right(grid.ys, y) - 1][bisect_right(grid.xs, x) - 1].append(word)
    if crossed > _MOST_CROSSED * (len(words) - len(rest)) or not _is_whole(grid):
        return None, list(words)
    covered = gather(cells, find_spans(grid.xs, grid.ys, grid.vertical, grid.horizontal), grid.xs)
    table = _without_blank_rows(grid, cells, covered)
    used = sum(any(row[column] for row in table.rows) for column in range(len(grid.xs) - 1))
    if len(table.rows) < 2 or used < 2:
        return None, list(words)
    return table, rest


def _inner_edges(grid: _Grid, word: Word) -> range:
    """The borders between columns that run through the word."""
    return range(bisect_right(grid.xs, word.left + _NEAR), bisect_left(grid.xs, word.right - _NEAR))


def _without_blank_rows(grid: _Grid, cells: Cells, covered: dict[Place, Place]) -> RuledTable:
    """The rows with words, those that are not ruled one by one as several."""
    rows: Cells = []
    number: dict[int, int] = {}  # of rows that are one row still
    for at, row in enumerate(cells):
        if any(row):
            parts = _unruled_rows(row)
            if len(parts) == 1:
                number[at] = len(rows)
            rows += parts
    moved = {
        (number[place[0]], place[1]): (number[begin[0]], begin[1])
        for place, begin in covered.items()
        if place[0] in number and begin[0] in number
    }
    return RuledTable(grid.box, rows, grid.xs, moved)


def _unruled_rows(row: list[list[Word]]) -> list[list[list[Word]]]:
    """A row of the grid as the rows that it holds: many tables are ruled around and below their head, but not between
    rows. Cells whose text is wrapped are one row."""
    lines = lines_of([word for cell in row for word in cell])
    if len(lines) < 2:
        return [row]
    columns = {id(word): index for index, cell in enumerate(row) for word in cell}
    split: list[list[list[Word]]] = []
    for line in lines:
        cells: list[list[Word]] = [[] for _ in row]
        for word in line.words:
            cells[columns[id(word)]].append(word)
        split.append(cells)
    full = [cells for cells in split if sum(bool(cell) for cell in cells) > 1]
    values = [cells for cells in full if any(_is_value(cell) for cell in cells[1:])]
    if len(values) < 2 or len(values) < 0.5 * len(full):
        return [row]
    return _with_wrapped(split)


def _with_wrapped(rows: list[list[list[Word]]]) -> list[list[list[Word]]]:
    """A line with a label alone, which goes on in small letters or is nothing yet, belongs to its neighbour."""
    joined: list[list[list[Word]]] = []
    for row in rows:
        before = joined[-1] if joined else None
        alone = not any(row[1:]) and bool(row[0])
        if before is not None and alone and row[0][0].text[:1].islower():
            before[0] += row[0]
        elif before is not None and not any(before[1:]) and row[0] and row[0][0].text[:1].islower():
            joined[-1] = [before[0] + row[0], *row[1:]]
        else:
            joined.append(row)
    return joined


def _is_value(words: Sequence[Word]) -> bool:
    text = "".join(word.text for word in words)
    return sum(char.isdigit() for char in text) > 0.5 * max(sum(char.isalnum() for char in text), 1) or text in "—–-"


def _is_whole(grid: _Grid) -> bool:
    """True if most of the borders between columns are drawn: some lines within a table rule only a part of it."""
    middles = [(above + below) / 2 for above, below in pairwise(grid.ys)]
    drawn = sum(grid.vertical.at(edge, middle) for edge in range(len(grid.xs)) for middle in middles)
    return drawn > _LEAST_DRAWN * len(grid.xs) * len(middles)


def _cell_text(words: Sequence[Word]) -> str:
    return " ".join(line.text for line in lines_of(words))


def cell_box(words: Sequence[Word]) -> Box:
    return union([word.box for word in words])
