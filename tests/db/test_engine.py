"""The pool: connections are replaced before they remember too much."""

import asyncio
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from citewell.db import direct, engine
from citewell.db.engine import Database, PoolOptions
from citewell.process import open_process
from tests.conftest import make_settings
from tests.waiting import until

_PID = text("SELECT pg_backend_pid()")


async def _pid(database: Database) -> int:
    async with database.autocommit() as connection:
        return int(await connection.scalar(_PID) or 0)


async def test_a_connection_is_replaced_after_its_uses(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MAX_USES", 3)
    database = Database(database_url)
    pids = [await _pid(database) for _ in range(9)]
    assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [3, 3, 3]
    many = await asyncio.gather(*(_pid(database) for _ in range(200)))
    assert len(set(many)) > 20  # more than the pool holds at once
    assert database.checked_out == 0
    await database.close()


async def test_one_after_the_other_uses_one_connection(database_url: str) -> None:
    database = Database(database_url)
    await asyncio.gather(*(_pid(database) for _ in range(10)))
    assert len({await _pid(database) for _ in range(20)}) == 1
    await database.close()


async def test_a_direct_connection_is_replaced_as_well(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct, "MAX_USES", 3)
    database = Database(database_url)
    pids = [(await database.direct.fetch("SELECT pg_backend_pid() AS pid", {}))[0].pid for _ in range(9)]
    assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [3, 3, 3]
    await database.close()


_END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"


async def _end_all_others(database: Database) -> None:
    """What a restart of the database does to its connections."""
    async with database.autocommit() as connection:
        await connection.execute(text(f"{_END} AND pid <> pg_backend_pid()"))


async def test_no_reader_notices_that_all_connections_were_ended(database_url: str) -> None:
    database = Database(database_url)
    await asyncio.gather(*(database.direct.fetch("SELECT pg_sleep(0.05)", {}) for _ in range(8)))
    await _end_all_others(database)
    for _ in range(10):
        await database.direct.fetch("SELECT 1", {})
    await database.close()


async def test_a_busy_pool_is_not_taken_for_a_database_that_is_away(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a connection is handed from one user to the next, nobody has it; whoever comes then waits as all do."""
    database = Database(database_url, PoolOptions(direct=1))
    await database.direct.fetch("SELECT 1", {})
    monkeypatch.setattr(direct, "_AWAY_SECONDS", 0.5)

    async def come() -> None:
        for _ in range(2):
            await database.direct.fetch("SELECT pg_sleep(0.05)", {})

    await asyncio.gather(*(come() for _ in range(20)))
    await database.close()


async def test_a_reading_statement_under_which_the_connection_dies_is_repeated(database_url: str) -> None:
    database, others = Database(database_url), Database(database_url)
    slow = "SELECT 7 AS found, pg_sleep(0.7)"
    alone = asyncio.create_task(database.direct.fetch(slow, {}))

    async def in_session() -> Any:
        async with database.read() as session:
            await session.execute(text("SELECT 1"))
            return (await session.execute(text(slow))).one().found

    session = asyncio.create_task(in_session())
    await _until_busy(others, 2)
    await _end_all_others(others)
    assert (await alone)[0].found == 7
    assert await session == 7
    await database.close()
    await others.close()


async def test_several_statements_under_which_the_connection_dies_are_repeated(database_url: str) -> None:
    database = Database(database_url)
    calls = 0

    async def read() -> int:
        nonlocal calls
        calls += 1
        async with database.direct.connect() as connection:
            [first] = await direct.fetch(connection, "SELECT 3 AS found", {})
            if calls == 1:
                await _end_all_others(database)
            [second] = await direct.fetch(connection, "SELECT 4 AS found", {})
            return int(first.found + second.found)

    assert await direct.repeated(read) == 7
    assert calls == 2
    await database.close()


async def test_a_writing_statement_is_not_repeated(database_url: str) -> None:
    database, others = Database(database_url), Database(database_url)
    slow = "INSERT INTO server_marks (name, value) SELECT 'x', 'y' FROM pg_sleep(0.7)"
    writing = asyncio.create_task(database.direct.fetch(f"{slow} RETURNING name", {}, writes=True))
    await _until_busy(others, 1)
    await _end_all_others(others)
    with pytest.raises(OperationalError):
        await writing
    await database.close()
    await others.close()


async def _until_busy(database: Database, count: int) -> None:
    """Until so many connections are in the middle of a statement that sleeps."""
    query = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()")

    async def sleeping() -> int:
        async with database.read() as session:
            return await session.scalar(query) or 0

    await until(sleeping, lambda found: found >= count)


async def test_a_process_names_itself_and_bounds_its_statements(database_url: str) -> None:
    database = Database(database_url, PoolOptions(application_name="kb-2", statement_seconds=0.2))
    settings = "SELECT current_setting('application_name') AS name, current_setting('statement_timeout') AS longest"
    async with database.read() as session:
        assert tuple((await session.execute(text(settings))).one()) == ("kb-2", "200ms")
    assert tuple((await database.direct.fetch(settings, {}))[0]) == ("kb-2", "200ms")
    with pytest.raises(OperationalError, match="statement timeout"):
        await database.direct.fetch("SELECT pg_sleep(5)", {})
    async with database.write(statement_seconds=0) as session:
        assert await session.scalar(text("SELECT pg_sleep(0.3) IS NOT NULL"))
    async with database.autocommit(statement_seconds=0) as connection:
        assert await connection.scalar(text("SELECT pg_sleep(0.3) IS NOT NULL"))
    async with database.read() as session:
        assert (await session.execute(text(settings))).one().longest == "200ms"
    await database.close()


async def test_a_process_takes_at_most_twenty_connections(database_url: str, tmp_path: Path) -> None:
    """Many processes share one server, which has room for 100 connections as it is installed. Counted while each pool
    is used up."""
    settings = make_settings(database_url, tmp_path, embedding="none")
    wait, count = "SELECT pg_advisory_xact_lock_shared(7)", "SELECT count(*) AS found FROM pg_locks WHERE NOT granted"
    of_process = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    pools = settings.database_sessions + settings.database_direct_connections + settings.database_queue_connections
    async with open_process(settings, worker=True) as process:
        database = process.database

        async def wait_in_session() -> None:
            async with database.read() as session:
                await session.execute(text(wait))

        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as other:
            # Those that listen send SELECT 1 from time to time, which tells whether they are alive.
            listening = f"{of_process} AND pid <> pg_backend_pid() AND (query ILIKE 'LISTEN%' OR query = 'SELECT 1')"
            await until(lambda: _number(other, listening), lambda found: found >= 3)
            await other.execute("SELECT pg_advisory_lock(7)")
            waiting = [asyncio.ensure_future(wait_in_session()) for _ in range(20)]
            waiting += [asyncio.ensure_future(database.direct.fetch(wait, {})) for _ in range(20)]
            waiting += [asyncio.ensure_future(process.queue.connector.execute_query_async(wait)) for _ in range(20)]
            await until(lambda: _number(other, count), lambda found: found >= pools)
            taken = await _number(other, f"{of_process} AND pid <> pg_backend_pid()")
            await other.execute("SELECT pg_advisory_unlock(7)")
            await asyncio.gather(*waiting)
    assert taken == pools + 3 == 20


async def _number(connection: psycopg.AsyncConnection[Any], query: str) -> int:
    row = await (await connection.execute(query.encode())).fetchone()
    return int(row[0]) if row is not None else 0
