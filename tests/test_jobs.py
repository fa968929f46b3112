"""The job queue: a job exists if, and only if, the transaction that published it committed."""

import asyncio
import errno
from dataclasses import replace

import procrastinate
import psycopg
import pytest
from procrastinate.jobs import Job
from sqlalchemy import text

from citewell.db.engine import Database
from citewell.ingestion.step_jobs import step_work
from citewell.jobs import workers as job_workers
from citewell.jobs.progress import note_progress
from citewell.jobs.publishing import Work, defer, defer_all, defer_once
from citewell.jobs.queue import (
    FREE_KILLS,
    MAX_KILLS,
    KilledTooOften,
    Retrying,
    errors_of,
    is_last_attempt,
    make_queue,
    work_or_give_up,
)
from citewell.jobs.workers import Workers, working
from citewell.kit.ids import new_id
from citewell.kit.loops import Supervisor

# The table of the jobs refuses rows as a full disk does.
_DISK_FULL = (
    "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE SQLSTATE '53100'; END $$",
    "CREATE TRIGGER full_disk BEFORE INSERT ON procrastinate_jobs EXECUTE FUNCTION refuse()",
)


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


async def test_errors_of_the_database_are_raised_as_such(database_url: str) -> None:
    """The kinds of errors that HTTP answers explain; procrastinate wraps them in one of its own."""
    database = Database(database_url)
    queue = make_queue(database_url, {"test": blueprint()})
    async with queue.open_async():
        with pytest.raises(psycopg.DataError):
            async with database.write() as session:
                await defer(session, queue, "test:note", word="a\0b")
        async with database.write() as session:
            for statement in _DISK_FULL:
                await session.execute(text(statement))
        for publish in (defer, defer_once):
            with pytest.raises(psycopg.errors.DiskFull):
                async with database.write() as session:
                    await publish(session, queue, "test:note", word="lost")
        assert await words(database) == []
    await database.close()


async def test_projects_take_turns_and_small_jobs_overtake_large_ones(database_url: str) -> None:
    database = Database(database_url)
    tasks = procrastinate.Blueprint()

    @tasks.task(name="parse")
    async def parse(*, project_id: str, word: str) -> None: ...

    queue = make_queue(database_url, {"ingestion": tasks})
    async with queue.open_async(), database.write() as session:
        for number in range(12):
            await defer(session, queue, "ingestion:parse", seconds=33, project_id="a", word=f"a large {number}")
        await defer(session, queue, "ingestion:parse", seconds=1, project_id="a", word="a small")
        for number in range(3):
            await defer(session, queue, "ingestion:parse", seconds=33, project_id="b", word=f"b large {number}")
        await defer(session, queue, "ingestion:parse", seconds=1, project_id="c", word="c small")
        rows = await session.execute(text("SELECT args ->> 'word' FROM procrastinate_jobs ORDER BY priority DESC, id"))
        order = [row[0] for row in rows]
    assert set(order[:2]) == {"c small", "a small"}
    assert order.index("b large 0") < order.index("a large 1")
    assert order.index("b large 2") < order.index("a large 3")
    assert order[-1] == "a large 11"
    await database.close()


