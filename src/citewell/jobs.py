"""The job queue: `procrastinate` on the same database, so a job commits with the data that it is about."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import procrastinate
import structlog
from procrastinate.exceptions import ConnectorException
from procrastinate.manager import JobManager
from procrastinate.worker import Worker
from psycopg import AsyncConnection
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.engine import driver_connection, libpq_url
from citewell.db.file_hold import FilesHeld
from citewell.kit.loops import Supervisor, end
from citewell.kit.outages import REASONS, Outage, outage

log = structlog.get_logger(__name__)

T = TypeVar("T")

HEARTBEAT_SECONDS = 2.0
STALLED_SECONDS = 10.0
_GRACE_SECONDS = 5.0  # for running jobs to finish when the worker is to end
_LOOK_SECONDS = 0.2  # between two looks whether it has ended
_WAKE_SECONDS = 0.5  # between two looks for jobs that can begin, for all workers of a process
_POLL_SECONDS = 10.0  # between two polls of each worker by itself
_PATIENCE_SECONDS = 1.0  # between two tries to write to the database
_OUTAGE_SECONDS = 60  # the longest wait of a job during an outage
# Of the priorities of jobs, which are 32 bits: seconds since then.
_EPOCH = 1_767_225_600  # 2026-01-01
_COUNTED = 1000  # waiting jobs of one project that are counted; more make no difference
_LONGEST_AHEAD = 3600.0
QUICK = "quick"
# Queue -> the queue for jobs that several small documents share. Versions that do not know such jobs do not fetch from
# it.
BATCHES = {"parse": "parse_batch", "embed": "embed_batch"}
_QUICK_SECONDS = 4.5  # a file of 70 kB: see `ingestion.step_jobs`
_WAITING = text(
    "SELECT extract(epoch FROM clock_timestamp()), (SELECT count(*) FROM (SELECT FROM procrastinate_jobs"
    " WHERE status = 'todo' AND queue_name = :name AND args ->> 'project_id' = :project LIMIT :most) AS waiting)"
)
_OTHERS = text(
    "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE status = 'todo' AND queue_name = :name"
    " AND args ->> 'project_id' <> :project)"
)
_CAN_BEGIN = (
    "SELECT name FROM unnest(%(names)s::text[]) name WHERE EXISTS (SELECT FROM procrastinate_jobs WHERE status = 'todo'"
    " AND queue_name = name AND (scheduled_at IS NULL OR scheduled_at <= now()))"
)


class PatientJobs(JobManager):
    """Repeats what workers write to the database until it succeeds.

    While the database is away or its disk is full, a worker would end, and finished jobs would stay "doing" as long as
    their worker lives. `give_up` ends the repetition. `outage` is the failure that the workers of this process wait
    for.
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
    """Exponential backoff with at most `max_attempts`. Infrastructure failures, and files held by a backup, are retried
    without limit."""

    def get_retry_decision(
        self, *, exception: BaseException, job: procrastinate.jobs.Job
    ) -> procrastinate.RetryDecision | None:
        if outage(exception) is not None or isinstance(exception, FilesHeld):
            return procrastinate.RetryDecision(retry_in={"seconds": min(2 ** (job.attempts + 1), _OUTAGE_SECONDS)})
        return super().get_retry_decision(exception=exception, job=job)


def is_last_attempt(error: BaseException, job: procrastinate.jobs.Job, max_attempts: int) -> bool:
    """Whether `Retrying` gives up after this error. Then the task marks its work as failed, with the reason."""
    is_passing = outage(error) is not None or isinstance(error, FilesHeld)
    return not is_passing and job.attempts + 1 >= max_attempts


def make_queue(url: str, blueprints: dict[str, procrastinate.Blueprint], connections: int = 4) -> procrastinate.App:
    # Jobs are published on the connections of their data. The connections here only carry what workers report, such as
    # that a job has begun or ended. That need not wait for the disk: if the database's machine dies, the job runs again
    # and finds its work done.
    connector = procrastinate.PsycopgConnector(
        conninfo=libpq_url(url), min_size=1, max_size=connections, configure=_commit_without_waiting
    )
    queue = procrastinate.App(connector=connector)
    queue.job_manager = PatientJobs(connector)
    for namespace, blueprint in blueprints.items():
        queue.add_tasks_from(blueprint, namespace=namespace)
    return queue


async def _commit_without_waiting(connection: AsyncConnection[Any]) -> None:
    await connection.execute("SET synchronous_commit = off")
    await connection.commit()


def outage_of(queue: procrastinate.App) -> Outage | None:
    """The infrastructure failure that the workers of this process wait for; None if there is none."""
    return queue.job_manager.outage if isinstance(queue.job_manager, PatientJobs) else None


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
    """As `defer`; the job does not start before `wait_seconds` have passed."""
    await defer_all(session, queue, [Work(task, arguments, lock, wait_seconds=wait_seconds)])


@dataclass(frozen=True)
class Work:
    """A job to be published; see `defer`."""

    task: str
    arguments: dict[str, Any]
    lock: str | None = None
    seconds: float = 1.0
    wait_seconds: int = 0  # the job does not start before
    queue: str | None = None  # if not the task's own


