"""The pool: connections are replaced before they remember too much."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from citewell.db import direct, engine
from citewell.db.engine import Database

_PID = text("SELECT pg_backend_pid()")


async def _pid(database: Database) -> int:
    async with database.alone.connect() as connection:
        return int(await connection.scalar(_PID) or 0)


async def test_a_connection_is_replaced_after_its_uses(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MAX_USES", 3)
    database = Database(database_url)
    pids = [await _pid(database) for _ in range(9)]
    assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [3, 3, 3]
    many = await asyncio.gather(*(_pid(database) for _ in range(200)))
    assert len(set(many)) > 20  # more than the pool holds at once
    assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
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
    assert database.direct.in_use == 0
    await database.close()


async def test_one_failure_makes_all_direct_connections_suspect(database_url: str) -> None:
    """After a restart of the database, one statement may fail; the next ones find connections that live."""
    database = Database(database_url)
    await asyncio.gather(*(database.direct.fetch("SELECT pg_sleep(0.05)", {}) for _ in range(8)))
    async with database.alone.connect() as connection:
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        await connection.execute(text(f"{end} AND pid <> pg_backend_pid()"))
    with pytest.raises(OperationalError):
        await database.direct.fetch("SELECT 1", {})
    for _ in range(10):
        await database.direct.fetch("SELECT 1", {})
    await database.close()
