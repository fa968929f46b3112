"""Rows of RTF tables: a cell over several rows has its words in each, one over several columns in the first."""

from collections.abc import Sequence
from dataclasses import dataclass

_NEAR = 30  # twentieths of a point: edges of one column in different rows


@dataclass(frozen=True)
class CellFormat:
    """How a row defines a cell: its right edge in twentieths of a point, and whether it continues the cell above."""

    right: int
    follows_above: bool = False


@dataclass(frozen=True)
class RtfRow:
    """The words of its cells, and what the file says of them; `formats` may be of another number."""

    cells: list[str]
    formats: tuple[CellFormat, ...]


def filled(rows: Sequence[RtfRow]) -> list[list[str]]:
    """The words of all cells. Empty ones stand behind a wide cell where the rows agree on the table's columns."""
    edges = _edges(rows)
    above: dict[int, str] = {}  # the words in the row above, by the left edge of their cell
    table = []
    for row in rows:
        if len(row.cells) != len(row.formats):
            table.append(row.cells)
            continue
        cells: list[str] = []
        here: dict[int, str] = {}
        left = 0
        for text, form in zip(row.cells, row.formats, strict=True):
            if not text and form.follows_above:
                text = next((words for edge, words in above.items() if abs(edge - left) <= _NEAR), "")
            here[left] = text
            wide = sum(left + _NEAR < edge <= form.right + _NEAR for edge in edges)
            cells += [text, *[""] * (wide - 1)]
            left = form.right
        above = here
        table.append(cells)
    return table


def _edges(rows: Sequence[RtfRow]) -> list[int]:
    """The right edges of the columns; none where the rows have no common ones."""
    edges: list[int] = []
    for right in sorted({form.right for row in rows for form in row.formats}):
        if not edges or right - edges[-1] > _NEAR:
            edges.append(right)
    return edges if len(edges) == max(len(row.formats) for row in rows) else []
