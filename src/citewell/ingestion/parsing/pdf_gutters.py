"""Finds columns between gutters, which are vertical blank strips, and the words in each. `gutter` is the least width of
a gutter, in points.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise

from citewell.ingestion.parsing.pdf_head_groups import Span, columns_under
from citewell.ingestion.parsing.pdf_lines import CURRENCIES, TextLine, is_in_brackets, lines_of
from citewell.ingestion.parsing.pdf_text import Word

_SIGNS = (*CURRENCIES, "(", "$(")
_ENDS = (")", "%", ")%")
Cells = list[list[Word]]


def find_columns(bands: Sequence[Sequence[TextLine]], gutter: float) -> list[Span]:
    """Returns (left, right) of each column. Labels over several columns are left out."""
    columns: list[Span] = []
    lines = [line for band in bands for line in band]
    left = min(line.box[0] for line in lines)
    several = [
        line for line in lines if len(line.cells) > 1 or (line.box[0] > left + gutter and not is_in_brackets(line.text))
    ]
    for start, end in sorted(_span(words) for line in several for words in split_at_gaps(line, 0.0)):
        if columns and start - columns[-1][1] < gutter:
            columns[-1] = (columns[-1][0], max(columns[-1][1], end))
        else:
            columns.append((start, end))
    return columns


def _span(words: Sequence[Word]) -> Span:
    return (words[0].left, words[-1].right)


def split_at_gaps(line: TextLine, gutter: float) -> Iterator[list[Word]]:
    """Yields the words of a line between gaps. A sign stays with its number."""
    part = [line.words[0]]
    for number, (before, word) in enumerate(pairwise(line.words), start=1):
        if word.left - before.right >= gutter:
            opens = before.text in _SIGNS and not (number > 1 and line.ends_value(number - 1))
            if not opens and word.text not in _ENDS and not line.ends_value(number):
                yield part
                part = []
        part.append(word)
    yield part


def column_of(words: Sequence[Word], edges: Sequence[float]) -> int | None:
    """Returns the column in which the words stand; None if they run over an edge."""
    left, right = (bisect_right(edges, at) for at in _span(words))
    return left if left == right else None


def cells_of(lines: Sequence[TextLine], edges: Sequence[float], gutter: float) -> Cells:
    """Returns the words of a row in each column, line by line."""
    columns: list[list[Word]] = [[] for _ in range(len(edges) + 1)]
    for line in lines:
        pieces = list(split_at_gaps(line, gutter))
        for words in pieces:
            if len(pieces) == 1 and column_of(words, edges) is None:  # a label over several columns
                columns[0 if is_in_brackets(line.text) else bisect_right(edges, words[0].left)] += words
                continue
            for word in words:
                columns[bisect_right(edges, (word.left + word.right) / 2)].append(word)
    return [[word for line in lines_of(words) for word in line.words] for words in columns]


def head_cells(line: TextLine, columns: Sequence[Span], gutter: float) -> tuple[Cells, dict[int, int]]:
    """Returns the words of a header line in each column, and for each further column under a text the column where the
    text begins.
    """
    cells: Cells = [[] for _ in columns]
    over: dict[int, int] = {}
    heads = []
    for words in split_at_gaps(line, gutter):
        alone = len(words) == len(line.words) and is_in_brackets(line.text)
        if alone or sum(_span(words)) / 2 < (columns[0][1] + columns[1][0]) / 2:
            cells[0] += words
        else:
            heads.append(words)
    under = columns_under([_span(words) for words in heads], range(1, len(columns)), columns)
    for words, group in zip(heads, under, strict=True):
        cells[group[0]] += words
        over |= dict.fromkeys(group[1:], group[0])
    return cells, over
