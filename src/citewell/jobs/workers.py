"""The workers of a process: running, woken when jobs can begin, and ended in order."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import procrastinate
import structlog
from procrastinate.exceptions import ConnectorException
from procrastinate.worker import Worker

from citewell.jobs.lanes import BATCHES, QUEUES, QUICK
from citewell.jobs.progress import current_job
from citewell.jobs.queue import (
    MAX_KILLS,
    PATIENCE_SECONDS,
    PatientJobs,
    is_interruption,
    refuse_killer,
    wait_after_kills,
)
from citewell.jobs.repository import find_filled_queues
from citewell.kit.loops import Supervisor, end
from citewell.kit.time import now

log = structlog.get_logger(__name__)

HEARTBEAT_SECONDS = 2.0
STALLED_SECONDS = 10.0
_GRACE_SECONDS = 5.0  # for running jobs to finish when the worker is to end
_LOOK_SECONDS = 0.2  # between two looks whether it has ended
_WAKE_SECONDS = 0.5  # between two looks for jobs that can begin, for all workers of a process
_POLL_SECONDS = 10.0  # between two polls of each worker by itself


@dataclass(frozen=True)
class Workers:
    """The queues that one process serves, and how many jobs of each it runs at once.

    Workers of `parse` also take the jobs of small files, single or shared; workers of `quick` take only those, so that
    a small file never waits for large ones.
    """

    parse: int = 3
    quick: int = 1
    embed: int = 2
    extract: int = 2
    evaluate: int = 2
    mail: int = 1
    sync: int = 2
    maintenance: int = 2

    only: tuple[str, ...] = QUEUES

    def queues(self) -> list[tuple[list[str], int]]:
        """(queues, concurrency) of each worker. Jobs of earlier versions are in `default`."""
        small = [QUICK, BATCHES["parse"]]
        more = {"maintenance": ["default"], "parse": small, "embed": [BATCHES["embed"]]}
        found = [([name, *more.get(name, [])], getattr(self, name)) for name in self.only]
        return [*found, (small, self.quick)] if "parse" in self.only else found


@contextlib.asynccontextmanager
async def working(
    queue: procrastinate.App, workers: Workers, context: dict[str, Any], loops: Supervisor
) -> AsyncIterator[None]:
    """Run the workers during the body. At its end, running jobs get a moment to finish; unfinished ones go back to the
    queue."""
    async with contextlib.AsyncExitStack() as stack:
        running: dict[str, Worker] = {}  # by the first of their queues
        for names, concurrency in workers.queues():
            work = functools.partial(_keep_working, queue, names, concurrency, context, running)
            await stack.enter_async_context(loops.running(f"worker-{names[0]}", work))
        await stack.enter_async_context(loops.running("waker", functools.partial(_wake_workers, queue, running)))
        await stack.enter_async_context(loops.running("rescuer", functools.partial(_rescue_stalled, queue)))
        try:
            yield
        finally:
            if isinstance(queue.job_manager, PatientJobs):
                queue.job_manager.give_up()


async def _keep_working(
    queue: procrastinate.App, names: list[str], concurrency: int, context: dict[str, Any], running: dict[str, Worker]
) -> None:
    """Keep a worker running: when it ends, for example with its listening connection, start the next."""
    # A listening worker holds a connection. Workers whose jobs may wait a second do without.
    listens = names[0] in ("parse", "embed")
    while True:
        try:
            worker = Worker(
                queue,
                queues=names,
                name=names[0],
                concurrency=concurrency,
                install_signal_handlers=False,
                listen_notify=listens,
                # A notification that arrives while the worker fetches is lost: `_wake_workers` looks for its job.
                fetch_job_polling_interval=_POLL_SECONDS,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=STALLED_SECONDS,
                shutdown_graceful_timeout=_GRACE_SECONDS,
                delete_jobs="successful",
                additional_context=context,
                worker_middleware=[_count_interruptions],
            )
            running[names[0]] = worker
            await _run_until_cancelled(worker)
            log.warning("worker_ended", queues=names)
        except Exception as error:
            log.warning("worker_ended", queues=names, exc_info=error)
        await asyncio.sleep(PATIENCE_SECONDS)


async def _count_interruptions(
    run: Callable[[], Awaitable[Any]], context: procrastinate.JobContext, worker: Worker
) -> Any:
    """Runs a job. Stores that its attempt was ended from outside, so that it leaves the attempts for errors."""
    current_job.set(context.job)
    try:
        # One more than tasks allow that show the failure to people: they get to do so first.
        refuse_killer(context.job, MAX_KILLS + 1)
        return await run()
    except BaseException as error:
        if is_interruption(error):
            await _note_interruption(worker.app, context.job)
        raise


async def _note_interruption(queue: procrastinate.App, job: procrastinate.jobs.Job) -> None:
    with contextlib.suppress(ConnectorException):  # the process ends while the database is away
        await _patient(queue).note_interruption(job)


def _patient(queue: procrastinate.App) -> PatientJobs:
    assert isinstance(queue.job_manager, PatientJobs)
    return queue.job_manager


async def _wake_workers(queue: procrastinate.App, running: dict[str, Worker]) -> None:
    """Look for all workers of the process at once which queues have jobs that can begin, and wake those of them.

    A worker that looks by itself costs a transaction each time, on a connection that is checked before.
    """
    while True:
        await asyncio.sleep(_WAKE_SECONDS)
        names = sorted({name for worker in running.values() for name in worker.queues or ()})
        with contextlib.suppress(ConnectorException):  # workers wait for the database by themselves
            filled = await find_filled_queues(queue.connector, names)
            for worker in running.values():
                if filled.intersection(worker.queues or ()):
                    worker._new_job_event.set()  # as a notification does


async def _run_until_cancelled(worker: Any) -> None:
    """Run a worker (whose methods are untyped), and end it in order when this is cancelled.

    The worker is told to stop; it is not cancelled. Python 3.11 loses a cancellation that comes at the moment when
    `wait_for` ends, for example while waiting for a connection, and the worker would then never end.
    """
    run = asyncio.ensure_future(worker.run())
    try:
        await asyncio.shield(run)
    except asyncio.CancelledError:
        for _ in range(round((_GRACE_SECONDS + PATIENCE_SECONDS) / _LOOK_SECONDS)):
            worker.stop()  # repeatedly: a run that has just begun forgets an earlier request
            if (await asyncio.wait([run], timeout=_LOOK_SECONDS))[0]:
                break
        await end(run)
        raise


async def _rescue_stalled(queue: procrastinate.App) -> None:
    while True:
        try:
            await rescue_jobs(queue)
        except ConnectorException:
            log.warning("rescue_postponed", reason="the database does not answer")
        await asyncio.sleep(HEARTBEAT_SECONDS)


async def rescue_jobs(queue: procrastinate.App) -> None:
    """Return the jobs of dead workers to the queue. Steps are idempotent, so running one twice does no harm.

    A job whose worker died several times waits, in case it is what ends the process.
    """
    for job in await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
        kills = await _patient(queue).note_interruption(job, was_killed=True)
        wait = wait_after_kills(job, kills)
        log.info("job_rescued", job=job.id, task=job.task_name, kills=kills, waits_seconds=round(wait))
        await queue.job_manager.retry_job(job, retry_at=now() + timedelta(seconds=wait))
