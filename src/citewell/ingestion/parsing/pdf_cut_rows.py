"""Joins rows of ruled tables that a page break cuts: their cells go on at the top of the next page."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from citewell.ingestion.parsing.pdf_heads import same_columns
from citewell.ingestion.parsing.pdf_join import LineJoiner
from citewell.ingestion.parsing.pdf_lines import TextLine, lines_of
from citewell.ingestion.parsing.pdf_ruling import RuledTable
from citewell.ingestion.parsing.pdf_text import Word

_ENDS = (".", "!", "?", ":", ";", "。", ")")
_LEAST_LETTERS = 3


def join_cut_row(table: RuledTable, following: RuledTable, joiner: LineJoiner) -> None:
    """Moves the rest of the last row from the table on the next page to the row where it begins.

    The words stand where the row begins: the place of the rest is not kept.
    """
    if not (table.rows and following.rows and same_columns(_spans(table), _spans(following))):
        return
    at = 1 if len(following.rows) > 1 and _text(following.rows[0]) == _text(table.rows[0]) else 0
    last, rest = table.rows[-1], following.rows[at]
    if len(table.rows) < 2 or not _goes_on(last, rest):
        return
    for cell, more in zip(last, rest, strict=True):
        if more:
            words = joiner.paragraph([TextLine([cell[-1]]), *lines_of(more)])[0]
            cell[-1] = replace(cell[-1], text=words)
    del following.rows[at]
    following.covered = {
        (row - (row > at), column): (first - (first > at), begin)
        for (row, column), (first, begin) in following.covered.items()
        if row != at and first != at
    }


def _spans(table: RuledTable) -> list[tuple[float, float]]:
    return list(pairwise(table.edges))


def _text(row: Sequence[Sequence[Word]]) -> list[list[str]]:
    return [[word.text for word in cell] for cell in row]


def _goes_on(last: Sequence[Sequence[Word]], rest: Sequence[Sequence[Word]]) -> bool:
    """Whether the row on the next page has no label, some of its other cells are empty, and sentences go on in it."""
    filled = [(cell, more) for cell, more in zip(last, rest, strict=True) if more]
    if rest[0] or not last[0] or not filled or any(not cell for cell, _ in filled):
        return False
    if len(rest) > 2 and len(filled) == len(rest) - 1 and not all(_is_open(*pair) for pair in filled):
        return False
    return any(_is_open(*pair) for pair in filled) and not any(word.confidence for cell in last for word in cell)


def _is_open(cell: Sequence[Word], more: Sequence[Word]) -> bool:
    """Whether the text of the cell is unfinished, and the other one may go on with it."""
    end, begin = cell[-1].text, more[0].text
    letters = sum(map(str.isalpha, "".join(word.text for word in more)))
    return letters >= _LEAST_LETTERS and len(cell) > 1 and (begin[:1].islower() or not end.endswith(_ENDS))
