"""Rows of accounts: read in the home cell, and made the same in another one.

A row is passed on as a line of JSON. `table` is always one of `TABLES`.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from citewell.db.engine import Database
from citewell.models.base import Base

# Each table comes after those that it refers to.
TABLES = ("users", "tokens", "user_sessions", "project_permissions")
_CHANNEL = "citewell_accounts"
_LEADER = 0x63_77_63_61  # the advisory lock of the one process that copies into a cell
# Somebody who was removed and signed up again may have the address under another id.
_SAME_ADDRESS = text(
    "DELETE FROM users here USING json_populate_recordset(NULL::users, CAST(:rows AS json)) s"
    " WHERE here.email = s.email AND here.id <> s.id"
)
_WIDGETS = "email LIKE '%@widget.invalid'"
# For each table, the rows that exist only in a cell and not in the home cell.
_LOCAL = {
    "users": _WIDGETS,
    "project_permissions": f"user_id IN (SELECT id FROM users WHERE {_WIDGETS})",  # noqa: S608 - no value in it
}
_HAS_TRIGGER = text(
    "SELECT EXISTS (SELECT FROM pg_trigger WHERE tgname = :name AND tgrelid = CAST(:table AS regclass))"
)


async def fetch_permissions(home: Database, project_id: UUID) -> list[Any]:
    """(id, user_id) of each permission for the project."""
    return await home.direct.fetch(
        "SELECT id, user_id FROM project_permissions WHERE project_id = %(project)s", {"project": project_id}
    )


async def find_rows(connection: AsyncConnection, table: str, ids: Sequence[UUID]) -> list[str]:
    """Returns those of the rows that exist, as lines."""
    found = await connection.execute(_read(table, "t.id = ANY(:ids)"), {"ids": ids})
    return [row.line for row in found]


async def find_rows_after(connection: AsyncConnection, table: str, last: UUID, limit: int) -> Sequence[Any]:
    """(id, line) of the first rows behind `last`, in order of their ids."""
    return (await connection.execute(_read(table, "t.id > :last", _first(limit)), {"last": last})).all()


async def find_ids_after(connection: AsyncConnection, table: str, last: UUID, limit: int) -> list[UUID]:
    """Returns the first ids behind `last`, in order."""
    seen = text(f"SELECT t.id FROM {table} t WHERE t.id > :last {_first(limit)}")  # noqa: S608 - one of TABLES
    return list(await connection.scalars(seen, {"last": last}))


async def delete_others(session: AsyncSession, table: str, wanted: Sequence[UUID], kept: Sequence[str]) -> None:
    """Delete the wanted rows but those that are kept, and those that the home cell knows nothing of."""
    local = f" AND NOT ({_LOCAL[table]})" if table in _LOCAL else ""
    gone = text(
        f"DELETE FROM {table} WHERE id = ANY(:wanted) AND id <> ALL(CAST(:ids AS uuid[])){local}"  # noqa: S608
    )
    await session.execute(gone, {"wanted": list(wanted), "ids": kept})


async def write_rows(session: AsyncSession, table: str, lines: Sequence[str]) -> None:
    """Insert or update the rows; those whose project or user the cell does not have are left out."""
    written = {"rows": f"[{','.join(lines)}]"}
    if table == "users":
        await session.execute(_SAME_ADDRESS, written)
    await session.execute(_WRITE[table], written)


async def become_leader(cell: psycopg.AsyncConnection[Any]) -> bool:
    """Become the one who copies into the cell, as long as the connection lives. False where another one is."""
    locked = await cell.execute(f"SELECT pg_try_advisory_lock({_LEADER})")
    return await locked.fetchone() == (True,)


async def listen_for_changes(home: psycopg.AsyncConnection[Any]) -> None:
    """Receive a notification, `TABLE ID`, of each row that changes."""
    await home.execute(f"LISTEN {_CHANNEL}")


async def tells_changes(session: AsyncSession, table: str) -> bool:
    """Whether the table has the trigger that notifies of changes."""
    return bool(await session.scalar(_HAS_TRIGGER, {"name": "account_changed", "table": table}))


async def create_trigger(session: AsyncSession, table: str) -> None:
    """Creates a trigger that notifies of changes of the table."""
    await session.execute(
        text(
            f"CREATE OR REPLACE TRIGGER account_changed AFTER INSERT OR UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION tell_account_change()"
        )
    )


def _first(limit: int) -> str:
    return f"ORDER BY t.id LIMIT {limit}"


def _read(table: str, condition: str, more: str = "") -> Any:
    return text(f"SELECT t.id, row_to_json(t)::text AS line FROM {table} t WHERE {condition} {more}")  # noqa: S608


def _write(name: str) -> Any:
    table = Base.metadata.tables[name]
    columns = [column.name for column in table.columns if column.name != "deactivated_by_organization_id"]
    key = [column.name for column in table.primary_key.columns]
    others = [column for column in columns if column not in key]
    # Only permissions for projects of this cell, and only tokens and permissions of users in it.
    known = " WHERE EXISTS (SELECT FROM projects p WHERE p.id = s.project_id)" if "project_id" in columns else ""
    return text(
        f"INSERT INTO {name} AS here ({', '.join(columns)}) SELECT {', '.join(columns)}"  # noqa: S608 - our own names
        f" FROM json_populate_recordset(NULL::{name}, CAST(:rows AS json)) s{known}"
        f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {', '.join(f'{c} = excluded.{c}' for c in others)}"
        f" WHERE ({', '.join(f'here.{c}' for c in others)}) IS DISTINCT FROM"
        f" ({', '.join(f'excluded.{c}' for c in others)})"
    )


_WRITE = {name: _write(name) for name in TABLES}
