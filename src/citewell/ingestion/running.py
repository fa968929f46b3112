"""Runs the steps of documents as jobs of the queue.

A job names a step and one document version or several small ones. It runs the step, and then the following steps of the
same queue. The results of a step, its state and the jobs of the next steps commit together. So a process may be killed
at any moment: the job runs again and finds the step either not done or done.
"""

import asyncio
import contextlib
import functools
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import procrastinate
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.ingestion import pipeline
from citewell.ingestion.repository import step_state
from citewell.ingestion.repository.runs import start_runs
from citewell.ingestion.repository.versions import find_stage, find_unfinished, find_with_documents, mark_started
from citewell.ingestion.run_log import finish_run, log_line, log_lines
from citewell.ingestion.sharing import work_through
from citewell.ingestion.stages import ENDED
from citewell.ingestion.step import Done, Overtaken, Result, Step, StepContext, StepFailed, step_key
from citewell.ingestion.step_jobs import defer_each, defer_step
from citewell.jobs.lanes import queue_of
from citewell.jobs.progress import note_progress
from citewell.jobs.queue import MAX_ATTEMPTS, RETRIES, KilledTooOften, errors_of, refuse_killer
from citewell.kit import tracing
from citewell.kit.metrics import STEP_SECONDS, STEPS_FAILED, timed
from citewell.kit.outages import REASONS, outage
from citewell.models import Document, DocumentVersion
from citewell.models.base import UNFINISHED
from citewell.resources import Resources

log = structlog.get_logger(__name__)

# Time for one step in a job of several versions. What is ready by then is stored, and each remaining version gets its
# own job. So no version waits long for another, and a killed process has little to do again.
SHARED_SECONDS = 10.0
_LOOK_SECONDS = 0.5  # between two checks whether the document still needs the step


@dataclass(frozen=True)
class _Job:
    """One run of a step for some versions.

    `begun` says when it began with each. `attempt` counts from 1. `is_alone`: the job has one version only. `is_first`:
    the job began with this step. `parted` collects the versions that got their own jobs.
    """

    resources: Resources
    step: Step
    key: str
    attempt: int
    is_alone: bool
    is_first: bool
    contexts: Sequence[StepContext]
    begun: dict[UUID, datetime]
    parted: set[UUID] = field(default_factory=set)

    @property
    def project_id(self) -> UUID:
        return self.contexts[0].version.project_id


def make_tasks() -> procrastinate.Blueprint:
    """Returns the tasks of all steps, for the queue's namespace `ingestion`."""
    blueprint = procrastinate.Blueprint()
    for step in pipeline.STEPS:
        blueprint.task(name=step.name, pass_context=True, retry=RETRIES)(_entry(step.name))
    return blueprint


def _entry(name: str) -> Callable[..., Awaitable[None]]:
    async def entry(
        context: procrastinate.JobContext,
        *,
        project_id: str,
        version_id: str | None = None,
        version_ids: Sequence[str] = (),
        instance: str = "",
    ) -> None:
        resources: Resources = context.additional_context["resources"]
        versions = [UUID(one) for one in ([version_id] if version_id else version_ids)]
        attempt = errors_of(context.job) + 1
        if len(versions) > 1 and context.job.attempts + 1 >= MAX_ATTEMPTS:  # one of them may be what ends the process
            await _part(resources, name, UUID(project_id), versions)
            return
        first, *following = steps_of_one_job(pipeline.step_named(name))
        try:
            refuse_killer(context.job)
        except KilledTooOften as error:
            await _fail_unfinished(resources, [first, *following], UUID(project_id), versions, instance, error)
            return
        parted = await run_step(resources, first, UUID(project_id), versions, attempt, instance)
        for step in following:
            versions = [version for version in versions if version not in parted]
            if versions:
                parted = await run_step(resources, step, UUID(project_id), versions, is_first=False)

    return entry


def steps_of_one_job(step: Step) -> list[Step]:
    """Returns the step and the following steps that one job runs: those of the same queue, and quick ones."""
    found = [step]
    for after in pipeline.STEPS:
        is_next = after.needs == (found[-1].name,) and not after.instances and not found[-1].instances
        same = queue_of(f"ingestion:{after.name}") == queue_of(f"ingestion:{step.name}")
        if is_next and (same or after.is_quick):
            found.append(after)
    return found


