"""Divides tables that stand directly below each other, without text between them, where a second header begins."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from citewell.ingestion.parsing.pdf_heads import has_number, is_date
from citewell.ingestion.parsing.pdf_lines import TextLine, is_in_brackets

_LEAST_LINES = 5
_LABELS = 0.2  # of the width of the table: what begins further right is no label
_NEAR = 4  # lines: a header row has a row with values this near below it
_SLACK = 0.1  # of the font size


def tables_in(lines: Sequence[TextLine]) -> list[Sequence[TextLine]]:
    """Returns the lines of each table. A header names dates or is bold, and has no label at its left."""
    if len(lines) < _LEAST_LINES:
        return [lines]
    left, right = min(line.box[0] for line in lines), max(line.box[2] for line in lines)
    edge = left + _LABELS * (right - left)
    gaps = [below.box[1] - above.box[3] for above, below in pairwise(lines)]
    usual = median(gaps) - _SLACK * lines[0].size
    starts = [0]
    for index in range(2, len(lines)):
        if not _is_header(lines, index, edge):
            continue
        start = index
        while start > starts[-1] and _heads(lines[start - 1], edge):
            start -= 1
        if start > 1 and is_in_brackets(lines[start - 1].text):
            start -= 1
        above = lines[starts[-1] : start]
        if any(_is_row(line, edge) for line in above) and gaps[start - 1] > usual:
            starts.append(start)
    return [lines[start:end] for start, end in pairwise([*starts, len(lines)])]


def _is_header(lines: Sequence[TextLine], index: int, edge: float) -> bool:
    line = lines[index]
    if len(line.cells) < 2 or not _heads(line, edge):
        return False
    below = lines[index + 1 : index + 1 + _NEAR]
    dated = any(is_date(cell) for cell in line.row)
    bold = line.bold and not all(other.bold for other in below)
    return (dated or bold) and any(_is_row(other, edge) for other in below)


def _heads(line: TextLine, edge: float) -> bool:
    """Whether the line may be a part of a header: it has neither a label nor numbers."""
    return line.box[0] > edge and not any(has_number(cell) for cell in line.row)


def _is_row(line: TextLine, edge: float) -> bool:
    return line.box[0] < edge and len(line.cells) > 1 and any(has_number(cell) for cell in line.row[1:])
