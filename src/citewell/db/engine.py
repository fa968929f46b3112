"""Connections to the database, and the unit of work around them."""

import select
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from citewell.db.direct import DirectPool
from citewell.errors import SetupError

# A new connection costs some milliseconds: well below a percent of so many uses.
MAX_USES = 2_000


class Database:
    """The pool of connections of one process.

    `begin()` is the unit of work: one transaction, committed at its end, rolled back by an exception. No transaction
    and no connection is held across a model call, a parse or a stream.
    """

    def __init__(self, url: str, *, pool_size: int = 16) -> None:
        self.url = url
        # No overflow: under load it would open and close a connection for each statement.
        # The last one returned is used first: what a connection remembers of tables is then kept by few of them.
        self.engine: AsyncEngine = create_async_engine(
            sqlalchemy_url(url), pool_size=pool_size, max_overflow=0, pool_use_lifo=True
        )
        # For statements that stand alone: one round trip each, without BEGIN and COMMIT around it.
        self.alone: AsyncEngine = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        event.listen(self.engine.sync_engine, "checkout", _discard_closed)
        # For those of them that are part of every request.
        self.direct = DirectPool(libpq_url(url), pool_size)
        event.listen(self.engine.sync_engine, "checkout", _discard_worn)
        self.sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        async with self.sessions() as session, session.begin():
            yield session

    async def close(self) -> None:
        await self.direct.close()
        await self.engine.dispose()


def _discard_closed(connection: Any, record: Any, proxy: Any) -> None:
    """Have the pool replace a connection that the server has closed, which its socket knows without a round trip.

    An idle connection has nothing to read; one that the server has closed is readable, with the end of the stream.
    """
    descriptor = connection.driver_connection.fileno()
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    if poll.poll(0):
        raise DisconnectionError("the server has closed the connection")


def _discard_worn(connection: Any, record: Any, proxy: Any) -> None:
    """Have the pool replace a connection that has been used MAX_USES times.

    PostgreSQL keeps what it knows of each table (50 KB a project) for as long as the connection lasts: with thousands
    of projects, each connection would come to hold hundreds of megabytes.
    """
    uses = record.info["uses"] = record.info.get("uses", 0) + 1
    if uses > MAX_USES:
        raise DisconnectionError("the connection has been used for long enough")


def sqlalchemy_url(url: str) -> URL:
    """The URL with the psycopg 3 driver, whatever driver or short scheme the user wrote."""
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
    """The URL as libpq and `psycopg.connect` take it."""
    return sqlalchemy_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


async def driver_connection(session: AsyncSession) -> psycopg.AsyncConnection[Any]:
    """The psycopg connection of a session's transaction, for a library that joins that transaction."""
    connection = await (await session.connection()).get_raw_connection()
    driver = connection.driver_connection
    assert isinstance(driver, psycopg.AsyncConnection)
    return driver