async def run_step(
    resources: Resources,
    step: Step,
    project_id: UUID,
    version_ids: Sequence[UUID],
    attempt: int = 1,
    instance: str = "",
    *,
    is_first: bool = True,
    clock: Callable[[], float] = time.monotonic,
) -> set[UUID]:
    """Run one step for versions of one project. The queue retries the job after an exception.

    `is_first` is False for a later step of the job, whose attempts are not those of the job. Returns the versions that
    got their own jobs; this job leaves them alone from then on.
    """
    key = step_key(step, instance)
    begun, contexts = await _begin(resources, step, instance, project_id, version_ids, attempt)
    if not contexts:
        return set()
    job = _Job(resources, step, key, attempt, len(version_ids) == 1, is_first, contexts, begun)
    end = clock() + SHARED_SECONDS
    late = await work_through(
        contexts,
        functools.partial(_work, job),
        functools.partial(_store, job),
        side_by_side=step.side_by_side,
        has_time=lambda: job.is_alone or clock() < end,
    )
    if late:
        await _give_own_jobs(job, [context.version for context in late])
    return job.parted


async def _begin(
    resources: Resources, step: Step, instance: str, project_id: UUID, version_ids: Sequence[UUID], attempt: int
) -> tuple[dict[UUID, datetime], list[StepContext]]:
    """Mark the versions and their runs as running. Returns the start times and contexts of those whose step is to be
    run."""
    key = step_key(step, instance)
    async with resources.database.write() as session:
        begun = await step_state.begin(session, project_id, version_ids, key, attempt)
        if not begun:
            return {}, []
        needed = step.needs[0] if len(step.needs) == 1 else None
        found = await find_with_documents(session, project_id, list(begun), needed)
        versions = [version for version, _, _ in found]
        await _show_as_started(session, project_id, [version for version in versions if not version.started])
    return begun, [
        StepContext(resources, version, document, step, instance, input_hash) for version, document, input_hash in found
    ]


async def _show_as_started(session: AsyncSession, project_id: UUID, versions: Sequence[DocumentVersion]) -> None:
    if not versions:
        return
    await mark_started(session, project_id, [version.id for version in versions])
    runs = {version.run_id for version in versions if version.run_id is not None}
    if runs:
        await start_runs(session, project_id, runs)


async def _work(job: _Job, context: StepContext) -> Result | None:
    """Do the step's work for one version. None if there is nothing to store: it failed, was overtaken, or goes on
    later."""
    version, step = context.version, job.step
    document = str(version.document_id)
    structlog.contextvars.bind_contextvars(project=str(version.project_id), document=document, version=str(version.id))
    told: tracing.Attributes = {tracing.STEP: job.key, tracing.DOCUMENT: document, tracing.VERSION: str(version.id)}
    try:
        with timed(STEP_SECONDS.labels(step.name)), tracing.span(f"step {step.name}", told):
            return await _while_wanted(context)
    except Overtaken:
        log.info("step_overtaken", step=step.name)
    except StepFailed as failure:
        await _fail(job, version, failure)
    except Exception as error:
        await _broke(job, version, error)
    return None


async def _while_wanted(context: StepContext) -> Result | None:
    """Run the step. Stops it and raises Overtaken once its document was deleted, aborted or overtaken."""
    work = asyncio.ensure_future(context.step.run(context))
    try:
        while not (await asyncio.wait([work], timeout=_LOOK_SECONDS))[0]:
            if not await _is_wanted(context.resources, context.step, context.version):
                raise Overtaken
        return await work
    finally:
        work.cancel()
        await asyncio.wait([work])


async def _is_wanted(resources: Resources, step: Step, version: DocumentVersion) -> bool:
    try:
        async with resources.database.read() as session:
            stage = await find_stage(session, version.project_id, version.id)
    except (SQLAlchemyError, OSError):
        return True  # the step itself will notice that the database is away
    return stage == step.gives or (stage is not None and stage not in ENDED)


async def _store(job: _Job, made: Sequence[tuple[StepContext, Result]]) -> None:
    """Commit the results of the step; one by one if they cannot be stored together."""
    try:
        await _commit(job, made)
    except Exception as error:
        if outage(error) and not job.is_alone:
            raise
        if len(made) == 1:
            await _broke(job, made[0][0].version, error)
            return
        log.warning("step_stored_one_by_one", step=job.step.name, exc_info=error)
        for one in made:
            await _store(job, [one])


