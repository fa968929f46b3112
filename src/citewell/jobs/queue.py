"""The queue of a process: reconnecting, retrying, and the failure of the infrastructure that its workers wait for."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import attr
import procrastinate
import structlog
from procrastinate.exceptions import ConnectorException, JobAborted
from procrastinate.manager import JobManager

from citewell.db.engine import libpq_url
from citewell.db.file_hold import FilesHeld
from citewell.errors import CitewellError
from citewell.jobs.repository import add_interruption, commit_without_waiting, count_interruptions
from citewell.kit.outages import REASONS, Outage, outage

log = structlog.get_logger(__name__)

T = TypeVar("T")

MAX_ATTEMPTS = 4  # of a job that end with an error, unless its task says otherwise
PATIENCE_SECONDS = 1.0  # between two tries to write to the database
_OUTAGE_SECONDS = 60  # the longest wait of a job during an outage
# A job whose process dies. It may be the job that kills it (docs/decisions/0027).
FREE_KILLS = 3  # after so many, or after progress, the job begins again at once; later ones make it wait
MAX_KILLS = 30  # without progress; then it is given up
_FIRST_WAIT_SECONDS = 10.0
_KILLED_WAIT_SECONDS = 600.0  # the longest


@attr.dataclass(frozen=True, kw_only=True)
class QueuedJob(procrastinate.jobs.Job):
    """A job that was begun before.

    `interruptions` are those of its `attempts` that an error did not end. `kills` are those of them in which its
    process died, since the job last made progress.
    """

    interruptions: int = 0
    kills: int = 0


class KilledTooOften(CitewellError):
    """The process that ran the job died each time, so the job is given up."""

    code = "process_killed"

    def __init__(self, kills: int) -> None:
        super().__init__(
            f"The server's process died {kills} times while it did this, most often for want of memory; it was given up"
        )


def errors_of(job: procrastinate.jobs.Job) -> int:
    """Returns how many attempts of the job ended with an error of their own.

    Left out are those that a killed process, a shutdown or a failure of the infrastructure ended.
    """
    return job.attempts - (job.interruptions if isinstance(job, QueuedJob) else 0)


def kills_of(job: procrastinate.jobs.Job) -> int:
    """Returns how often the job's process died since the job last made progress."""
    return job.kills if isinstance(job, QueuedJob) else 0


def refuse_killer(job: procrastinate.jobs.Job, most: int = MAX_KILLS) -> None:
    """Raises KilledTooOften if the job's process died `most` times. Call it before the work, where its failure can be
    shown to people.
    """
    if kills_of(job) >= most:
        raise KilledTooOften(kills_of(job))


def reason_of(error: Exception) -> str:
    """Returns why a job was given up, for people. Other errors may hold what only the log may have."""
    if isinstance(error, KilledTooOften):
        return f"{error.message}."
    return "Something went wrong on the server; its log says what."


def wait_after_kills(job: procrastinate.jobs.Job, kills: int) -> float:
    """Returns the seconds until the job may begin again after its process died.

    Exponential, and different for each job: jobs that died together must not begin together again, because one of them
    may be what ends the process of all.
    """
    if kills <= FREE_KILLS:
        return 0.0
    wait = min(_FIRST_WAIT_SECONDS * 2.0 ** (kills - FREE_KILLS - 1), _KILLED_WAIT_SECONDS)
    return float(wait * random.Random(f"{job.id} {kills}").uniform(0.5, 1.0))  # noqa: S311


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
        interruptions, kills = await self._ask_until_answered(count_interruptions, self.connector, job.id)
        return QueuedJob(**attr.asdict(job, recurse=False), interruptions=interruptions, kills=kills)

    async def note_interruption(self, job: procrastinate.jobs.Job, *, was_killed: bool = False) -> int:
        """Stores that the job's attempt was ended from outside; returns how often the job's process died.

        Call it before the job is retried.
        """
        return await self._ask_until_answered(add_interruption, self.connector, job.id, was_killed=was_killed)

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
    again at once; a job that kills its process is given up.
    """

    def get_retry_decision(
        self, *, exception: BaseException, job: procrastinate.jobs.Job
    ) -> procrastinate.RetryDecision | None:
        if isinstance(exception, KilledTooOften):
            return None
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
    if isinstance(error, KilledTooOften):
        return True
    return not is_interruption(error) and errors_of(job) + 1 >= MAX_ATTEMPTS


async def work_or_give_up(
    job: procrastinate.jobs.Job,
    work: Callable[[], Awaitable[None]],
    give_up: Callable[[Exception], Awaitable[None]],
    event: str,
    **about: str,
) -> None:
    """Does the work. Logs an error as `event` and raises it, so that the job is retried (by RETRIES).

    On the last attempt it calls `give_up` instead, which marks the work as failed. It also does so, without beginning
    the work, if the job's process died MAX_KILLS times.
    """
    try:
        refuse_killer(job)
        await work()
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
