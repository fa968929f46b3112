"""Copies of the accounts of the home cell in another one.

Rows of a cell refer to users; streams look whether their reader's token still holds; and while the home cell is away,
requests are let in by the copies. Otherwise nobody is let in by them: the home cell is asked.

Triggers of the home cell tell which row has changed. Of all processes one copies at a time for each cell; after it has
been away it compares everything. Accounts of widgets live beside their widget and are left alone.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from citewell.cells.repository.accounts import (
    TABLES,
    become_leader,
    create_trigger,
    delete_others,
    fetch_permissions,
    find_ids_after,
    find_rows,
    find_rows_after,
    listen_for_changes,
    tells_changes,
    write_rows,
)
from citewell.cells.repository.connections import ping
from citewell.db.engine import Database

log = structlog.get_logger(__name__)

_BATCH = 2_000
_COMPARE_SECONDS = 600.0
_RETRY_SECONDS = 2.0
_NO_ID = UUID(int=0)


class AccountCopies:
    """The copies in one cell."""

    def __init__(self, home: Database, cell: Database) -> None:
        self._home = home
        self._cell = cell
        self._known: set[UUID] = set()

    async def ensure_user(self, user_id: UUID) -> None:
        """Copies the user to the cell, if missing there. Does nothing while the home cell is away."""
        if user_id in self._known or self._home.is_away:
            return
        await self.copy("users", [user_id])
        self._known.add(user_id)

    async def copy_project(self, project_id: UUID) -> None:
        """Copies the permissions of a project that is new in the cell."""
        rows = await fetch_permissions(self._home, project_id)
        await self.copy("users", sorted({row.user_id for row in rows}))
        await self.copy("project_permissions", [row.id for row in rows])

    async def copy(self, table: str, ids: Sequence[UUID]) -> None:
        """Make these rows in the cell what they are at home, or remove them."""
        for start in range(0, len(ids), _BATCH):
            some = list(ids[start : start + _BATCH])
            async with self._home.autocommit() as connection:
                rows = await find_rows(connection, table, some)
            await self._store(table, rows, some)

    async def compare(self, tables: Sequence[str] = TABLES) -> None:
        """Make all rows in the cell what they are at home."""
        for table in tables:
            last: UUID | None = _NO_ID
            while last is not None:
                last = await self._compare_batch(table, last)

    async def _compare_batch(self, table: str, last: UUID) -> UUID | None:
        """Compare some rows behind `last`; the id of the last one, or None at the end of the table.

        The cell is read first: what it gets while home is read is new, and stays.
        """
        async with self._cell.autocommit() as connection:
            ids_of_cell = await find_ids_after(connection, table, last, _BATCH)
        async with self._home.autocommit() as connection:
            of_home = await find_rows_after(connection, table, last, _BATCH)
        ends = [ids[-1] for ids in (ids_of_cell, [row.id for row in of_home]) if len(ids) == _BATCH]
        upper = min(ends, default=None)
        rows = [row.line for row in of_home if upper is None or row.id <= upper]
        await self._store(table, rows, [id_ for id_ in ids_of_cell if upper is None or id_ <= upper])
        return upper

    async def _store(self, table: str, rows: list[str], wanted: Sequence[UUID]) -> None:
        """Write the rows; remove the others that were wanted."""
        ids = [msgspec.json.decode(line)["id"] for line in rows]
        async with self._cell.write() as session:
            await delete_others(session, table, wanted, ids)
            if rows:
                await write_rows(session, table, rows)

    async def run(self) -> None:
        """Copies changes until cancelled, or waits to become the process that copies."""
        while True:
            try:
                await self._copy_as_leader()
            except (SQLAlchemyError, psycopg.Error, OSError) as error:
                log.warning("accounts_not_copied", reason=str(error).split("\n", 1)[0])
            await asyncio.sleep(_RETRY_SECONDS)

    async def _copy_as_leader(self) -> None:
        """Raises psycopg's or SQLAlchemy's errors when one of the two cells is away."""
        connect = psycopg.AsyncConnection.connect
        async with await connect(self._cell.libpq_url, autocommit=True) as guard:
            if not await become_leader(guard):
                return
            async with await connect(self._home.libpq_url, autocommit=True) as listening:
                await listen_for_changes(listening)
                while True:
                    await self.compare()
                    await self._follow(guard, listening, time.monotonic() + _COMPARE_SECONDS)

    async def _follow(
        self, guard: psycopg.AsyncConnection[Any], listening: psycopg.AsyncConnection[Any], until: float
    ) -> None:
        """Copy what changes, until that time. Raises when a connection is lost."""
        while time.monotonic() < until:
            changed: dict[str, list[UUID]] = defaultdict(list)
            async for told in listening.notifies(timeout=_RETRY_SECONDS, stop_after=1):
                table, _, row = told.payload.partition(" ")
                changed[table].append(UUID(row))
            async for told in listening.notifies(timeout=0):
                table, _, row = told.payload.partition(" ")
                changed[table].append(UUID(row))
            for table in TABLES:
                if table in changed:
                    await self.copy(table, list(dict.fromkeys(changed[table])))
            await ping(guard)  # its lock must still be ours


async def watch_accounts(home: Database) -> None:
    """Makes the home cell notify of changed accounts, from now on."""
    for table in TABLES:
        async with home.write() as session:
            if not await tells_changes(session, table):
                await create_trigger(session, table)
