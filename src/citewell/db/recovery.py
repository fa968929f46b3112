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
from psycopg.errors import UndefinedTable
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from citewell.db.direct import DirectConnection, fetch
from citewell.db.engine import Database
from citewell.db.extensions import Extensions
from citewell.db.partitions import text_index_name
from citewell.errors import Unavailable
from citewell.models.passage import TABLE

log = structlog.get_logger(__name__)

LOOK_SECONDS = 3.0
WAIT_SECONDS = 25.0
_LAST_CRASH = "SELECT CAST(stats_reset AS text) AS crash FROM pg_stat_wal"
_MARK = "text_indexes"
_LOCK = 0x63697466  # an advisory lock of its own: one process mends at a time


class TextIndexes:
    """The text indexes of one process's database, which are made again after each crash before they are searched."""

    def __init__(self, database: Database, extensions: Extensions) -> None:
        self.in_use = extensions.text_search
        self._database = database
        self._crash: str | None = None  # the last that they are known to have been mended after
        self._mending: asyncio.Task[int] | None = None

    async def mend(self) -> int:
        """Make all of them again if the server has crashed since they were last known to be whole; how many."""
        if not self.in_use:
            return 0
        if self._mending is None or self._mending.done():
            self._mending = asyncio.create_task(self._mend(), name="text-indexes")
        # Whoever waits for it may give up, and must not end it for the others.
        return await asyncio.shield(self._mending)

    @contextlib.asynccontextmanager
    async def searched(self) -> AsyncIterator[DirectConnection]:
        """A connection on which searches by words find everything that was stored.

        A crash of the server ends its connections, so each new one is looked at once. Nobody holds a connection while
        waiting. Raises Unavailable if mending takes longer than WAIT_SECONDS.
        """
        while True:
            async with self._database.direct.connect() as connection:
                if not self.in_use or await self._is_whole(connection):
                    yield connection
                    return
            try:
                await asyncio.wait_for(self.mend(), WAIT_SECONDS)
            except TimeoutError:
                raise Unavailable(
                    "The index of words is being made again after a crash of the database: try again in a minute.",
                    headers={"Retry-After": "60"},
                ) from None

    @contextlib.asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Look for a crash now and then beside the body, so that the first search need not wait for the mending."""
        task = asyncio.create_task(self._watch(), name="crash-watch")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def aclose(self) -> None:
        if self._mending is not None:
            self._mending.cancel()
            await asyncio.gather(self._mending, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            with contextlib.suppress(SQLAlchemyError, OSError):  # it does not answer: looked at again soon
                await self.mend()

    async def _is_whole(self, connection: DirectConnection) -> bool:
        if self._crash is None or connection.crash != self._crash:
            rows = await fetch(connection, _LAST_CRASH, {})
            connection.crash = rows[0].crash
        return connection.crash == self._crash

    async def _mend(self) -> int:
        async with self._database.alone.connect() as connection:
            crash = await _last_crash(connection)
            if crash == await _known(connection):
                self._crash = crash
                return 0
            await connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
            try:
                crash = await _last_crash(connection)
                if crash == await _known(connection):
                    self._crash = crash
                    return 0  # another process was faster
                projects = await _indexed_projects(connection)
                for project_id in projects:
                    await _make_again(connection, project_id)
                await _remember(connection, crash)
                self._crash = crash
            finally:
                await connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
        if projects:
            log.warning("text_indexes_mended", projects=len(projects), reason="the database server had crashed")
        return len(projects)


async def _last_crash(connection: AsyncConnection) -> str:
    return str(await connection.scalar(text(_LAST_CRASH)))


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


async def _make_again(connection: AsyncConnection, project_id: UUID) -> None:
    try:
        await connection.execute(text(f"REINDEX INDEX {text_index_name(project_id)}"))
    except ProgrammingError as error:
        if not isinstance(error.orig, UndefinedTable):  # the project was deleted in the meantime
            raise


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
