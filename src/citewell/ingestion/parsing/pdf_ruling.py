"""Finds tables with ruling lines: makes grids of the lines of a page (`pdf_paths.py`), and puts words into cells."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from citewell.ingestion.blocks import Box
from citewell.ingestion.parsing.pdf_lines import lines_of, union
from citewell.ingestion.parsing.pdf_spans import Cells, Place, Rule, Rules, find_spans, gather
from citewell.ingestion.parsing.pdf_text import Word

_NEAR = 2.5  # points: lines at this distance are one line, or meet
_LEAST_BEYOND = 10.0  # points: the least size of a column or row without an outer edge
_MAX_LINES = 600
_MOST_CROSSED = 0.03  # share of the words in a grid that cross its lines: if more do, it is no table
_LEAST_DRAWN = 0.7  # share of the borders between columns that must be drawn


@dataclass
class RuledTable:
    """A table. `rows` has the words of each cell; `box` is that of the grid; `edges` are those of its columns.

    `covered` maps each (row, column) that a spanning cell covers to the one where that cell begins.
    """

    box: Box
    rows: Cells
    edges: list[float] = field(default_factory=list)
    covered: dict[Place, Place] = field(default_factory=dict)


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
    """Returns (tables from top to bottom, words outside of them)."""
    tables: list[RuledTable] = []
    rest = list(words)
    for grid in _grids(lines):
        table, outside = _fill(grid, rest)
        if table is not None:
            tables.append(table)
            rest = outside
    return sorted(tables, key=lambda table: table.box[1]), rest


def _grids(lines: Iterable[Box]) -> list[_Grid]:
    """Makes grids of connected lines, with at least two rows and two columns."""
    found = [(box, box[3] - box[1] > box[2] - box[0]) for box in lines]
    vertical = _joined(Rule(box[0], box[1], box[3]) for box, is_vertical in found if is_vertical)
    horizontal = _joined(Rule(box[1], box[0], box[2]) for box, is_vertical in found if not is_vertical)
    if len(vertical) > _MAX_LINES or len(horizontal) > _MAX_LINES:
        return []
    grids: list[_Grid] = []
    for columns, rows in _meeting(vertical, horizontal):
        columns, rows = [*columns, *_missing_edges(columns, rows)], [*rows, *_missing_edges(rows, columns)]
        xs, ys = _places(columns), _places(rows)
        if len(xs) > 2 and len(ys) > 2:
            grids.append(_Grid(xs, ys, Rules(xs, columns, 2 * _NEAR), Rules(ys, rows, 2 * _NEAR)))
    return grids


def _missing_edges(rules: Sequence[Rule], across: Sequence[Rule]) -> Iterator[Rule]:
    """Yields the missing outer edges of a table with inner lines only: most lines across go beyond the outermost."""
    if not rules or not across:
        return
    first, last = min(rule.at for rule in rules), max(rule.at for rule in rules)
    begin, end = median(rule.start for rule in across), median(rule.end for rule in across)
    low, high = min(rule.at for rule in across), max(rule.at for rule in across)
    if begin < first - _LEAST_BEYOND:
        yield Rule(begin, low, high)
    if end > last + _LEAST_BEYOND:
        yield Rule(end, low, high)


def _joined(rules: Iterable[Rule]) -> list[Rule]:
    """Joins line segments that continue each other."""
    joined: list[Rule] = []
    for rule in sorted(rules, key=lambda rule: (round(rule.at / _NEAR), rule.start)):
        last = joined[-1] if joined else None
        if last is not None and abs(last.at - rule.at) < _NEAR and rule.start < last.end + _NEAR:
            joined[-1] = Rule(last.at, last.start, max(last.end, rule.end))
        else:
            joined.append(rule)
    return joined


def _meeting(vertical: list[Rule], horizontal: list[Rule]) -> Iterator[tuple[list[Rule], list[Rule]]]:
    """Yields the groups of lines that are connected by crossings, as (vertical, horizontal)."""
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
    """Returns (table, words outside of it). The table is None if the lines have another purpose, as in a chart."""
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
    """Returns the borders between columns that cross the word."""
    return range(bisect_right(grid.xs, word.left + _NEAR), bisect_left(grid.xs, word.right - _NEAR))


def _without_blank_rows(grid: _Grid, cells: Cells, covered: dict[Place, Place]) -> RuledTable:
    """Returns the table without blank rows. A row of the grid with several rows of text is split."""
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
    """Splits a row of the grid into the rows of text in it. Rows of wrapped text stay together.

    Many tables have lines around them and below the header, but none between rows.
    """
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
    # Cells that wrap beside each other look like rows, but most of their lines are not labelled.
    first = next(index for index, cell in enumerate(row) if cell)
    if 2 * sum(bool(cells[first]) for cells in split) <= len(split):
        return [row]
    return _with_wrapped(split)


def _with_wrapped(rows: list[list[list[Word]]]) -> list[list[list[Word]]]:
    """Joins a line that has only a part of a wrapped label to its neighbour."""
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
    """Whether most of the borders between columns are drawn: some lines in a table divide only a part of it."""
    middles = [(above + below) / 2 for above, below in pairwise(grid.ys)]
    drawn = sum(grid.vertical.at(edge, middle) for edge in range(len(grid.xs)) for middle in middles)
    return drawn > _LEAST_DRAWN * len(grid.xs) * len(middles)


def cell_box(words: Sequence[Word]) -> Box:
    return union([word.box for word in words])