async def defer_all(session: AsyncSession, queue: procrastinate.App, works: Sequence[Work]) -> None:
    """As `defer`, for several jobs of one project in one statement."""
    counts: dict[str, tuple[float, int]] = {}  # by queue: (database time, number of the project's waiting jobs)
    jobs = []
    for work in works:
        name = work.queue or lane_of(queue_of(work.task), work.seconds)
        if name not in counts:
            counts[name] = await _waiting(session, name, work.arguments.get("project_id", ""))
        now, ahead = counts[name]
        counts[name] = now, ahead + 1
        priority = _priority(now, ahead, work.seconds)
        later: dict[str, Any] = {"schedule_in": {"seconds": work.wait_seconds}} if work.wait_seconds else {}
        deferrer = queue.configure_task(work.task, lock=work.lock, queue=name, priority=priority, **later)
        jobs.append(deferrer.make_new_job(**work.arguments))
    if jobs:
        connection: AsyncConnection[Any] = await driver_connection(session)
        await queue.job_manager.batch_defer_jobs_async(jobs, connection=connection)


def queue_of(task: str) -> str:
    """The queue of a task. Each queue has its own workers, so that no kind of work waits for another."""
    namespace, _, name = task.partition(":")
    if namespace == "ingestion":
        return "embed" if name == "embed" else "parse"
    if namespace == "mail":
        return "mail"
    if namespace == "connectors":
        return "sync"
    if namespace == "evaluation":
        return "evaluate"
    extracts = namespace in ("extractors", "extraction", "flows", "datasets", "graph", "artifacts")
    return "extract" if extracts else "maintenance"


def lane_of(name: str, seconds: float) -> str:
    """The queue for a job of this estimated duration: small files have their own queue beside the large ones."""
    return QUICK if name == "parse" and seconds <= _QUICK_SECONDS else name


async def _waiting(session: AsyncSession, name: str, project_id: str) -> tuple[float, int]:
    """(the database's time, the number of the project's jobs that wait in the queue)."""
    found = await session.execute(_WAITING, {"name": name, "project": project_id, "most": _COUNTED})
    now, waiting = found.one()
    return float(now), waiting


def _priority(now: float, waiting: int, seconds: float) -> int:
    """The job's priority: minus the time at which it would end if its project had its own worker. The earliest goes
    first.

    So projects take turns however many jobs each has, small jobs overtake large ones, and no job waits for ever,
    because jobs that come later end later.
    """
    ahead = min(seconds * waiting, _LONGEST_AHEAD)
    return -int(now - _EPOCH + ahead + seconds)


async def others_wait(session: AsyncSession, name: str, project_id: UUID) -> bool:
    """Whether jobs of other projects are waiting in the queue."""
    return bool(await session.scalar(_OTHERS, {"name": name, "project": str(project_id)}))


async def defer_once(session: AsyncSession, queue: procrastinate.App, task: str, **arguments: Any) -> None:
    """As `defer`, unless the same job is already waiting: if several processes start at once, one of them publishes
    it."""
    same = f"{task}:{','.join(str(value) for value in arguments.values())}"
    waiting = text("SELECT FROM procrastinate_jobs WHERE queueing_lock = :same AND status = 'todo'")
    if (await session.execute(waiting, {"same": same})).first() is not None:
        return
    # A unique violation aborts its transaction; the savepoint keeps what came before.
    with contextlib.suppress(procrastinate.exceptions.AlreadyEnqueued):
        async with session.begin_nested():
            connection: AsyncConnection[Any] = await driver_connection(session)  # here, which sets the savepoint
            job = queue.configure_task(task, queueing_lock=same, queue=queue_of(task), connection=connection)
            await job.defer_async(**arguments)


QUEUES = ("parse", "embed", "extract", "evaluate", "mail", "sync", "maintenance")


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
            )
            running[names[0]] = worker
            await _run_until_cancelled(worker)
            log.warning("worker_ended", queues=names)
        except Exception as error:
            log.warning("worker_ended", queues=names, exc_info=error)
        await asyncio.sleep(_PATIENCE_SECONDS)


async def _wake_workers(queue: procrastinate.App, running: dict[str, Worker]) -> None:
    """Look for all workers of the process at once which queues have jobs that can begin, and wake those of them.

    A worker that looks by itself costs a transaction each time, on a connection that is checked before.
    """
    while True:
        await asyncio.sleep(_WAKE_SECONDS)
        names = sorted({name for worker in running.values() for name in worker.queues or ()})
        with contextlib.suppress(ConnectorException):  # workers wait for the database by themselves
            rows = await queue.connector.execute_query_all_async(_CAN_BEGIN, names=names)
            filled = {row["name"] for row in rows}
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
        for _ in range(round((_GRACE_SECONDS + _PATIENCE_SECONDS) / _LOOK_SECONDS)):
            worker.stop()  # repeatedly: a run that has just begun forgets an earlier request
            if (await asyncio.wait([run], timeout=_LOOK_SECONDS))[0]:
                break
        await end(run)
        raise


async def _rescue_stalled(queue: procrastinate.App) -> None:
    """Return the jobs of dead workers to the queue. Steps are idempotent, so running one twice does no harm."""
    while True:
        try:
            for job in await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
                log.info("job_rescued", job=job.id, task=job.task_name)
                await queue.job_manager.retry_job(job)
        except ConnectorException:
            log.warning("rescue_postponed", reason="the database does not answer")
        await asyncio.sleep(HEARTBEAT_SECONDS)
