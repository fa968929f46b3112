"""Connections to the database, and the unit of work around them."""

import select
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import structlog
from sqlalchemy import URL, AsyncAdaptedQueuePool, NullPool, event, make_url, text
from sqlalchemy.exc import DisconnectionError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from citewell.db.confirmed import ConfirmedConnection
from citewell.db.direct import DirectConnection, DirectPool, WriterSlots
from citewell.db.read_session import ReadSession
from citewell.db.replica import Replica
from citewell.db.slow import watch
from citewell.db.standby_watch import StandbyWatch
from citewell.errors import SetupError

log = structlog.get_logger(__name__)

# After this many uses a connection is replaced, which costs some milliseconds: far below a percent of so many uses.
MAX_USES = 2_000
_FOR_READERS = 3  # sessions that writers never take


@dataclass(frozen=True)
class PoolOptions:
    """The number of connections that one process opens, and their limits.

    `statement_seconds` bounds each statement, `confirm_seconds` the wait of a commit for a synchronous standby. A
    statement slower than `slow_seconds` is logged. With PostgreSQL's default `random_page_cost` of 4, the planner
    ignores the indexes that searches need.
    """

    sessions: int = 8
    direct: int = 6
    statement_seconds: float = 120.0
    random_page_cost: float = 1.1
    application_name: str = "citewell"
    slow_seconds: float = 0.0
    confirm_seconds: float = 20.0

    def server_settings(self) -> dict[str, str]:
        """Returns the PostgreSQL settings of each connection."""
        return {
            "statement_timeout": str(round(self.statement_seconds * 1000)),
            "random_page_cost": f"{self.random_page_cost:g}",
            "jit": "off",
        }

    def parameters(self) -> dict[str, str]:
        """Returns the libpq parameters of each connection."""
        settings = " ".join(f"-c{name}={value}" for name, value in self.server_settings().items())
        return {"application_name": self.application_name, "options": settings}


