"""Pages of long lists: one statement for the rows, and one for their number.

`read_page` is for the lists that are read most. Its statements go straight to the driver and their results straight to
the wire, and it counts only if the page does not tell the number. `select_page` is for all others.
"""

import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import ColumnExpressionArgument, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.engine import Database

Row = TypeVar("Row")

# A count from this size on may be this old: counting 100,000 rows takes 10 ms, and nobody checks the last digit.
LARGE_COUNT = 10_000
_FRESH_SECONDS = 1.0
_MAX_KEPT = 1000
# A count with a text filter ends here, because it has to read each row.
MOST_COUNTED = 10_000


@dataclass
class Selection:
    """`SELECT columns FROM source WHERE conditions ORDER BY order`; parameters are written `%(name)s`.

    `source` must give each row once. `joins` must neither add nor drop rows: the count leaves them out.
    """

    columns: str
    source: str
    order: str
    joins: str = ""
    conditions: list[str] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)
    count_at_most: int | None = None

    def where(self, condition: str, **parameters: Any) -> None:
        self.conditions.append(condition)
        self.parameters.update(parameters)

    def rows_statement(self) -> str:
        return (
            f"SELECT {self.columns} FROM {self.source} {self.joins} WHERE {self._where()}"  # noqa: S608
            f" ORDER BY {self.order} LIMIT %(limit)s OFFSET %(offset)s"
        )

    def count_statement(self) -> str:
        limit = f" LIMIT {self.count_at_most}" if self.count_at_most is not None else ""
        counted = f"SELECT FROM {self.source} WHERE {self._where()}{limit}"
        return f"SELECT count(*) AS n FROM ({counted}) AS counted"  # noqa: S608

    def _where(self) -> str:
        return " AND ".join(self.conditions)


class Counts:
    """A cache of large counts, each kept for a second."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Any, tuple[float, int]] = OrderedDict()

    def get(self, key: Any) -> int | None:
        found = self._kept.get(key)
        return found[1] if found is not None and time.monotonic() - found[0] < _FRESH_SECONDS else None

    def put(self, key: Any, count: int) -> None:
        if count < LARGE_COUNT:
            return
        self._kept[key] = time.monotonic(), count
        self._kept.move_to_end(key)
        while len(self._kept) > _MAX_KEPT:
            self._kept.popitem(last=False)


_counts = Counts()


async def read_page(database: Database, selection: Selection, limit: int, offset: int) -> tuple[int, list[Any]]:
    """(the number of all rows, the rows of the page as named tuples)."""
    parameters = selection.parameters | {"limit": limit + 1, "offset": offset}
    rows = await database.fetch(selection.rows_statement(), parameters)
    if len(rows) <= limit and (rows or not offset):
        return offset + len(rows), rows  # the page is the last one
    statement = selection.count_statement()
    key = (database.url, statement, _hashable(selection.parameters))
    count = _counts.get(key)
    if count is None:
        count = (await database.fetch(statement, selection.parameters))[0].n
        _counts.put(key, count)
    return count, rows[:limit]


async def select_page(
    session: AsyncSession, query: Select[Row], limit: int, offset: int, *order: ColumnExpressionArgument[Any]
) -> tuple[int, list[Row]]:
    """Returns (number of all rows of the query, those of the page in this order), for lists that are seldom read."""
    count = await session.scalar(select(func.count()).select_from(query.subquery()))
    rows = await session.scalars(query.order_by(*order).limit(limit).offset(offset))
    return count or 0, list(rows)


def _hashable(parameters: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple((name, tuple(value) if isinstance(value, list) else value) for name, value in parameters.items())
