"""Balances in the notes: a line of the balance sheet, such as inventories or debt, is made up of the rows of a table
whose last line states the same amount."""

from collections.abc import Iterator

from citewell.agent.reading import cells
from citewell.agent.reading.cells import Found
from citewell.agent.reading.document import Opened
from citewell.agent.reading.head_words import is_temporal
from citewell.agent.reading.rows import LIGHT, holds, terms
from citewell.agent.reading.tables import Row, Table, number

_MOST, _LEAST = 8, 2  # rows that make up a balance


def parts(document: Opened, name: str, balance: Found) -> list[Found]:
    """Returns the rows of another table that add up to a balance, at its last day; empty if no table has them."""
    if balance.value is None:
        return []
    for table in document.tables:
        if table is balance.table:
            continue
        for place, row in enumerate(table.rows):
            if (column := _column(table, row, name, balance)) is not None:
                found = list(_above(table, place, column))[-_MOST:]
                if len(found) >= _LEAST:
                    return found
    return []


def _column(table: Table, row: Row, name: str, balance: Found) -> int | None:
    """Returns the column in which a row states the balance: on the same day, with a label for it or for a total."""
    if not (holds(row.label, name) or terms(row.label) <= LIGHT):
        return None
    for index, cell in enumerate(row.cells):
        if cell is None or index >= len(table.columns) or number(cell.text) != balance.value:
            continue
        period = cells.dated(table, row, index)
        if period.end is not None and period.end == balance.period.end:
            return index
    return None


def _above(table: Table, place: int, column: int) -> Iterator[Found]:
    """Returns the cells above a row in its column, up to the nearest empty one."""
    for row in table.rows[:place]:
        cell = row.cells[column] if column < len(row.cells) else None
        if cell is not None and row.label and not is_temporal(row.label) and number(cell.text) is not None:
            yield Found(table, row, column, cells.dated(table, row, column), 0.0)
