"""The job queue: a job exists if, and only if, the transaction that published it committed."""

import asyncio

import procrastinate
from sqlalchemy import text

from citewell.db.engine import Database
from citewell.jobs import defer, defer_once, make_queue


def blueprint() -> procrastinate.Blueprint:
    made = procrastinate.Blueprint()

    @made.task(name="note")
    async def note(*, word: str) -> None: ...

    return made


async def words(database: Database) -> list[str]:
    async with database.write() as session:
        rows = await session.execute(text("SELECT args ->> 'word' FROM procrastinate_jobs ORDER BY id"))
        return [row[0] for row in rows]


async def test_a_job_that_waits_already_costs_no_other_job(database_url: str) -> None:
    """Two processes publish the same job at once; what else each of them published is kept."""
    database = Database(database_url)
    queue = make_queue(database_url, {"test": blueprint()})
    async with queue.open_async():
        async with database.write() as first:
            await defer_once(first, queue, "test:note", word="once")

            async def second() -> None:
                async with database.write() as session:
                    await defer(session, queue, "test:note", word="before")
                    await defer_once(session, queue, "test:note", word="once")
                    await defer(session, queue, "test:note", word="after")

            waiting = asyncio.create_task(second())
            await _until_somebody_waits(database)
            await first.commit()
        await waiting
        assert sorted(await words(database)) == ["after", "before", "once"]
    await database.close()


async def test_a_transaction_that_fails_publishes_nothing(database_url: str) -> None:
    database = Database(database_url)
    queue = make_queue(database_url, {"test": blueprint()})
    async with queue.open_async():
        async with database.write() as session:
            await defer(session, queue, "test:note", word="lost")
            await session.rollback()
        assert await words(database) == []
    await database.close()


async def _until_somebody_waits(database: Database) -> None:
    """Until a statement waits for another transaction to end."""
    query = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with asyncio.timeout(10):
        while True:
            async with database.write() as session:
                if await session.scalar(query):
                    return
            await asyncio.sleep(0.01)
