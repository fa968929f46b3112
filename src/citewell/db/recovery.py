"""After a crash of the database: text indexes that lost what was written last are made again.

`pg_textsearch` 1.0 does not write its index to the log that PostgreSQL recovers from, so after a `kill -9` or a power
cut the rows are there and searches by words do not find them. A crash is known by the statistics of the server, which
PostgreSQL resets when it recovers, and keeps when it was stopped in order.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from citewell.db.engine import Database
from citewell.db.extensions import Extensions
from citewell.db.partitions import text_index_name
from citewell.models.passage import TABLE

log = structlog.get_logger(__name__)

LOOK_SECONDS = 3.0
_MARK = "text_indexes"
_LOCK = 0x63697466  # an advisory lock of its own: one process mends at a time


async def mend_text_indexes(database: Database, extensions: Extensions) -> int:
    """Make all text indexes again if the server has crashed since they were last known to be whole; how many."""
    if not extensions.text_search:
        return 0
    async with database.alone.connect() as connection:
        if await _last_crash(connection) == await _known(connection):
            return 0
        await connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        try:
            crashed = await _last_crash(connection)
            if crashed == await _known(connection):
                return 0  # another process was faster
            projects = await _indexed_projects(connection)
            for project_id in projects:
                await connection.execute(text(f"REINDEX INDEX {text_index_name(project_id)}"))
            await _remember(connection, crashed)
        finally:
            await connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
    if projects:
        log.warning("text_indexes_mended", projects=len(projects), reason="the database server had crashed")
    return len(projects)


@contextlib.asynccontextmanager
async def watching(database: Database, extensions: Extensions) -> AsyncIterator[None]:
    """Look for a crash now and then beside the body: the server may come back without this process ending."""
    task = asyncio.create_task(_watch(database, extensions), name="crash-watch")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _watch(database: Database, extensions: Extensions) -> None:
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        with contextlib.suppress(SQLAlchemyError, OSError):  # it does not answer: looked at again soon
            await mend_text_indexes(database, extensions)


async def _last_crash(connection: AsyncConnection) -> str:
    found = await connection.scalar(text("SELECT CAST(stats_reset AS text) FROM pg_stat_wal"))
    return str(found)


async def _known(connection: AsyncConnection) -> str | None:
    query = text("SELECT value FROM server_marks WHERE name = :name")
    found: str | None = await connection.scalar(query, {"name": _MARK})
    return found


async def _remember(connection: AsyncConnection, value: str) -> None:
    statement = text(
        "INSERT INTO server_marks (name, value) VALUES (:name, :value)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = clock_timestamp()"
    )
    await connection.execute(statement, {"name": _MARK, "value": value})


async def _indexed_projects(connection: AsyncConnection) -> list[UUID]:
    found = await connection.scalars(
        text(
            "SELECT CAST(substring(child.relname FROM 10) AS uuid) FROM pg_inherits"
            " JOIN pg_class child ON child.oid = inhrelid WHERE inhparent = CAST(:parent AS regclass)"
            " AND to_regclass(quote_ident(child.relname || '_bm25')) IS NOT NULL"
        ),
        {"parent": TABLE},
    )
    return list(found)
