"""Rebuilds text indexes that lost their last writes.

`pg_textsearch` 1.0 does not write its index to the write-ahead log. After a `kill -9` or a power cut the rows exist,
but searches by words do not find them. A crash shows in the server's statistics: PostgreSQL resets them when it
recovers, and keeps them after a clean shutdown.

There is a second bug: rows that were added to an index built on an empty table, such as that of a new project, are not
found after any restart of the server. So an index is rebuilt once its table has rows.
"""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Iterable
from typing import Any
from uuid import UUID

import psycopg
import structlog
from psycopg.errors import UndefinedTable
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from citewell.db.direct import DirectConnection, fetch
from citewell.db.engine import Database
from citewell.db.extensions import Extensions
from citewell.db.partitions import rebuild_text_index, text_index_name
from citewell.errors import Unavailable
from citewell.models.passage import TABLE, partition_name

log = structlog.get_logger(__name__)

LOOK_SECONDS = 3.0
WAIT_SECONDS = 25.0
AT_ONCE = 2  # indexes that one process rebuilds at a time
_LAST_CRASH = "SELECT CAST(stats_reset AS text) FROM pg_stat_wal"
_MARK = "text_indexes"
_STATE = f"SELECT ({_LAST_CRASH}) AS crash, (SELECT value FROM server_marks WHERE name = '{_MARK}') AS mended_after"  # noqa: S608
_INDEXED = "SELECT FROM {table} WHERE local_to IS NULL LIMIT 1"
# Indexes without this comment are rebuilt once. Earlier versions built them on empty tables, or by REINDEX, after which
# published passages are lost (see `rebuild_text_index`).
_WITH_ROWS = "with rows, swapped, "
_EMPTY = "without rows, "
_MADE = "SELECT obj_description(to_regclass(%(index)s), 'pg_class') AS comment"
_LOCKS = 0x63697466  # class of advisory locks: one process at a time rebuilds an index


class TextIndexes:
    """Rebuilds the text indexes of a database after a crash, each before it is searched.

    A rebuilt index names the last crash in its comment. When all are rebuilt, a mark of the whole server names it.
    """

    def __init__(self, database: Database, extensions: Extensions) -> None:
        self.in_use = extensions.text_search
        self._database = database
        self._mended_after: str | None = None  # the crash after which all indexes are whole
        self._whole: set[tuple[str, UUID]] = set()  # (crash, project) of indexes that are known to be complete
        self._made_with_rows: set[UUID] = set()
        self._mending: dict[UUID, asyncio.Task[bool]] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)

    @contextlib.asynccontextmanager
    async def searched(self, project_id: UUID) -> AsyncIterator[DirectConnection]:
        """A connection on which a search by words finds everything that the project has stored.

        A crash of the server ends all connections, so each new connection is checked once. No connection is held while
        waiting. Raises Unavailable if the index is not whole after WAIT_SECONDS.
        """
        replica = self._database.replica
        if replica is not None and replica.may_serve() and replica.has_text_index:
            async with self._database.reading() as connection:
                yield connection
            return
        while True:
            async with self._database.direct.connect() as connection:
                if not self.in_use or await self._is_whole(connection, project_id):
                    yield connection
                    return
            try:
                await asyncio.wait_for(self._make_whole(project_id), WAIT_SECONDS)
            except TimeoutError:
                raise Unavailable(
                    "The project's text index is being rebuilt after a crash of the database: try again in a minute.",
                    headers={"Retry-After": "60"},
                ) from None

    async def mend(self) -> int:
        """Rebuild all broken indexes after a crash of the server, small ones first. Returns how many there were."""
        if not self.in_use:
            return 0
        async with self._database.autocommit() as connection:
            crash, mended_after = (await connection.execute(text(_STATE))).one()
            projects = await _indexed_projects(connection) if crash != mended_after else []
        made = 0
        for project_id in projects:
            made += await self._make_whole(project_id)
        if crash != mended_after:
            async with self._database.autocommit() as connection:
                await _remember(connection, crash)
        self._mended_after, self._whole = crash, set()
        if made and mended_after is not None:
            reason = "the database server had crashed, or was restored from a backup"
            log.warning("text_indexes_rebuilt", projects=made, reason=reason)
        return made

    async def aclose(self) -> None:
        await _cancel(self._mending.values())

    async def watch(self) -> None:
        """Look for crashes until cancelled, so that searches seldom have to wait for a rebuild."""
        while True:
            with contextlib.suppress(SQLAlchemyError, OSError):  # it does not answer: look again soon
                await self.mend()
            await asyncio.sleep(LOOK_SECONDS)

    async def _is_whole(self, connection: DirectConnection, project_id: UUID) -> bool:
        # A direct connection ends with a crash of the server; one to a pooler survives it.
        is_known = connection.crash == self._mended_after or (connection.crash, project_id) in self._whole
        if connection.crash is None or not is_known or self._database.is_pooled:
            [state] = await fetch(connection, _STATE, {})
            connection.crash = state.crash
            if state.crash == state.mended_after:
                self._mended_after, self._whole = state.crash, set()
        if connection.crash != self._mended_after and (connection.crash, project_id) not in self._whole:
            return False
        return project_id in self._made_with_rows or await self._may_stay(connection, project_id)

    async def _may_stay(self, connection: DirectConnection, project_id: UUID) -> bool:
        """Whether the index was built on rows, or has no rows to find."""
        [found] = await fetch(connection, _MADE, {"index": text_index_name(project_id)})
        if (found.comment or "").startswith(_WITH_ROWS):
            self._made_with_rows.add(project_id)
            return True
        return not await fetch(connection, _INDEXED.format(table=partition_name(project_id)), {})

    async def _make_whole(self, project_id: UUID) -> bool:
        """Rebuild the index if it is broken. Returns whether it was. All who wait get the exception if the rebuild
        fails."""
        task = self._mending.get(project_id)
        if task is None:
            task = self._mending[project_id] = asyncio.create_task(self._make_again(project_id), name="text-index")
            task.add_done_callback(functools.partial(self._forget, project_id))
        # If one waiter is cancelled, the rebuild must go on for the others.
        return await asyncio.shield(task)

    def _forget(self, project_id: UUID, task: asyncio.Task[bool]) -> None:
        del self._mending[project_id]
        if not task.cancelled() and (error := task.exception()) is not None:  # perhaps nobody waits any more
            log.warning("text_index_not_rebuilt", project=str(project_id), reason=str(error)[:300])

    async def _make_again(self, project_id: UUID) -> bool:
        index, lock = text_index_name(project_id), {"locks": _LOCKS, "project": str(project_id)}
        async with self._turns, self._database.autocommit(statement_seconds=0) as connection:
            await connection.execute(text("SELECT pg_advisory_lock(:locks, hashtext(:project))"), lock)
            try:
                crash = str(await connection.scalar(text(_LAST_CRASH)))
                was_whole = await _made_after(connection, index) == _WITH_ROWS + crash
                if not was_whole:
                    indexed = await connection.execute(text(_INDEXED.format(table=partition_name(project_id))))
                    made = _WITH_ROWS if indexed.first() is not None else _EMPTY
                    await rebuild_text_index(connection, project_id, made + crash)
            except ProgrammingError as error:
                if not isinstance(error.orig, UndefinedTable):  # the project was deleted in the meantime
                    raise
                was_whole = True
            finally:
                await connection.execute(text("SELECT pg_advisory_unlock(:locks, hashtext(:project))"), lock)
        self._whole.add((crash, project_id))
        return not was_whole


