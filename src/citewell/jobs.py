"""The job queue: `procrastinate` on the same database, so a job commits with the data that it is about."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

import procrastinate
import structlog
from procrastinate.exceptions import ConnectorException
from procrastinate.manager import JobManager
from psycopg import AsyncConnection
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.engine import driver_connection, libpq_url
from citewell.kit.loops import Supervisor
from citewell.kit.outages import REASONS, Outage, outage

log = structlog.get_logger(__name__)

T = TypeVar("T")

HEARTBEAT_SECONDS = 2.0
STALLED_SECONDS = 10.0
_PATIENCE_SECONDS = 1.0  # between two tries to tell the database something
_OUTAGE_SECONDS = 60  # the longest wait of a job for the surroundings to be in order again


class PatientJobs(JobManager):
    """What workers tell the database, told again until it takes it.

    While the database is away or its disk is full, a worker would end, and so would jobs whose end nobody could write
    down: they would be "doing" for as long as their worker lives. Patience ends with `give_up`. `outage` is what the
    workers of this process wait for.
    """

    def __init__(self, connector: procrastinate.connector.BaseConnector) -> None:
        super().__init__(connector)
        self.outage: Outage | None = None
        self._given_up = asyncio.Event()

    def give_up(self) -> None:
        self._given_up.set()

    async def fetch_job(self, *args: Any, **named: Any) -> procrastinate.jobs.Job | None:
        return await self._patiently(super().fetch_job, *args, **named)

    async def finish_job(self, *args: Any, **named: Any) -> None:
        await self._patiently(super().finish_job, *args, **named)

    async def retry_job(self, *args: Any, **named: Any) -> None:
        await self._patiently(super().retry_job, *args, **named)

    async def update_heartbeat(self, *args: Any, **named: Any) -> None:
        await self._patiently(super().update_heartbeat, *args, **named)

    async def _patiently(self, tell: Callable[..., Awaitable[T]], *args: Any, **named: Any) -> T:
        while True:
            try:
                told = await tell(*args, **named)
            except ConnectorException as error:
                found = outage(error)
                if found is None or self._given_up.is_set():
                    raise
                self._note(found)
            else:
                self._note(None)
                return told
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._given_up.wait(), _PATIENCE_SECONDS)

    def _note(self, found: Outage | None) -> None:
        if found != self.outage:
            log.warning("worker_waits" if found else "worker_goes_on", reason=REASONS[found] if found else None)
            self.outage = found


class Retrying(procrastinate.RetryStrategy):
    """Doubling waits, up to `max_attempts`. While the surroundings are out of order, there is no last attempt."""

    def get_retry_decision(
        self, *, exception: BaseException, job: procrastinate.jobs.Job
    ) -> procrastinate.RetryDecision | None:
        if outage(exception) is not None:
            return procrastinate.RetryDecision(retry_in={"seconds": min(2 ** (job.attempts + 1), _OUTAGE_SECONDS)})
        return super().get_retry_decision(exception=exception, job=job)


def make_queue(url: str, blueprints: dict[str, procrastinate.Blueprint], connections: int = 4) -> procrastinate.App:
    connector = procrastinate.PsycopgConnector(conninfo=libpq_url(url), min_size=1, max_size=connections)
    queue = procrastinate.App(connector=connector)
    queue.job_manager = PatientJobs(connector)
    for namespace, blueprint in blueprints.items():
        queue.add_tasks_from(blueprint, namespace=namespace)
    return queue


def outage_of(queue: procrastinate.App) -> Outage | None:
    """What the workers of this process wait for."""
    return queue.job_manager.outage if isinstance(queue.job_manager, PatientJobs) else None


async def defer(
    session: AsyncSession, queue: procrastinate.App, task: str, *, lock: str | None = None, **arguments: Any
) -> None:
    """Publish a job with the session's transaction: it exists if, and only if, that commits."""
    connection: AsyncConnection[Any] = await driver_connection(session)
    await queue.configure_task(task, lock=lock, connection=connection).defer_async(**arguments)


async def defer_once(session: AsyncSession, queue: procrastinate.App, task: str, **arguments: Any) -> None:
    """As `defer`, unless the same job waits already: of several processes that start, one publishes it."""
    same = f"{task}:{','.join(str(value) for value in arguments.values())}"
    waiting = text("SELECT FROM procrastinate_jobs WHERE queueing_lock = :same AND status = 'todo'")
    if (await session.execute(waiting, {"same": same})).first() is not None:
        return
    # A unique violation aborts the transaction that it happens in: the savepoint keeps what came before.
    with contextlib.suppress(procrastinate.exceptions.AlreadyEnqueued):
        async with session.begin_nested():
            connection: AsyncConnection[Any] = await driver_connection(session)  # here, which sets the savepoint
            await queue.configure_task(task, queueing_lock=same, connection=connection).defer_async(**arguments)


@contextlib.asynccontextmanager
async def working(
    queue: procrastinate.App, concurrency: int, context: dict[str, Any], loops: Supervisor
) -> AsyncIterator[None]:
    """Run a worker beside the body. At the end, running jobs get a moment to finish and are then handed back."""
    async with (
        loops.running("worker", functools.partial(_keep_working, queue, concurrency, context)),
        loops.running("rescuer", functools.partial(_rescue_stalled, queue)),
    ):
        try:
            yield
        finally:
            if isinstance(queue.job_manager, PatientJobs):
                queue.job_manager.give_up()


async def _keep_working(queue: procrastinate.App, concurrency: int, context: dict[str, Any]) -> None:
    """One worker after the other: whatever ends one, such as a connection that it listens on, the queue goes on."""
    while True:
        try:
            await queue.run_worker_async(
                concurrency=concurrency,
                install_signal_handlers=False,
                listen_notify=True,
                # Notifications make it quick. One that comes while the worker fetches is lost, so it looks often.
                fetch_job_polling_interval=0.5,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=STALLED_SECONDS,
                shutdown_graceful_timeout=5.0,
                delete_jobs="successful",
                additional_context=context,
            )
            log.warning("worker_ended")
        except Exception as error:
            log.warning("worker_ended", exc_info=error)
        await asyncio.sleep(_PATIENCE_SECONDS)


async def _rescue_stalled(queue: procrastinate.App) -> None:
    """Give the jobs of workers that died back to the queue. Steps are idempotent, so once too often is harmless."""
    while True:
        try:
            for job in await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
                log.info("job_rescued", job=job.id, task=job.task_name)
                await queue.job_manager.retry_job(job)
        except ConnectorException:
            log.warning("rescue_postponed", reason="the database does not answer")
        await asyncio.sleep(HEARTBEAT_SECONDS)
