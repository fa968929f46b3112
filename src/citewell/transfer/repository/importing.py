"""Storing the rows of a project's file."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from citewell.transfer.repository.tables import TakenTable


async def try_lock_import(connection: AsyncConnection, project_id: UUID) -> bool:
    """Lets this transaction idle while files are copied, and locks imports of the project until its end.

    Returns False if another import holds the lock.
    """
    await connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))  # while files are copied
    lock = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:key, 0))")
    return bool(await connection.scalar(lock, {"key": f"import:{project_id}"}))


async def find_project(connection: AsyncConnection, project_id: UUID) -> Any:
    """Returns the `deleted_at` of the project; None if it is not here."""
    found = await connection.execute(text("SELECT deleted_at FROM projects WHERE id = :id"), {"id": project_id})
    return found.first()


async def users_by_email(connection: AsyncConnection, emails: Sequence[str]) -> dict[str, str]:
    """Returns the ids of users, by their addresses."""
    query = text("SELECT id::text, email FROM users WHERE email = ANY(:emails)")
    rows = await connection.execute(query, {"emails": emails})
    return {row.email: row.id for row in rows}


async def insert_rows(
    connection: AsyncConnection, table: TakenTable, columns: Sequence[str], rows: Sequence[dict[str, Any]]
) -> None:
    """Insert the rows. PostgreSQL converts the JSON values to the types of the columns, and refuses others."""
    names = ", ".join(columns)
    statement = text(
        f"INSERT INTO {table.name} ({names}) SELECT {names}"  # noqa: S608 - names of our own columns
        f" FROM json_populate_recordset(NULL::{table.name}, CAST(:rows AS json))"
    )
    await connection.execute(statement, {"rows": msgspec.json.encode(rows).decode()})
