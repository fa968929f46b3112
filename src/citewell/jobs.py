"""The job queue: `procrastinate` on the same database, so a job commits with the data that it is about."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import procrastinate
import structlog
from psycopg import AsyncConnection
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.engine import driver_connection, libpq_url

log = structlog.get_logger(__name__)

HEARTBEAT_SECONDS = 2.0
STALLED_SECONDS = 10.0
_POOL_SIZE = 8


def make_queue(url: str, blueprints: dict[str, procrastinate.Blueprint]) -> procrastinate.App:
    connector = procrastinate.PsycopgConnector(conninfo=libpq_url(url), min_size=1, max_size=_POOL_SIZE)
    queue = procrastinate.App(connector=connector)
    for namespace, blueprint in blueprints.items():
        queue.add_tasks_from(blueprint, namespace=namespace)
    return queue


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
    connection: AsyncConnection[Any] = await driver_connection(session)
    job = queue.configure_task(task, queueing_lock=same, connection=connection)
    with contextlib.suppress(procrastinate.exceptions.AlreadyEnqueued):
        await job.defer_async(**arguments)


@contextlib.asynccontextmanager
async def working(queue: procrastinate.App, concurrency: int, context: dict[str, Any]) -> AsyncIterator[None]:
    """Run a worker beside the body. At the end, running jobs get a moment to finish and are then handed back."""
    worker = asyncio.create_task(
        queue.run_worker_async(
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
        ),
        name="worker",
    )
    rescuer = asyncio.create_task(_rescue_stalled(queue), name="rescuer")
    worker.add_done_callback(_report_end)
    try:
        yield
    finally:
        for task in (rescuer, worker):
            task.cancel()
        await asyncio.gather(worker, rescuer, return_exceptions=True)


async def _rescue_stalled(queue: procrastinate.App) -> None:
    """Give the jobs of workers that died back to the queue. Steps are idempotent, so once too often is harmless."""
    while True:
        try:
            for job in await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
                log.info("job_rescued", job=job.id, task=job.task_name)
                await queue.job_manager.retry_job(job)
        except procrastinate.exceptions.ConnectorException:
            log.warning("rescue_postponed", reason="the database does not answer")
        await asyncio.sleep(HEARTBEAT_SECONDS)


def _report_end(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("worker_ended", exc_info=task.exception())
