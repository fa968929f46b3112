"""Finds the cells of tables with narrow gaps between the columns, by words that are aligned at their left edge, or
numbers at their right edge.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from citewell.ingestion.parsing.pdf_lines import TextLine
from citewell.ingestion.parsing.pdf_text import Word

_LEAST_GAP = 0.4  # of the font size: wider than a space
_TWO_SPACES = 0.8  # of the font size, in monospaced type
_ALIGNED = 0.8  # points
_LEAST_ROWS, _LEAST_OF_TWO = 3, 4  # rows of a table with several columns, and with two
_NEAR = 1.2  # of the font size, between two lines of a table
_FLUSH = 0.6  # share of the lines: if so many end at the same x, the text is justified
_EVEN = 0.02  # of the font size: the largest difference of letter widths in monospaced type
_NUMBER = re.compile(r"[-–+(]?[$€£¥]?\d[\d.,'’]*[)%]?|[-–—]")
_COUNTED = re.compile(r"[(\[]?(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z]|[ivxlcIVXLC]{1,6})[.)\]:]?|[•●▪◦‣∙·■□○➢✓–—-]")
_MOST_HEADS = 2  # header lines above the numbers of a column
_Edge = tuple[float, int, int]  # x, and the indexes of line and word
Places = dict[int, int]  # the index of a word, by that of its line


def with_aligned_cells(lines: Sequence[TextLine]) -> list[TextLine]:
    """Returns the lines, with the cells of tables with narrow gaps marked (`TextLine.begins`)."""
    found = list(lines)
    for start, end in _runs(lines):
        for line, places in _cuts(lines[start:end]).items():
            found[start + line] = TextLine(lines[start + line].words, frozenset(places))
    return found


def _runs(lines: Sequence[TextLine]) -> Iterator[tuple[int, int]]:
    """Yields (first line, line after the last) of each run of lines that are close below each other."""
    start = 0
    for index in range(1, len(lines) + 1):
        if index == len(lines) or not _follows(lines[index - 1], lines[index]):
            if index - start >= _LEAST_ROWS:
                yield start, index
            start = index


def _follows(above: TextLine, line: TextLine) -> bool:
    size = line.size
    near = -0.5 * size < line.box[1] - above.box[3] < _NEAR * size
    return near and abs(above.size - size) < 0.15 * size and line.box[0] < above.box[2] and above.box[0] < line.box[2]


def _is_monospaced(lines: Sequence[TextLine]) -> bool:
    """Whether the type is monospaced: there, words of prose are often aligned by chance."""
    widths = [
        (word.right - word.left) / (len(word.text) * max(line.size, 1.0))
        for line in lines
        for word in line.words
        if len(word.text) > 2
    ]
    return len(widths) > 1 and max(widths) - min(widths) < _EVEN


def _cuts(lines: Sequence[TextLine]) -> dict[int, set[int]]:
    """Returns the indexes of the words that begin a cell, by the index of their line."""
    columns = [column for group in _groups(lines) for column in _unbroken(lines, group)]
    if columns and _is_monospaced(lines):
        columns = [column for column in columns if _is_clear(lines, column)]
    rows = defaultdict(list)
    for number, column in enumerate(columns):
        for line in column:
            rows[line].append(number)
    cuts: dict[int, set[int]] = defaultdict(set)
    for column in columns:
        beside = sum(len(rows[line]) > 1 or len(lines[line].cells) > 2 for line in column)
        is_table = beside >= _LEAST_ROWS or (len(column) >= _LEAST_OF_TWO and not _is_list(lines, column))
        if is_table and not _is_flush(lines, column):
            for line, word in column.items():
                cuts[line].add(word)
    return cuts


def _is_clear(lines: Sequence[TextLine], column: Places) -> bool:
    """Whether all lines have the gap before the column, most of them wider than a space."""
    wide = sum(
        lines[line].words[at].left - lines[line].words[at - 1].right > _TWO_SPACES * lines[line].size
        for line, at in column.items()
    )
    return len(column) == len(lines) > _LEAST_ROWS and 2 * wide >= len(column)


def _groups(lines: Sequence[TextLine]) -> Iterator[Places]:
    """Yields the possible columns: words after a gap with the same left edge, and numbers after a gap with the same
    right edge, with their header lines.
    """
    begins: list[_Edge] = []
    ends: list[_Edge] = []
    behind_numbers: list[_Edge] = []
    for index, line in enumerate(lines):
        for at in range(1, len(line.words)):
            word = line.words[at]
            before = line.words[at - 1]
            if word.left - before.right >= _LEAST_GAP * line.size:
                begins.append((word.left, index, at))
                ends.append((word.right, index, at))
            elif _NUMBER.fullmatch(before.text) and word.left > before.right and word.text[0].isalpha():
                behind_numbers.append((word.left, index, at))
    yield from _at_one_place(begins)
    yield from _behind_numbers(lines, begins, behind_numbers)
    words_too = _is_monospaced(lines)
    for group in _at_one_place(ends):
        numbers = [line for line, at in group.items() if words_too or _NUMBER.fullmatch(lines[line].words[at].text)]
        if len(numbers) >= _LEAST_ROWS:
            first = min(numbers) - _MOST_HEADS
            yield {line: at for line, at in group.items() if line in numbers or first <= line < min(numbers)}


def _behind_numbers(lines: Sequence[TextLine], begins: Sequence[_Edge], behind: Sequence[_Edge]) -> Iterator[Places]:
    """Yields columns of words that directly follow right-aligned numbers, if their header stands apart from that of the
    numbers. Printed sheets have such columns.
    """
    for group in _at_one_place(behind, 2):
        rights = [lines[line].words[at - 1].right for line, at in group.items()]
        if max(rights) - min(rights) > _ALIGNED:
            continue
        place = lines[min(group)].words[group[min(group)]].left
        beside = {line: at for left, line, at in begins if abs(left - place) <= _ALIGNED}
        if min(group) - 1 in beside and len(group | beside) >= _LEAST_ROWS:
            yield group | beside


def _at_one_place(edges: Sequence[_Edge], least: int = _LEAST_ROWS) -> Iterator[Places]:
    group: list[_Edge] = []
    for edge in [*sorted(edges), (float("inf"), 0, 0)]:
        if group and edge[0] - group[0][0] > _ALIGNED:
            if len(group) >= least:
                yield {line: word for _, line, word in group}
            group = []
        group.append(edge)


def _unbroken(lines: Sequence[TextLine], group: Places) -> Iterator[Places]:
    """Yields the parts of a column between lines that run through it."""
    part: Places = {}
    for line in range(min(group), max(group) + 1):
        if line in group:
            part[line] = group[line]
        elif _runs_through(lines[line], lines[max(part)].words[part[max(part)]] if part else None):
            if len(part) >= _LEAST_ROWS:
                yield part
            part = {}
    if len(part) >= _LEAST_ROWS:
        yield part


def _runs_through(line: TextLine, cell: Word | None) -> bool:
    """Whether a word of the line is in the gap before the cell."""
    return cell is None or any(word.left < cell.left - 1 < word.right + 1 for word in line.words)


def _is_list(lines: Sequence[TextLine], column: Places) -> bool:
    """Whether the lines are a list: most begin with a number or a bullet."""
    counted = sum(
        word == 1 and _COUNTED.fullmatch(lines[line].words[0].text) is not None for line, word in column.items()
    )
    return counted > 0.5 * len(column)


def _is_flush(lines: Sequence[TextLine], column: Places) -> bool:
    """Whether the lines are justified: then wide gaps between words are only spaces."""
    last = [lines[line].words[-1] for line in column if not _NUMBER.fullmatch(lines[line].words[-1].text)]
    edge = max((word.right for word in last), default=0.0)
    flush = sum(edge - word.right < _ALIGNED for word in last)
    return flush > 1 and flush >= _FLUSH * len(column)
