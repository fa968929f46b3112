"""The SQL of backups, on the databases that are copied or restored, and the mark that a backup leaves in them."""

from typing import Any

import psycopg

from citewell.db.cell_mark import MOVES_LOCK
from citewell.db.engine import Database

Connection = psycopg.Connection[Any]

_LAST_BACKUP = "last_backup"  # key of the time of the last complete backup


def lift_limits(connection: Connection) -> None:
    """Removes the time limits of the session's statements and transactions."""
    connection.execute("SET idle_in_transaction_session_timeout = 0")
    connection.execute("SET statement_timeout = 0")


def lock_moves(home: Connection) -> None:
    """Keep steps of moves from beginning until `unlock_moves`. Waits for one that is under way."""
    home.execute(f"SELECT pg_advisory_lock({MOVES_LOCK})")


def unlock_moves(home: Connection) -> None:
    home.execute(f"SELECT pg_advisory_unlock({MOVES_LOCK})")


def begin_snapshot(connection: Connection) -> None:
    """Begin a reading transaction; its moment is that of its next statement."""
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")


def export_snapshot(connection: Connection) -> str:
    """Returns the name under which other connections can read the moment of this transaction."""
    return str(connection.execute("SELECT pg_export_snapshot()").fetchall()[0][0])


def has_schema(connection: Connection) -> bool:
    """Whether the database has the tables of any version."""
    return connection.execute("SELECT to_regclass('alembic_version')").fetchone() != (None,)


def find_revision(connection: Connection) -> str | None:
    """Returns the revision of the schema. The table that holds it must exist."""
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row is not None else None


async def find_projects(connection: psycopg.AsyncConnection[Any]) -> set[str]:
    """Returns the ids of all projects of the database."""
    found = await connection.execute("SELECT id FROM projects")
    return {str(row[0]) for row in await found.fetchall()}


def mark_backup(connection: Connection, ended: str) -> None:
    """Note the time, as ISO 8601, at which the last whole backup ended."""
    connection.execute(
        "INSERT INTO server_marks (name, value) VALUES (%s, %s)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = clock_timestamp()",
        [_LAST_BACKUP, ended],
    )


def find_last_backup(connection: Connection) -> str | None:
    """When the last whole backup ended, as ISO 8601; None if there was none, or the database is empty."""
    if connection.execute("SELECT to_regclass('server_marks')").fetchone() == (None,):
        return None
    row = connection.execute("SELECT value FROM server_marks WHERE name = %s", [_LAST_BACKUP]).fetchone()
    return str(row[0]) if row else None


async def fetch_last_backup(database: Database) -> str | None:
    """Like `find_last_backup`, for a database that has its tables."""
    found = await database.direct.fetch("SELECT value FROM server_marks WHERE name = %(name)s", {"name": _LAST_BACKUP})
    return str(found[0].value) if found else None