class Database:
    """The connections of one process to the database.

    `read()` returns a session for reading, `write()` a transaction. No transaction and no connection may be held across
    a model call, a parse or a stream. `direct` sends the few statements of every request straight to the driver.
    Writers never take all connections, so reading goes on while commits wait for a standby or a lock.

    `url` may lead through a pooler that assigns server connections for one transaction only, such as pgbouncer in
    transaction mode. Then `session_url` leads to the same database without the pooler, for work that needs a session,
    and nothing is set or prepared on connections of `url`: `pooled.prepare_role` has set what they need.

    `accounts` is the database of users, credentials and permissions: this one, or the home cell's, of whose rows this
    database has copies.
    """

    def __init__(
        self,
        url: str,
        options: PoolOptions | None = None,
        *,
        session_url: str | None = None,
        read_url: str | None = None,
        read_lag: float = 5.0,
    ) -> None:
        self.url = url
        self.accounts: Database = self
        self.is_away = False  # set by the watcher of cells, if there are several
        self.options = options or PoolOptions()
        self.is_pooled = session_url is not None
        self._session_url = session_url or url
        arguments: dict[str, Any] = {"async_creator_fn": ConfirmedConnection.connect}
        if self.is_pooled:
            arguments["prepare_threshold"] = None
        # No overflow: under load the pool would open and close a connection for each statement.
        # The most recently returned connection is used first, so that few connections have large caches of tables.
        self._engine: AsyncEngine = create_async_engine(
            sqlalchemy_url(url) if self.is_pooled else _with_parameters(sqlalchemy_url(url), self.options),
            connect_args=arguments,
            pool_size=self.options.sessions,
            max_overflow=0,
            pool_use_lifo=True,
            hide_parameters=True,  # errors are logged with their statements, and parameters hold what users wrote
        )
        watch(self._engine.sync_engine, self.options.slow_seconds)
        event.listen(self._engine.sync_engine, "checkout", _discard_closed)
        event.listen(self._engine.sync_engine, "checkout", _discard_worn)
        self._autocommit: AsyncEngine = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._read = async_sessionmaker(self._autocommit, class_=ReadSession, expire_on_commit=False, autoflush=False)
        self._write = async_sessionmaker(self._engine, expire_on_commit=False)
        self.direct = DirectPool(
            self.statements_url, self.options.direct, self.options.slow_seconds, is_pooled=self.is_pooled
        )
        self._writers = WriterSlots(self.options.sessions - _FOR_READERS)
        self.standby = StandbyWatch(
            self.libpq_url, self.direct, (self._writers, self.direct.writers), self.options.confirm_seconds
        )
        self.replica = self._open_replica(read_url, read_lag) if read_url is not None else None
        # For index builds and deletions, which change their session. Opened on demand.
        session = _with_parameters(sqlalchemy_url(self._session_url), self.options)
        self._sessions = create_async_engine(
            session,
            connect_args={"async_creator_fn": ConfirmedConnection.connect},
            poolclass=NullPool,
            hide_parameters=True,
            isolation_level="AUTOCOMMIT",
        )

    @property
    def libpq_url(self) -> str:
        """The libpq URL for a connection with its own session, with this process's name and limits."""
        return _rendered(_with_parameters(sqlalchemy_url(self._session_url), self.options))

    @property
    def statements_url(self) -> str:
        """The libpq URL for connections without session state; leads through the pooler, if there is one."""
        return libpq_url(self.url) if self.is_pooled else self.libpq_url

    @property
    def checked_out(self) -> int:
        """Returns the number of connections in use."""
        pool = self._engine.pool
        assert isinstance(pool, AsyncAdaptedQueuePool)
        return pool.checkedout() + self.direct.in_use

    def read(self, *, transaction: bool = False) -> AsyncSession:
        """Returns a session for reading, without BEGIN and COMMIT: each statement takes one round trip.

        Each statement sees what was committed before it, as in a READ COMMITTED transaction. Set `transaction` if the
        statements need one, to stream rows for example; it is rolled back at the end.
        """
        if transaction:
            return self._write()
        if self.replica is None or not self.replica.may_serve():
            return self._read()
        session = self._read(bind=self.replica.engine)
        session.fallback, session.on_fallback = self._autocommit, self.replica.fail
        return session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[DirectConnection]:
        """A direct connection for reading: to the standby, if it may serve the current reader.

        Raises OperationalError if the standby fails under a statement; the next reader goes to the primary.
        """
        replica = self.replica
        if replica is not None and replica.may_serve():
            try:
                async with replica.direct.connect() as connection:
                    yield connection
            except SQLAlchemyError:
                replica.fail()
                raise
            return
        async with self.direct.connect() as connection:
            yield connection

    async def fetch(self, statement: str, parameters: Mapping[str, Any]) -> list[Any]:
        """Like `direct.fetch`, for a reading statement; from the standby, if it may serve the current reader."""
        if self.replica is not None and self.replica.may_serve():
            try:
                return await self.replica.direct.fetch(statement, parameters)
            except SQLAlchemyError:
                self.replica.fail()
        return await self.direct.fetch(statement, parameters)

    async def fetch_account(self, statement: str, parameters: Mapping[str, Any]) -> list[Any]:
        """Like `direct.fetch` (prepared), for a statement about accounts; reads the copies here while `accounts` is
        away.
        """
        if self.accounts is not self and not self.accounts.is_away:
            try:
                return await self.accounts.direct.fetch(statement, parameters, prepare=True)
            except OperationalError as error:
                log.warning("accounts_read_from_copy", reason=str(error).split("\n", 1)[0])
        return await self.direct.fetch(statement, parameters, prepare=True)

    def _open_replica(self, url: str, lag: float) -> Replica:
        engine = create_async_engine(
            _with_parameters(sqlalchemy_url(url), self.options),
            pool_size=self.options.sessions,
            max_overflow=0,
            pool_use_lifo=True,
            hide_parameters=True,
            isolation_level="AUTOCOMMIT",
        )
        event.listen(engine.sync_engine, "checkout", _discard_closed)
        address = _rendered(_with_parameters(sqlalchemy_url(url), self.options))
        return Replica(DirectPool(address, self.options.direct), engine, lag)

    @asynccontextmanager
    async def write(self, *, statement_seconds: float | None = None) -> AsyncIterator[AsyncSession]:
        """The unit of work: one transaction, committed at its end, rolled back by an exception.

        `statement_seconds` overrides the time limit of its statements; 0 means no limit.
        """
        async with self._writers.take(), self._write() as session, session.begin():
            if statement_seconds is not None:
                limit = round(statement_seconds * 1000)
                await session.execute(text(f"SET LOCAL statement_timeout = {limit}"))
            yield session

    @asynccontextmanager
    async def autocommit(self, *, statement_seconds: float | None = None) -> AsyncIterator[AsyncConnection]:
        """A connection on which each statement commits by itself.

        For statements that no transaction may contain, such as CREATE INDEX CONCURRENTLY, and for single writes.
        `statement_seconds` as for `write`.
        """
        if statement_seconds is None:
            async with self._writers.take(), self._autocommit.connect() as connection:
                yield connection
            return
        async with (self._sessions if self.is_pooled else self._autocommit).connect() as connection:
            await connection.execute(text(f"SET statement_timeout = {round(statement_seconds * 1000)}"))
            try:
                yield connection
            finally:
                if not connection.invalidated:
                    await connection.execute(text("RESET statement_timeout"))

    async def close(self) -> None:
        if self.replica is not None:
            await self.replica.close()
        await self.direct.close()
        await self._engine.dispose()
        await self._sessions.dispose()


