"""Publishes jobs in the transaction of the data that they are about, and has projects take turns."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import procrastinate
import psycopg
from procrastinate.exceptions import ConnectorException
from psycopg import AsyncConnection
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.engine import driver_connection
from citewell.jobs.lanes import lane_of, queue_of
from citewell.jobs.repository import count_waiting, is_waiting

# Priorities of jobs are 32-bit numbers: seconds since this time.
_EPOCH = 1_767_225_600  # 2026-01-01
_LONGEST_AHEAD = 3600.0


@dataclass(frozen=True)
class Work:
    """A job to be published; see `defer`."""

    task: str
    arguments: dict[str, Any]
    lock: str | None = None
    seconds: float = 1.0
    wait_seconds: int = 0  # the job does not start before
    queue: str | None = None  # if not the task's own


async def defer(
    session: AsyncSession,
    queue: procrastinate.App,
    task: str,
    *,
    lock: str | None = None,
    seconds: float = 1.0,
    **arguments: Any,
) -> None:
    """Publish a job in the session's transaction: it exists if and only if that commits.

    `seconds` is the estimated duration; projects take turns by it, see `_priority`.
    """
    await defer_all(session, queue, [Work(task, arguments, lock, seconds)])


async def defer_later(
    session: AsyncSession,
    queue: procrastinate.App,
    task: str,
    wait_seconds: int,
    *,
    lock: str | None = None,
    **arguments: Any,
) -> None:
    """Like `defer`, but the job does not start before `wait_seconds` have passed."""
    await defer_all(session, queue, [Work(task, arguments, lock, wait_seconds=wait_seconds)])


async def defer_all(session: AsyncSession, queue: procrastinate.App, works: Sequence[Work]) -> None:
    """Like `defer`, for several jobs of one project in one statement."""
    counts: dict[str, tuple[float, int]] = {}  # by queue: (database time, number of the project's waiting jobs)
    jobs = []
    for work in works:
        name = work.queue or lane_of(queue_of(work.task), work.seconds)
        if name not in counts:
            counts[name] = await count_waiting(session, name, work.arguments.get("project_id", ""))
        now, ahead = counts[name]
        counts[name] = now, ahead + 1
        priority = _priority(now, ahead, work.seconds)
        later: dict[str, Any] = {"schedule_in": {"seconds": work.wait_seconds}} if work.wait_seconds else {}
        deferrer = queue.configure_task(work.task, lock=work.lock, queue=name, priority=priority, **later)
        jobs.append(deferrer.make_new_job(**work.arguments))
    if jobs:
        connection: AsyncConnection[Any] = await driver_connection(session)
        with _errors_of_the_database():
            await queue.job_manager.batch_defer_jobs_async(jobs, connection=connection)


@contextlib.contextmanager
def _errors_of_the_database() -> Iterator[None]:
    """Raises the psycopg.Error that procrastinate wraps: a full disk, a lost connection and a value that cannot be
    stored are answered as in every other statement."""
    try:
        yield
    except ConnectorException as error:
        if not isinstance(error.__cause__, psycopg.Error):
            raise
        raise error.__cause__ from error.__cause__.__cause__


def _priority(now: float, waiting: int, seconds: float) -> int:
    """Returns the job's priority: minus the time at which it would end if its project had its own worker. The earliest
    goes first.

    So projects take turns however many jobs each has, small jobs overtake large ones, and no job waits for ever,
    because jobs that come later end later.
    """
    ahead = min(seconds * waiting, _LONGEST_AHEAD)
    return -int(now - _EPOCH + ahead + seconds)


async def defer_once(session: AsyncSession, queue: procrastinate.App, task: str, **arguments: Any) -> None:
    """Like `defer`, unless the same job is already waiting: if several processes start at once, one of them
    publishes it.
    """
    same = f"{task}:{','.join(str(value) for value in arguments.values())}"
    if await is_waiting(session, same):
        return
    # A unique violation aborts its transaction; the savepoint keeps what came before.
    with contextlib.suppress(procrastinate.exceptions.AlreadyEnqueued):
        async with session.begin_nested():
            connection: AsyncConnection[Any] = await driver_connection(session)  # here, which sets the savepoint
            job = queue.configure_task(task, queueing_lock=same, queue=queue_of(task), connection=connection)
            with _errors_of_the_database():
                await job.defer_async(**arguments)
