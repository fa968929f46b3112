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
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from citewell.db.engine import Database
from citewell.models.base import Base

log = structlog.get_logger(__name__)

# Each behind those that it refers to.
TABLES = ("users", "tokens", "user_sessions", "project_permissions")
_CHANNEL = "citewell_accounts"
_LEADER = 0x63_77_63_61  # the advisory lock of the one process that copies into a cell
_BATCH = 2_000
_COMPARE_SECONDS = 600.0
_RETRY_SECONDS = 2.0
_NO_ID = UUID(int=0)
# Somebody who was removed and signed up again may have the address under another id.
_SAME_ADDRESS = text(
    "DELETE FROM users here USING json_populate_recordset(NULL::users, CAST(:rows AS json)) s"
    " WHERE here.email = s.email AND here.id <> s.id"
)
_WIDGETS = "email LIKE '%@widget.invalid'"
# Of each table, the rows in a cell that the home cell knows nothing of.
_LOCAL = {
    "users": _WIDGETS,
    "project_permissions": f"user_id IN (SELECT id FROM users WHERE {_WIDGETS})",  # noqa: S608 - no value in it
}


class AccountCopies:
    """The copies in one cell."""

    def __init__(self, home: Database, cell: Database) -> None:
        self._home = home
        self._cell = cell
        self._known: set[UUID] = set()

    async def ensure_user(self, user_id: UUID) -> None:
        """Have the cell know the user. Does nothing while the home cell is away."""
        if user_id in self._known or self._home.is_away:
            return
        await self.copy("users", [user_id])
        self._known.add(user_id)

    async def copy_project(self, project_id: UUID) -> None:
        """Have the cell know who may do what in a project that is new there."""
        rows = await self._home.direct.fetch(
            "SELECT id, user_id FROM project_permissions WHERE project_id = %(project)s", {"project": project_id}
        )
        await self.copy("users", sorted({row.user_id for row in rows}))
        await self.copy("project_permissions", [row.id for row in rows])

    async def copy(self, table: str, ids: Sequence[UUID]) -> None:
        """Make these rows in the cell what they are at home, or remove them."""
        for start in range(0, len(ids), _BATCH):
            some = list(ids[start : start + _BATCH])
            async with self._home.autocommit() as connection:
                found = await connection.execute(_read(table, "t.id = ANY(:ids)"), {"ids": some})
                rows = [row.line for row in found]
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
        more = f"ORDER BY t.id LIMIT {_BATCH}"
        seen = text(f"SELECT t.id FROM {table} t WHERE t.id > :last {more}")  # noqa: S608 - one of TABLES
        async with self._cell.autocommit() as connection:
            here = list(await connection.scalars(seen, {"last": last}))
        async with self._home.autocommit() as connection:
            there = (await connection.execute(_read(table, "t.id > :last", more), {"last": last})).all()
        ends = [ids[-1] for ids in (here, [row.id for row in there]) if len(ids) == _BATCH]
        upper = min(ends, default=None)
        rows = [row.line for row in there if upper is None or row.id <= upper]
        await self._store(table, rows, [id_ for id_ in here if upper is None or id_ <= upper])
        return upper

    async def _store(self, table: str, rows: list[str], wanted: Sequence[UUID]) -> None:
        """Write the rows; remove the others that were wanted."""
        ids = [msgspec.json.decode(line)["id"] for line in rows]
        local = f" AND NOT ({_LOCAL[table]})" if table in _LOCAL else ""
        gone = text(
            f"DELETE FROM {table} WHERE id = ANY(:wanted) AND id <> ALL(CAST(:ids AS uuid[])){local}"  # noqa: S608
        )
        async with self._cell.write() as session:
            await session.execute(gone, {"wanted": list(wanted), "ids": ids})
            written = {"rows": f"[{','.join(rows)}]"}
            if rows and table == "users":
                await session.execute(_SAME_ADDRESS, written)
            if rows:
                await session.execute(_WRITE[table], written)

    async def run(self) -> None:
        """Until cancelled: be the one who copies, or wait to become it."""
        while True:
            try:
                await self._lead()
            except (SQLAlchemyError, psycopg.Error, OSError) as error:
                log.warning("accounts_not_copied", reason=str(error).split("\n", 1)[0])
            await asyncio.sleep(_RETRY_SECONDS)

    async def _lead(self) -> None:
        """Raises psycopg's or SQLAlchemy's errors when one of the two cells is away."""
        connect = psycopg.AsyncConnection.connect
        async with await connect(self._cell.libpq_url, autocommit=True) as guard:
            locked = await guard.execute(f"SELECT pg_try_advisory_lock({_LEADER})")
            if await locked.fetchone() != (True,):
                return
            async with await connect(self._home.libpq_url, autocommit=True) as listening:
                await listening.execute(f"LISTEN {_CHANNEL}")
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
            await guard.execute("SELECT 1")  # its lock must still be ours


async def watch_accounts(home: Database) -> None:
    """Have the home cell tell of changed accounts, from now on for good."""
    there = text("SELECT EXISTS (SELECT FROM pg_trigger WHERE tgname = :name AND tgrelid = CAST(:table AS regclass))")
    for table in TABLES:
        async with home.write() as session:
            if await session.scalar(there, {"name": "account_changed", "table": table}):
                continue
            await session.execute(
                text(
                    f"CREATE OR REPLACE TRIGGER account_changed AFTER INSERT OR UPDATE OR DELETE ON {table}"
                    " FOR EACH ROW EXECUTE FUNCTION tell_account_change()"
                )
            )


def _read(table: str, condition: str, more: str = "") -> Any:
    return text(f"SELECT t.id, row_to_json(t)::text AS line FROM {table} t WHERE {condition} {more}")  # noqa: S608


def _write(name: str) -> Any:
    table = Base.metadata.tables[name]
    columns = [column.name for column in table.columns if column.name != "deactivated_by_organization_id"]
    key = [column.name for column in table.primary_key.columns]
    others = [column for column in columns if column not in key]
    # Permissions for the projects that are here, tokens and permissions of users who are.
    known = " WHERE EXISTS (SELECT FROM projects p WHERE p.id = s.project_id)" if "project_id" in columns else ""
    return text(
        f"INSERT INTO {name} AS here ({', '.join(columns)}) SELECT {', '.join(columns)}"  # noqa: S608 - our own names
        f" FROM json_populate_recordset(NULL::{name}, CAST(:rows AS json)) s{known}"
        f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {', '.join(f'{c} = excluded.{c}' for c in others)}"
        f" WHERE ({', '.join(f'here.{c}' for c in others)}) IS DISTINCT FROM"
        f" ({', '.join(f'excluded.{c}' for c in others)})"
    )


_WRITE = {name: _write(name) for name in TABLES}