def _with_parameters(url: URL, options: PoolOptions) -> URL:
    """Returns the URL with the options as parameters. Parameters that the URL has take precedence."""
    added = {name: value for name, value in options.parameters().items() if name not in url.query}
    return url.update_query_dict(added)


def _rendered(url: URL) -> str:
    """Returns the URL as text for libpq, which does not decode a plus sign in the query as a space."""
    address, mark, query = url.set(drivername="postgresql").render_as_string(hide_password=False).partition("?")
    return f"{address}{mark}{query.replace('+', '%20')}"


def _discard_closed(connection: Any, record: Any, proxy: Any) -> None:
    """Make the pool replace a connection that the server has closed. Looks at the socket, without a round trip: an idle
    connection has nothing to read, a closed one is readable (end of the stream).
    """
    descriptor = connection.driver_connection.fileno()
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    if poll.poll(0):
        raise DisconnectionError("the server has closed the connection")


def _discard_worn(connection: Any, record: Any, proxy: Any) -> None:
    """Makes the pool replace a connection after MAX_USES uses.

    PostgreSQL caches each table (50 KB a project) for the life of a connection: with thousands of projects, each
    connection would hold hundreds of megabytes.
    """
    uses = record.info["uses"] = record.info.get("uses", 0) + 1
    if uses > MAX_USES:
        raise DisconnectionError("the connection has been used for long enough")


def sqlalchemy_url(url: str) -> URL:
    """Returns the URL with the psycopg 3 driver, whichever driver or short scheme the user wrote."""
    try:
        parsed = make_url(url)
    except Exception as error:
        raise SetupError(
            "The database URL cannot be read: it looks like postgresql://user:password@host:5432/name."
        ) from error
    if parsed.get_backend_name() not in ("postgresql", "postgres"):
        raise SetupError(f"The database must be PostgreSQL, not {parsed.get_backend_name()}.")
    return parsed.set(drivername="postgresql+psycopg")


def libpq_url(url: str) -> str:
    """Returns the URL as libpq and `psycopg.connect` take it."""
    return _rendered(sqlalchemy_url(url))


async def driver_connection(session: AsyncSession) -> psycopg.AsyncConnection[Any]:
    """Returns the psycopg connection of a session, for a library that takes part in its transaction."""
    connection = await (await session.connection()).get_raw_connection()
    driver = connection.driver_connection
    assert isinstance(driver, psycopg.AsyncConnection)
    return driver
