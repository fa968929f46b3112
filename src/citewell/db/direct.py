"""Sends the statements of every request and answer straight to the driver.

They have their own pool, in autocommit, because SQLAlchemy's overhead costs as much as such a statement. Most are not
prepared. Planning one costs about 0.03 ms. The driver would prepare any statement that is sent five times, and then a
scan of the text index after one of the vector index took 5.8 ms instead of 0.6.
"""

import asyncio
import logging
import select
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import msgspec
import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import namedtuple_row
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from citewell.db.confirmed import ConfirmedConnection
from citewell.db.slow import watched
from citewell.kit.outages import StandbyAway

# Decodes JSON columns, such as the results of tools in a history.
set_json_loads(msgspec.json.decode)
# The pool logs a warning for each connection that is returned closed. Worn connections are closed on purpose.
logging.getLogger("psycopg.pool").addFilter(lambda record: not str(record.msg).startswith("discarding closed"))
# A new connection costs some milliseconds, far below a percent of this many uses. An old one keeps a cache of tables
# that only grows: 50 KB for each project.
MAX_USES = 2_000
_WAIT_SECONDS = 30.0  # for a connection, while others use all of them
_FOR_READERS = 2  # connections that writers never take
_AWAY_SECONDS = 5.0  # for a connection, while none is in use: the database does not answer then

T = TypeVar("T")
Configure = Callable[[psycopg.AsyncConnection[Any]], Awaitable[None]]


class DirectConnection(ConfirmedConnection):
    """A connection that counts its uses. `crash` caches the time of the server's last crash: the connection does not
    survive the next one.
    """

    uses: int = 0
    crash: str | None = None


class WriterSlots:
    """Limits the number of writers, so that connections stay free for readers while writers wait for a standby or lock.

    While `is_held` nobody may write, because a commit would wait for a synchronous standby that is away.
    """

    def __init__(self, count: int) -> None:
        self.is_held = False
        self._slots = asyncio.Semaphore(max(1, count))

    @asynccontextmanager
    async def take(self) -> AsyncIterator[None]:
        """Takes a slot for the block.

        Raises SQLAlchemy's TimeoutError after _WAIT_SECONDS, OperationalError while held.
        """
        self._refuse_while_held()
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                await self._slots.acquire()
        except TimeoutError as error:
            raise NoConnection("all connections for writing are in use") from error
        try:
            self._refuse_while_held()
            yield
        finally:
            self._slots.release()

    def _refuse_while_held(self) -> None:
        if self.is_held:
            away = StandbyAway("the synchronous standby is away")
            raise OperationalError("begin", None, away) from away


class _Died(Exception):
    """The connection died under a statement."""

    def __init__(self, error: psycopg.Error) -> None:
        super().__init__(str(error))
        self.error = error