async def _commit(job: _Job, made: Sequence[tuple[StepContext, Result]]) -> None:
    resources, step = job.resources, job.step
    versions = [context.version for context, _ in made]
    after = [other for other in pipeline.STEPS if step.name in other.needs]
    goes_on_with = next((other.name for other in steps_of_one_job(step)[1:]), None)
    async with resources.database.write() as session:
        held: set[UUID] = set()
        for other in after:
            held |= await other.held(session, versions) if other.held else set()
        stages: dict[UUID, str | None] = dict.fromkeys((version.id for version in versions), step.gives)
        if step.claim is not None:
            stages = dict(await step.claim(session, versions))
        hashes = {context.version.id: result.input_hash for context, result in made}
        moved = await step_state.finish(session, job.project_id, job.key, job.begun, stages, hashes)
        done = [
            Done(context.version, result, stages[context.version.id])
            for context, result in made
            if context.version.id in moved
        ]
        if not done:
            return
        if step.store is not None:
            await step.store(session, resources, done)
        going = [one.version for one in done]
        waiting = await pipeline.advance(session, resources.queue, going, frozenset(held), goes_on_with=goes_on_with)
        await _tell_of_held(session, waiting, {context.version.id: context.document.name for context, _ in made})
        await note_progress(session)
    if step.stored is not None:
        step.stored(resources, job.project_id)


async def _tell_of_held(session: AsyncSession, waiting: Sequence[DocumentVersion], names: dict[UUID, str]) -> None:
    await log_lines(session, [(version, f"{names[version.id]}: ready to be published") for version in waiting])
    for version in {version.run_id: version for version in waiting}.values():
        await finish_run(session, version)


async def _broke(job: _Job, version: DocumentVersion, error: Exception) -> None:
    """Handle an error that may pass: a lost connection, a full disk, a killed child process.

    The queue retries, and the last attempt marks the version as failed; during an outage no attempt is the last. A
    version that shares its job, or whose step is not the job's first, gets its own job with its own attempts."""
    log.warning("step_broke", step=job.step.name, attempt=job.attempt, exc_info=error)
    if not (job.is_alone and job.is_first) and not outage(error):
        await _give_own_jobs(job, [version])
    elif job.attempt < MAX_ATTEMPTS or outage(error):
        await _note(job, version, f"{job.step.title}: {_reason(error)}")
        raise error
    else:
        await _fail(job, version, _gave_up(job.step, error, job.attempt))


async def _give_own_jobs(job: _Job, versions: Sequence[DocumentVersion]) -> None:
    async with job.resources.database.write() as session:
        await defer_each(session, job.resources.queue, job.key, versions)
    job.parted.update(version.id for version in versions)


async def _part(resources: Resources, name: str, project_id: UUID, version_ids: Sequence[UUID]) -> None:
    """Give each version its own job, after a shared job broke repeatedly."""
    steps = steps_of_one_job(pipeline.step_named(name))
    async with resources.database.write() as session:
        for version in await find_unfinished(session, project_id, version_ids):
            for step in steps:
                row = version.step(step.name)
                if row is not None and row.state in UNFINISHED:
                    await defer_step(session, resources.queue, step.name, version)


async def _fail_unfinished(
    resources: Resources,
    steps: Sequence[Step],
    project_id: UUID,
    version_ids: Sequence[UUID],
    instance: str,
    error: KilledTooOften,
) -> None:
    """Mark the versions as failed at the first of the steps that is not done."""
    for step in steps:
        key = step_key(step, instance if step is steps[0] else "")
        begun, contexts = await _begin(resources, step, instance, project_id, version_ids, MAX_ATTEMPTS)
        job = _Job(resources, step, key, MAX_ATTEMPTS, is_alone=True, is_first=True, contexts=contexts, begun=begun)
        for context in contexts:
            await _fail(job, context.version, StepFailed(error.code, f"{step.title}: {error.message}"))


async def _fail(job: _Job, version: DocumentVersion, failure: StepFailed) -> None:
    async with job.resources.database.write() as session:
        if not await step_state.fail(session, version, job.key, failure.code, failure.message):
            return
        document = await session.get_one(Document, (version.project_id, version.document_id))
        await log_line(session, version, f"{document.name}: failed ({failure.code}): {failure.message}")
        await finish_run(session, version)
    STEPS_FAILED.labels(job.step.name, failure.code).inc()
    log.warning("document_failed", step=job.key, code=failure.code)


async def _note(job: _Job, version: DocumentVersion, reason: str) -> None:
    with contextlib.suppress(SQLAlchemyError, OSError):  # perhaps the database is what broke
        async with job.resources.database.write() as session:
            await step_state.note_error(session, version, job.key, reason)


def _reason(error: Exception) -> str:
    """Returns the part of an error that users may see: the outage, the message of our own error, or the system's
    message.
    """
    if found := outage(error):
        return REASONS[found]
    if hasattr(error, "code") and hasattr(error, "message"):
        return str(error.message)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "something went wrong on the server; its log says what"


def _gave_up(step: Step, error: Exception, attempts: int) -> StepFailed:
    return StepFailed(
        str(getattr(error, "code", "internal")),
        f"{step.title} was tried {attempts} times without success: {_reason(error)}",
    )
