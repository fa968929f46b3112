"""Labels that stand once beside several rows of a table without lines: at their top, middle or foot."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from citewell.ingestion.parsing.pdf_tables import Row, is_value

_LEAST_COLUMNS = 3  # the labels of groups, the names of rows, and at least one column of values
_LONGEST_NAME = 30  # characters of a row's name with a number
_LEAST_GROUPS = 2  # of rows; one is enough if its label is between its rows
_SLACK = 0.3  # of the distance between two rows
# Rows that may belong to all groups and not to the last one.
_SUMS = (
    "total", "totals", "sum", "subtotal", "sub-total", "all", "gesamt", "summe", "insgesamt", "somme", "suma", "totale",
    "итого", "合計", "合计",
)  # fmt: skip
_POSITION = re.compile(r"\d{1,3}\.?")
_Groups = list[tuple[int, int]]  # (first row, row after the last)


def with_labels_in_each_row(rows: Sequence[Row], columns: int) -> list[list[str]] | None:
    """Returns the cells of the rows, with the label of a group repeated in each of its rows; None if there is no group.

    `rows` are those below the header. The label of two rows may be on a line between them. If several groupings are
    possible, the one with groups of equal size is taken; if there is none, the result is None.
    """
    grid = [row for row in rows if len(row.cells) > 1]
    least = _LEAST_GROUPS if len(grid) == len(rows) else 1
    if columns < _LEAST_COLUMNS or len(grid) <= least or not all(_is_regular(row, columns) for row in grid):
        return None
    labels = [(row.cells[0], _middle(row)) for row in rows if row.cells[0]]
    if len(labels) < least or all(row.cells[0] for row in grid):
        return None
    if all(_POSITION.fullmatch(label) for label, _ in labels):  # item numbers of an invoice, which belong to one row
        return None
    groups = _groups(grid, [middle for _, middle in labels], on_rows=len(grid) == len(rows))
    if groups is None:
        return None
    cells = []
    for (label, _), (start, end) in zip(labels, groups, strict=True):
        cells += [[label if not _is_sum(row) else row.cells[0], *row.cells[1:]] for row in grid[start:end]]
    return cells


def _is_regular(row: Row, columns: int) -> bool:
    """Whether only the label may be missing, and the next cell names the row."""
    return len(row.cells) == columns and all(row.cells[1:]) and _is_name(row.cells[1])


def _is_name(cell: str) -> bool:
    """Whether the cell is a name, which may be numbered, such as "Boiler 2"."""
    letters, digits = sum(map(str.isalpha, cell)), sum(map(str.isdigit, cell))
    return not is_value(cell) or (letters > digits and len(cell) <= _LONGEST_NAME)


def _is_sum(row: Row) -> bool:
    return row.cells[1].lower().split()[0].strip(":.") in _SUMS


def _middle(row: Row) -> float:
    box = row.lines[0].box
    return (box[1] + box[3]) / 2


def _groups(grid: Sequence[Row], labels: Sequence[float], *, on_rows: bool) -> _Groups | None:
    """Returns the rows of each label, by the vertical positions of both.

    Rows without a label belong to the row above, as people read it, unless the labels are in the middle of their rows.
    """
    heights = [_middle(row) for row in grid]
    found = [_in_the_middle(heights, labels)]
    if on_rows:
        places = [heights.index(label) for label in labels]
        if places[0] == 0:
            found.append([*pairwise([*places, len(grid)])])
        elif places[-1] == len(grid) - 1:
            found.append([*pairwise([0, *(place + 1 for place in places)])])
    possible = [groups for groups in found if groups is not None]
    if len(possible) > 1:
        possible = [groups for groups in possible if len({end - start for start, end in groups}) == 1]
    return possible[0] if len(possible) == 1 else None


def _in_the_middle(heights: Sequence[float], labels: Sequence[float]) -> _Groups | None:
    """Returns consecutive groups with their labels in the middle; None if there are none."""
    groups = list(_centred(heights, labels))
    return groups if len(groups) == len(labels) and groups[-1][1] == len(heights) else None


def _centred(heights: Sequence[float], labels: Sequence[float]) -> Iterator[tuple[int, int]]:
    slack = _SLACK * min((below - above for above, below in pairwise(heights)), default=0.0)
    start = 0
    for label in labels:
        ends = (
            end for end in range(start + 1, len(heights) + 1) if (heights[start] + heights[end - 1]) / 2 > label - slack
        )
        end = next(ends, None)
        if end is None or (heights[start] + heights[end - 1]) / 2 > label + slack:
            return
        yield start, end
        start = end
