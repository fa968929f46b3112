"""Balances: the lines of one side of a balance sheet, and the rows of a note that make up one of them, such as
inventories or debt: those above the line that states the same amount."""

from collections.abc import Iterator, Sequence
from datetime import date

from citewell.agent.reading import cells
from citewell.agent.reading.cells import Found
from citewell.agent.reading.document import Opened
from citewell.agent.reading.head_words import is_temporal
from citewell.agent.reading.question import Group
from citewell.agent.reading.rows import LIGHT, holds, terms
from citewell.agent.reading.tables import Row, Table, number
from citewell.search.analyse import query_terms
from citewell.search.concepts import concept, plain_label

_MOST, _LEAST = 8, 2  # rows that make up a balance
_ASSETS, _LIABILITIES = (frozenset(query_terms(word, ["en"])) for word in ("assets", "liabilities"))
_TOTAL, _EQUITY = (frozenset(query_terms(word, ["en"])) for word in ("total", "equity"))


def side(document: Opened, asked: Sequence[Group], end: date | None) -> list[Found]:
    """The lines of the assets or the liabilities of the balance sheet of a day, without totals; none where the question
    names neither."""
    named = [words for group in asked for words in (_ASSETS, _LIABILITIES) if words in group.alternatives]
    table = next((one for one in document.tables if _place(one.rows, "total_assets")), None)
    if len(named) != 1 or table is None:
        return []
    assets = _place(table.rows, "total_assets") or 0
    others = table.rows[assets + 1 :]
    liabilities = _place(others, "total_liabilities") or _place(others, "equity")
    rows = table.rows[:assets] if named[0] == _ASSETS else others[:liabilities]
    found = [
        Found(table, row, index, cells.dated(table, row, index), 1.0)
        for row in rows
        for index, cell in enumerate(row.cells)
        if cell is not None and number(cell.text) is not None
        if not terms(row.label) & _TOTAL and not terms(row.section) & _EQUITY
    ]
    return [one for one in found if one.period.end is not None and one.period.end == end]


def _place(rows: Sequence[Row], name: str) -> int | None:
    """Where the row of a concept stands."""
    return next((place for place, row in enumerate(rows) if plain_label(row.label) in concept(name)["rows"]), None)


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
