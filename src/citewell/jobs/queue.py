"""The queue of a process: reconnecting, retrying, and the failure of the infrastructure that its workers wait for."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

import attr
import procrastinate
import structlog
from procrastinate.exceptions import ConnectorException, JobAborted
from procrastinate.manager import JobManager

from citewell.db.engine import libpq_url
from citewell.db.file_hold import FilesHeld
from citewell.jobs.repository import add_interruption, commit_without_waiting, count_interruptions
from citewell.kit.outages import REASONS, Outage, outage

log = structlog.get_logger(__name__)

T = TypeVar("T")

MAX_ATTEMPTS = 4  # of a job that end with an error, unless its task says otherwise
PATIENCE_SECONDS = 1.0  # between two tries to write to the database
_OUTAGE_SECONDS = 60  # the longest wait of a job during an outage


@attr.dataclass(frozen=True, kw_only=True)
class QueuedJob(procrastinate.jobs.Job):
    """A job that was begun before. `interruptions` are those of its `attempts` that an error did not end."""

    interruptions: int = 0


def errors_of(job: procrastinate.jobs.Job) -> int:
    """Returns how many attempts of the job ended with an error of their own.

    Left out are those that a killed process, a shutdown or a failure of the infrastructure ended.
    """
    return job.attempts - (job.interruptions if isinstance(job, QueuedJob) else 0)


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
        job = await self._ask_until_answered(super().fetch_job, *args, **named)
        if job is None or not job.attempts:
            return job
        interruptions = await self._ask_until_answered(count_interruptions, self.connector, job.id)
        return QueuedJob(**attr.asdict(job, recurse=False), interruptions=interruptions)

    async def note_interruption(self, job: procrastinate.jobs.Job) -> None:
        """Stores that the job's attempt was ended from outside. Call it before the job is retried."""
        await self._ask_until_answered(add_interruption, self.connector, job.id)

    async def finish_job(self, *args: Any, **named: Any) -> None:
        await self._ask_until_answered(super().finish_job, *args, **named)

    async def retry_job(self, *args: Any, **named: Any) -> None:
        await self._ask_until_answered(super().retry_job, *args, **named)

    async def update_heartbeat(self, *args: Any, **named: Any) -> None:
        await self._ask_until_answered(super().update_heartbeat, *args, **named)

    async def _ask_until_answered(self, tell: Callable[..., Awaitable[T]], *args: Any, **named: Any) -> T:
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
                await asyncio.wait_for(self._given_up.wait(), PATIENCE_SECONDS)

    def _note(self, found: Outage | None) -> None:
        if found != self.outage:
            log.warning("worker_paused" if found else "worker_resumed", reason=REASONS[found] if found else None)
            self.outage = found


class Retrying(procrastinate.RetryStrategy):
    """Exponential backoff with at most `max_attempts` that end with an error.

    Infrastructure failures, and files held by a backup, are retried without limit. A job that a shutdown ends begins
    again at once.
    """

    def get_retry_decision(
        self, *, exception: BaseException, job: procrastinate.jobs.Job
    ) -> procrastinate.RetryDecision | None:
        if _is_shutdown(exception):
            return procrastinate.RetryDecision(retry_in={"seconds": 0})
        if is_interruption(exception):
            return procrastinate.RetryDecision(retry_in={"seconds": min(2 ** (job.attempts + 1), _OUTAGE_SECONDS)})
        failed = attr.evolve(job, attempts=errors_of(job))
        return super().get_retry_decision(exception=exception, job=failed)


RETRIES = Retrying(max_attempts=MAX_ATTEMPTS, exponential_wait=2)


def is_interruption(error: BaseException) -> bool:
    """Whether the attempt was ended from outside: by a shutdown, an infrastructure failure, or a backup that holds the
    files."""
    return _is_shutdown(error) or outage(error) is not None or isinstance(error, FilesHeld)


def _is_shutdown(error: BaseException) -> bool:
    return isinstance(error, asyncio.CancelledError | JobAborted)


def is_last_attempt(error: BaseException, job: procrastinate.jobs.Job) -> bool:
    """Whether RETRIES give up after this error. Then the task marks its work as failed, with the reason."""
    return not is_interruption(error) and errors_of(job) + 1 >= MAX_ATTEMPTS


@contextlib.asynccontextmanager
async def giving_up_at_last(
    job: procrastinate.jobs.Job, give_up: Callable[[Exception], Awaitable[None]], event: str, **about: str
) -> AsyncIterator[None]:
    """Logs an error of the body as `event` and raises it, so that the job is retried (by RETRIES).

    On the last attempt it calls `give_up` instead, which marks the work as failed.
    """
    try:
        yield
    except Exception as error:
        log.warning(event, exc_info=error, **about)
        if not is_last_attempt(error, job):
            raise
        await give_up(error)


def make_queue(url: str, blueprints: dict[str, procrastinate.Blueprint], connections: int = 4) -> procrastinate.App:
    # Jobs are published on the connections of their data. The connections here only carry what workers report, such as
    # that a job has begun or ended. That need not wait for the disk: if the database's machine dies, the job runs again
    # and finds its work done.
    connector = procrastinate.PsycopgConnector(
        conninfo=libpq_url(url), min_size=1, max_size=connections, configure=commit_without_waiting
    )
    queue = procrastinate.App(connector=connector)
    queue.job_manager = PatientJobs(connector)
    for namespace, blueprint in blueprints.items():
        queue.add_tasks_from(blueprint, namespace=namespace)
    return queue


def outage_of(queue: procrastinate.App) -> Outage | None:
    """Returns the infrastructure failure that the workers of this process wait for; None if there is none."""
    return queue.job_manager.outage if isinstance(queue.job_manager, PatientJobs) else None
