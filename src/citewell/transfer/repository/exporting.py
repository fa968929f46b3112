"""Reading the rows of a project for its file."""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from citewell.transfer.repository.tables import CONDITIONS, DOCUMENTS_LEFT_OUT, TakenTable

_BATCH = 500  # rows that are fetched at once


async def begin_snapshot(session: AsyncSession) -> AsyncConnection:
    """Begin a transaction that sees the rows of one moment, without a limit on the time of a statement."""
    connection = await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    await connection.execute(text("SET LOCAL statement_timeout = 0"))
    return connection


async def find_project_name(connection: AsyncConnection, project_id: UUID) -> str | None:
    named = text("SELECT name FROM projects WHERE id = :project AND deleted_at IS NULL")
    name: str | None = await connection.scalar(named, {"project": project_id})
    return name


async def read_rows(connection: AsyncConnection, project_id: UUID, table: TakenTable) -> AsyncIterator[dict[str, Any]]:
    """Yields the project's rows of the table as JSON objects."""
    condition = f"{table.project_column} = :project AND {CONDITIONS.get(table.name, 'true')}"
    query = text(f"SELECT row_to_json(t)::text FROM {table.name} t WHERE {condition}")  # noqa: S608
    result = await connection.stream(query.execution_options(yield_per=_BATCH), {"project": project_id})
    async for (line,) in result:
        yield msgspec.json.decode(line)


async def list_users(connection: AsyncConnection, ids: Iterable[str]) -> Sequence[Any]:
    """Returns the `id` and the `email` of each of the users."""
    found = text("SELECT id::text, email FROM users WHERE id::text = ANY(:ids)")
    return (await connection.execute(found, {"ids": sorted(ids)})).all()


async def list_documents_left_out(connection: AsyncConnection, project_id: UUID) -> list[UUID]:
    """Returns the documents whose files are left out."""
    return list((await connection.execute(text(DOCUMENTS_LEFT_OUT), {"project": project_id})).scalars())
