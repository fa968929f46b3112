"""Finds rows of tables without ruling lines whose cells have several lines of text, vertically centred, as browsers
print them: the lines of one cell are at the height of the gaps between those of another.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

from citewell.ingestion.parsing.pdf_lines import TextLine, lines_of, union
from citewell.ingestion.parsing.pdf_ruling import RuledTable
from citewell.ingestion.parsing.pdf_text import Word

_OVERLAP = 0.25  # of the font size: the least vertical overlap of lines side by side
_CLEAR = 0.1  # of the font size: by which gaps between rows must exceed those between lines
_GUTTER = 0.4  # of the font size: the least gap between two columns, wider than a space
_MOST_LINES = 40  # of a row


def lines_beside(lines: Sequence[TextLine], rows: set[int]) -> set[int]:
    """Returns the indexes of further lines beside lines of a table, at overlapping heights."""
    found: set[int] = set()
    for index in range(len(lines)):
        near = (at for at in (index - 1, index + 1) if 0 <= at < len(lines))
        if index not in rows and any(at in rows and _are_beside(lines[index], lines[at]) for at in near):
            found.add(index)
    return found


def tall_rows(lines: Sequence[TextLine]) -> RuledTable | None:
    """Returns the table of the lines; None if no lines are side by side, or the rows cannot be told apart."""
    triples = [
        (above, middle, below)
        for above, middle, below in zip(lines, lines[1:], lines[2:], strict=False)
        if _are_beside(above, middle) and _are_beside(middle, below)
    ]
    if not triples or any(_is_label_of_two(*triple) for triple in triples):
        return None
    within = [below.box[1] - above.box[3] for above, _, below in triples]
    size = max(line.size for line in lines)
    rows = _divided(lines, max(*within, 0.0) + _CLEAR * size)
    columns = _columns(lines, _GUTTER * size) or _columns([line for row in rows[1:] for line in row], _GUTTER * size)
    if len(rows) < 2 or len(columns) < 2 or max(map(len, rows)) > _MOST_LINES:
        return None
    cells = [[_cell(row, left, right) for left, right in pairwise([0.0, *_edges(columns)])] for row in rows]
    return RuledTable(union([line.box for line in lines]), cells, [0.0, *_edges(columns)])


def _is_label_of_two(above: TextLine, middle: TextLine, below: TextLine) -> bool:
    """Whether the middle line is a label to the left of two rows, which have several cells each."""
    several = min(len(above.cells), len(below.cells)) > 1
    return several and middle.box[2] < min(above.box[0], below.box[0])


def _are_beside(one: TextLine, other: TextLine) -> bool:
    height = min(one.box[3], other.box[3]) - max(one.box[1], other.box[1])
    return height > _OVERLAP * min(one.size, other.size) and not _overlap(one, other)


def _overlap(one: TextLine, other: TextLine) -> bool:
    """Whether a word of one line overlaps horizontally with a word of the other."""
    rights = [-math.inf, -math.inf]  # of the words of each line so far
    words = [(word.left, word.right, number) for number, line in enumerate((one, other)) for word in line.words]
    for left, right, number in sorted(words):
        if left < rights[1 - number]:
            return True
        rights[number] = max(rights[number], right)
    return False


def _divided(lines: Sequence[TextLine], gap: float) -> list[list[TextLine]]:
    """Returns runs of lines without a gap wider than `gap` between them."""
    rows: list[list[TextLine]] = []
    bottom = 0.0
    for line in lines:
        if rows and line.box[1] - bottom <= gap:
            rows[-1].append(line)
            bottom = max(bottom, line.box[3])
        else:
            rows.append([line])
            bottom = line.box[3]
    return rows


def _columns(lines: Sequence[TextLine], gutter: float) -> list[tuple[float, float]]:
    """Returns (left, right) of the columns between vertical blank strips; [] if there are no such strips."""
    columns: list[tuple[float, float]] = []
    for left, right in sorted((word.left, word.right) for line in lines for word in line.words):
        if columns and left - columns[-1][1] < gutter:
            columns[-1] = (columns[-1][0], max(columns[-1][1], right))
        else:
            columns.append((left, right))
    return columns if len(columns) > 1 else []


def _edges(columns: Sequence[tuple[float, float]]) -> list[float]:
    between = [(before[1] + after[0]) / 2 for before, after in pairwise(columns)]
    return [*between, columns[-1][1] + 1000]


def _cell(row: Sequence[TextLine], left: float, right: float) -> list[Word]:
    """Returns the words of a row in a column, line by line."""
    inside = [word for line in row for word in line.words if left <= (word.left + word.right) / 2 < right]
    return [word for line in lines_of(inside) for word in line.words]