async def test_a_mail_does_not_wait_for_documents(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All places for documents are taken, and deletions and mails go on."""
    monkeypatch.setattr(job_workers, "_POLL_SECONDS", 3600.0)  # no worker waits until it looks by itself
    database = Database(database_url)
    release, done = asyncio.Event(), {"send": asyncio.Event(), "delete_document": asyncio.Event()}
    at_work: set[str] = set()
    parsing = procrastinate.Blueprint()
    other = {"mail": procrastinate.Blueprint(), "maintenance": procrastinate.Blueprint()}

    @parsing.task(name="parse")
    async def parse(*, project_id: str, word: str) -> None:
        at_work.add(word)
        await release.wait()

    for blueprint, name in ((other["mail"], "send"), (other["maintenance"], "delete_document")):

        @blueprint.task(name=name, pass_context=True)
        async def end(context: procrastinate.JobContext) -> None:
            assert context.task is not None
            done[context.task.name.rpartition(":")[2]].set()

    queue = make_queue(database_url, {"ingestion": parsing, **other})
    async with queue.open_async(), working(queue, Workers(parse=2), {}, Supervisor()):
        async with database.write() as session:
            for number in range(6):
                await defer(session, queue, "ingestion:parse", seconds=60, project_id="a", word=str(number))
        async with asyncio.timeout(120):
            while len(at_work) < 2:
                await asyncio.sleep(0.01)
        async with database.write() as session:
            await defer(session, queue, "mail:send")
            await defer(session, queue, "maintenance:delete_document")
        async with asyncio.timeout(120):
            await asyncio.gather(*(event.wait() for event in done.values()))
        assert len(at_work) == 2
        release.set()
    await database.close()


async def test_a_small_file_does_not_wait_for_large_ones(database_url: str) -> None:
    """One project's large files hold all places of parsing, for as long as they like: another's small file is read."""
    database = Database(database_url)
    release, small_done, all_held = asyncio.Event(), asyncio.Event(), asyncio.Event()
    at_work: list[str] = []
    parsing = procrastinate.Blueprint()

    @parsing.task(name="parse")
    async def parse(*, project_id: str, version_id: str) -> None:
        if project_id == "small":
            small_done.set()
            return
        at_work.append(version_id)
        if len(at_work) == 3:
            all_held.set()
        await release.wait()

    queue = make_queue(database_url, {"ingestion": parsing})
    async with queue.open_async(), working(queue, Workers(only=("parse",)), {}, Supervisor()):
        async with database.write() as session:
            await defer_all(session, queue, [_parse_of("large", 640_000) for _ in range(12)])
        async with asyncio.timeout(120):
            await all_held.wait()
        async with database.write() as session:
            await defer_all(session, queue, [_parse_of("small", 30)])
        async with asyncio.timeout(120):
            await small_done.wait()
        assert len(at_work) == 3, "the lane for small files took no large one"
        release.set()
    await database.close()


async def test_a_killed_process_leaves_a_job_its_attempts(database_url: str) -> None:
    """Three kills and one error: the error is the first of the four that a job may have."""
    database = Database(database_url)
    retrying = Retrying(max_attempts=4, exponential_wait=2)
    queue = make_queue(database_url, {"test": blueprint()})
    async with queue.open_async():
        async with database.write() as session:
            await defer(session, queue, "test:note", word="killed")
        for _ in range(3):
            await _begin(queue)
            async with database.write() as session:
                await session.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 h'"))
            for stalled in await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=60):
                await queue.job_manager.note_interruption(stalled)  # as another process does at the same time
            await job_workers.rescue_jobs(queue)
        job = await _begin(queue)
        assert (job.attempts, errors_of(job)) == (3, 0)
        assert not is_last_attempt(ValueError(), job)
        for errors in range(1, 5):
            decision = retrying.get_retry_decision(exception=ValueError(), job=job)
            assert decision is not None, f"after {errors - 1} errors"
            await queue.job_manager.retry_job(job)
            job = await _begin(queue)
            assert errors_of(job) == errors
            assert is_last_attempt(ValueError(), job) == (errors >= 3)
        assert retrying.get_retry_decision(exception=ValueError(), job=job) is None
        full = OSError(errno.ENOSPC, "No space left on device")  # passes with its cause
        assert not is_last_attempt(full, job)
        assert retrying.get_retry_decision(exception=full, job=job) is not None
    await database.close()


async def test_a_job_whose_process_dies_each_time_waits_longer_and_is_given_up(database_url: str) -> None:
    """Twenty kills lose no job; after thirty the failure is shown instead of beginning the work again."""
    database = Database(database_url)
    queue = make_queue(database_url, {"test": blueprint()})
    begun: list[str] = []
    given_up: list[Exception] = []

    async def work() -> None:
        begun.append("work")

    async def give_up(error: Exception) -> None:
        given_up.append(error)

    async with queue.open_async():
        async with database.write() as session:
            await defer(session, queue, "test:note", word="killed")
        waits = [await _kill(database, queue) for _ in range(20)]
        assert waits[:FREE_KILLS] == [0.0] * FREE_KILLS, "a job is not suspected at once"
        assert 4 < waits[FREE_KILLS] <= 10
        assert waits[FREE_KILLS : FREE_KILLS + 6] == sorted(set(waits[FREE_KILLS : FREE_KILLS + 6]))
        assert 250 < max(waits) <= 600
        job = await _begin(queue)
        await work_or_give_up(job, work, give_up, "broke")
        assert (begun, given_up) == (["work"], [])
        await _let_only_die(database, queue)
        for _ in range(MAX_KILLS - 21):
            await _kill(database, queue)
        job = await _begin(queue)
        await work_or_give_up(job, work, give_up, "broke")
        assert begun == ["work"], "the work is not begun again"
        [error] = given_up
        assert isinstance(error, KilledTooOften)
        assert "died 30 times" in error.message
        assert Retrying(max_attempts=4).get_retry_decision(exception=error, job=job) is None
    await database.close()


async def test_all_processes_that_notice_a_dead_worker_let_its_job_wait(database_url: str) -> None:
    """Whichever of them returns the job to the queue, it waits as long as its kills say."""
    database = Database(database_url)
    queue = make_queue(database_url, {"test": blueprint()})
    async with queue.open_async():
        async with database.write() as session:
            await defer(session, queue, "test:note", word="killed")
        job = await _begin(queue)
        kills = [await queue.job_manager.note_interruption(job, was_killed=True) for _ in range(2)]
        assert kills == [1, 1]
    await database.close()


async def test_jobs_that_died_together_do_not_begin_together_again(database_url: str) -> None:
    """Otherwise the job that kills its process would kill its neighbour each time."""
    database = Database(database_url)
    queue = make_queue(database_url, {"test": blueprint()})
    async with queue.open_async():
        async with database.write() as session:
            for word in ("killer", "neighbour"):
                await defer(session, queue, "test:note", word=word)
            await session.execute(text("UPDATE procrastinate_jobs SET attempts = 8, interruptions = 8, kills = 8"))
        await _begin(queue)
        await _begin(queue)
        await _let_die(database, queue)
        async with database.read() as session:
            first, second = await session.scalars(
                text("SELECT extract(epoch FROM scheduled_at - now())::float8 FROM procrastinate_jobs ORDER BY id")
            )
        assert abs(first - second) > 5
    await database.close()


async def test_a_job_that_makes_progress_is_not_suspected(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(database_url)
    stored = asyncio.Event()
    tasks = procrastinate.Blueprint()

    @tasks.task(name="long", queue="maintenance", retry=Retrying(max_attempts=4))
    async def long() -> None:
        async with database.write() as session:
            await note_progress(session)
        stored.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(job_workers, "_GRACE_SECONDS", 0.0)
    queue = make_queue(database_url, {"test": tasks})
    async with queue.open_async():
        async with database.write() as session:
            await defer(session, queue, "test:long")
            await session.execute(text("UPDATE procrastinate_jobs SET attempts = 29, interruptions = 29, kills = 29"))
        async with working(queue, Workers(only=("maintenance",)), {}, Supervisor()), asyncio.timeout(120):
            await stored.wait()
        assert await _kill(database, queue) <= 10
        async with database.read() as session:
            found = await session.execute(text("SELECT kills, interruptions FROM procrastinate_jobs"))
            assert found.one() == (FREE_KILLS + 1, 31)
    await database.close()


async def test_a_job_without_a_failure_to_show_is_given_up_by_the_queue(database_url: str) -> None:
    """It gets one attempt more, in which other jobs show their failure to people."""
    database = Database(database_url)
    begun: list[str] = []
    tasks = procrastinate.Blueprint()

    @tasks.task(name="clean", queue="maintenance", retry=Retrying(max_attempts=4))
    async def clean(word: str) -> None:
        begun.append(word)

    queue = make_queue(database_url, {"test": tasks})
    async with queue.open_async():
        async with database.write() as session:
            for word, kills in (("last", MAX_KILLS), ("never", MAX_KILLS + 1)):
                await defer(session, queue, "test:clean", word=word)
                await session.execute(
                    text(
                        "UPDATE procrastinate_jobs SET attempts = :kills, interruptions = :kills, kills = :kills"
                        " WHERE args ->> 'word' = :word"
                    ),
                    {"kills": kills, "word": word},
                )
        async with working(queue, Workers(only=("maintenance",)), {}, Supervisor()), asyncio.timeout(120):
            while await _statuses(database) != ["failed"]:
                await asyncio.sleep(0.01)
        assert begun == ["last"]
    await database.close()


async def test_a_shutdown_gives_a_job_back_whatever_its_attempts(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_workers, "_GRACE_SECONDS", 0.0)
    database = Database(database_url)
    begun = asyncio.Event()
    tasks = procrastinate.Blueprint()

    @tasks.task(name="long", queue="maintenance", retry=Retrying(max_attempts=4, exponential_wait=2))
    async def long() -> None:
        begun.set()
        await asyncio.Event().wait()

    queue = make_queue(database_url, {"test": tasks})
    async with queue.open_async():
        async with database.write() as session:
            await defer(session, queue, "test:long")
            await session.execute(text("UPDATE procrastinate_jobs SET attempts = 4"))
        async with working(queue, Workers(only=("maintenance",)), {}, Supervisor()), asyncio.timeout(120):
            await begun.wait()
        async with database.read() as session:
            left = await session.execute(
                text(
                    "SELECT status::text, attempts, interruptions, kills, scheduled_at <= now() FROM procrastinate_jobs"
                )
            )
            assert left.one() == ("todo", 5, 1, 0, True), "and it does not count as a kill"
    await database.close()


async def _kill(database: Database, queue: procrastinate.App) -> float:
    """Begins the only job in a process that dies; returns the seconds until the job may begin again."""
    await _begin(queue)
    return await _let_only_die(database, queue)


async def _let_only_die(database: Database, queue: procrastinate.App) -> float:
    await _let_die(database, queue)
    async with database.write() as session:
        wait = await session.scalar(
            text(
                "WITH now_then AS (SELECT id, greatest(extract(epoch FROM scheduled_at - now()), 0)::float8 AS seconds"
                " FROM procrastinate_jobs) UPDATE procrastinate_jobs j SET scheduled_at = now() FROM now_then n"
                " WHERE n.id = j.id RETURNING n.seconds"
            )
        )
    assert wait is not None
    return float(wait)


async def _let_die(database: Database, queue: procrastinate.App) -> None:
    """The workers give no sign of life any more."""
    async with database.write() as session:
        await session.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 h'"))
    await job_workers.rescue_jobs(queue)


async def _statuses(database: Database) -> list[str]:
    async with database.read() as session:
        return list(await session.scalars(text("SELECT status::text FROM procrastinate_jobs")))


async def _begin(queue: procrastinate.App) -> Job:
    worker = await queue.job_manager.register_worker()
    job = await queue.job_manager.fetch_job(queues=None, worker_id=worker)
    assert job is not None
    return job


def _parse_of(project: str, size: int) -> Work:
    work = step_work("parse", new_id(), new_id(), size)
    return replace(work, arguments=work.arguments | {"project_id": project})


async def _until_somebody_waits(database: Database) -> None:
    """Until a statement waits for another transaction to end."""
    query = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with asyncio.timeout(120):
        while True:
            async with database.write() as session:
                if await session.scalar(query):
                    return
            await asyncio.sleep(0.01)
