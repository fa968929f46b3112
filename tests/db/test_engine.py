"""The pool: connections are replaced before they remember too much."""

import asyncio

import pytest
from sqlalchemy import text

from citewell.db import engine
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
