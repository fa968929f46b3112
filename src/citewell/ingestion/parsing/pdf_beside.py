"""Finds lines that stand side by side, at overlapping heights."""

import math
from collections.abc import Sequence

from citewell.ingestion.parsing.pdf_lines import TextLine

_OVERLAP = 0.25  # of the font size: the least vertical overlap of lines side by side


def lines_beside(lines: Sequence[TextLine], rows: set[int]) -> set[int]:
    """Returns the indexes of further lines beside lines of a table, at overlapping heights."""
    found: set[int] = set()
    for index in range(len(lines)):
        near = (at for at in (index - 1, index + 1) if 0 <= at < len(lines))
        if index not in rows and any(at in rows and _are_beside(lines[index], lines[at]) for at in near):
            found.add(index)
    return found


def are_one_row(line: TextLine, other: TextLine) -> bool:
    """Whether two lines of about the same size are side by side, at overlapping heights."""
    return line.box[1] < other.box[3] and abs(line.size - other.size) < 0.15 * other.size and _are_beside(line, other)


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