async def index_words(connection: AsyncConnection, project_id: UUID) -> None:
    """Builds the text index of a project that was imported at once, so that its first search need not wait for that.

    The connection must be in autocommit.
    """
    crash = await connection.scalar(text(_LAST_CRASH))
    await rebuild_text_index(connection, project_id, f"{_WITH_ROWS}{crash}")


def note_whole(connection: psycopg.Connection[Any]) -> None:
    """Marks all text indexes as complete, after the database was created or restored from a dump."""
    connection.execute(
        f"INSERT INTO server_marks (name, value) SELECT '{_MARK}', stats FROM ({_LAST_CRASH}) AS found(stats)"  # noqa: S608
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = clock_timestamp()"
    )


async def _made_after(connection: AsyncConnection, index: str) -> str | None:
    query = text("SELECT obj_description(to_regclass(:index), 'pg_class')")
    found: str | None = await connection.scalar(query, {"index": index})
    return found


async def _remember(connection: AsyncConnection, value: str) -> None:
    statement = text(
        "INSERT INTO server_marks (name, value) VALUES (:name, :value)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = clock_timestamp()"
    )
    await connection.execute(statement, {"name": _MARK, "value": value})


async def _indexed_projects(connection: AsyncConnection) -> list[UUID]:
    """Returns the projects with a text index, those with the fewest passages first."""
    found = await connection.scalars(
        text(
            "SELECT CAST(substring(child.relname FROM 10) AS uuid) FROM pg_inherits"
            " JOIN pg_class child ON child.oid = inhrelid WHERE inhparent = CAST(:parent AS regclass)"
            " AND to_regclass(quote_ident(child.relname || '_bm25')) IS NOT NULL ORDER BY child.relpages"
        ),
        {"parent": TABLE},
    )
    return list(found)


async def _cancel(tasks: Iterable[asyncio.Task[Any]]) -> None:
    found = list(tasks)
    for task in found:
        task.cancel()
    await asyncio.gather(*found, return_exceptions=True)