class DirectPool:
    """A pool of the driver's connections, opened with the first use. `in_use` counts the connections that are taken."""

    def __init__(self, conninfo: str, size: int, slow_seconds: float = 0.0, *, is_pooled: bool = False) -> None:
        self.in_use = 0
        self._given = 0  # how often somebody got a connection
        self._slow_seconds = slow_seconds
        self.is_pooled = is_pooled  # through a pooler: each statement may go to another server connection
        arguments: dict[str, Any] = {"autocommit": True, "row_factory": namedtuple_row}
        if is_pooled:
            arguments["prepare_threshold"] = None
        self._idle: list[DirectConnection] = []
        self._waiting = 0  # callers that wait for a connection
        self.writers = WriterSlots(size - _FOR_READERS)
        self._configure: list[Configure] = []
        self._pool: AsyncConnectionPool[DirectConnection] = AsyncConnectionPool(
            conninfo,
            connection_class=DirectConnection,
            kwargs=arguments,
            min_size=1,
            max_size=size,
            timeout=_WAIT_SECONDS,
            open=False,
            configure=self._prepare_connection,
            name="direct",
        )

    def configure(self, step: Configure) -> None:
        """Adds a function that is called with each new connection before its first use."""
        self._configure.append(step)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[DirectConnection]:
        """A connection for several statements. Use `repeated` to survive its death under them.

        Raises SQLAlchemy's OperationalError if the database does not answer.
        """
        died = False
        try:
            connection = await self._acquire()
            try:
                yield connection
            finally:
                died = connection.closed
                await self._release(connection)
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise OperationalError("direct", None, error, connection_invalidated=died) from error

    async def fetch(
        self, statement: str, parameters: Mapping[str, Any], *, prepare: bool = False, writes: bool = False
    ) -> list[Any]:
        """Returns the rows of one statement (see `fetch`).

        A reading statement is repeated once if its connection is lost. One that `writes` is not repeated, because it
        may have been executed: the caller decides.
        """
        try:
            if writes:
                async with self.writers.take():
                    return await self._fetch(statement, parameters, prepare)
            try:
                return await self._fetch(statement, parameters, prepare)
            except _Died:
                return await self._fetch(statement, parameters, prepare)
        except _Died as died:
            raise OperationalError("direct", None, died.error) from died.error
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise OperationalError("direct", None, error) from error

    async def _fetch(self, statement: str, parameters: Mapping[str, Any], prepare: bool) -> list[Any]:
        connection = await self._acquire()
        try:
            with watched(statement, self._slow_seconds):
                return await fetch(connection, statement, parameters, prepare=prepare)
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            if connection.closed:
                raise _Died(error) from error
            raise
        finally:
            await self._release(connection)

    async def close(self) -> None:
        if not self._pool.closed:
            while self._idle:
                await self._pool.putconn(self._idle.pop())
            await self._pool.close()

    async def _acquire(self) -> DirectConnection:
        """Returns the most recently released connection if one is free, so that few connections have large caches.

        This avoids the pool, whose overhead is as much as a small statement.
        """
        if self._pool.closed:
            await self._pool.open()
        connection = self._idle.pop() if self._idle else await self._from_pool()
        if not _is_alive(connection):
            await self._drop_all(connection)
            connection = await self._from_pool()
        self.in_use += 1
        self._given += 1
        return connection

    async def _release(self, connection: DirectConnection) -> None:
        self.in_use -= 1
        connection.uses += 1
        if connection.broken:
            await self._drop_all(connection)
        elif connection.uses >= MAX_USES:
            await connection.close()
            await self._pool.putconn(connection)
        elif self._waiting or connection.pgconn.transaction_status != TransactionStatus.IDLE:
            await self._pool.putconn(connection)
        else:
            self._idle.append(connection)

    async def _from_pool(self) -> DirectConnection:
        self._waiting += 1
        try:
            if self.in_use == 0:
                given = self._given
                try:
                    return await self._pool.getconn(_AWAY_SECONDS)
                except PoolTimeout as error:
                    if self._given == given and self.in_use == 0:
                        raise psycopg.OperationalError("the database takes no connection") from error
                # Others got one meanwhile. `in_use` counts a connection only once its new user runs, so with many
                # waiting users it may be 0 although all connections are taken.
            return await self._pool.getconn(_WAIT_SECONDS)
        finally:
            self._waiting -= 1

    async def _drop_all(self, dead: DirectConnection) -> None:
        """Closes all connections after one was lost: the others are most likely lost, too."""
        idle, self._idle = self._idle, []
        for connection in (dead, *idle):
            await connection.close()
            await self._pool.putconn(connection)
        await self._pool.drain()

    async def _prepare_connection(self, connection: psycopg.AsyncConnection[Any]) -> None:
        for step in self._configure:
            await step(connection)


async def repeated(read: Callable[[], Awaitable[T]]) -> T:
    """Returns what `read` returns. Calls it a second time if a connection is lost during one of its statements.

    Use it for functions that only read. The second call sees the database as it is then.
    """
    try:
        return await read()
    except OperationalError as error:
        if not error.connection_invalidated:
            raise
    return await read()


def _is_alive(connection: DirectConnection) -> bool:
    """Whether the server still holds the connection open. Looks at the socket, without a round trip: an idle connection
    has nothing to read, a closed one is readable (end of the stream).
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)


async def fetch(
    connection: psycopg.AsyncConnection[Any], statement: str, parameters: Mapping[str, Any], *, prepare: bool = False
) -> list[Any]:
    """Returns the rows of a statement as named tuples. Parameters are written `%(name)s`.

    Set `prepare` for a statement whose planning costs more than its execution.
    """
    async with connection.cursor() as cursor:
        # Apart from parameters, statements contain only constants and names of tables derived from ids.
        await cursor.execute(statement.encode(), parameters, prepare=prepare)
        return await cursor.fetchall()
