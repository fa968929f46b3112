"""The way of a document: upload -> parse -> chunk -> embed -> publish.

Every step is a job of the queue. Its result, the version's new stage and the next job commit together, so a process may
be killed anywhere: the job runs again, and finds either its work undone or the stage already moved.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from uuid import UUID

import procrastinate
import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.errors import InvalidFields
from citewell.ingestion.run_log import finish_run, log_line
from citewell.ingestion.stages import chunk, embed, parse, publish
from citewell.ingestion.steps import ENDED, Overtaken, Step, StepFailed, defer_step
from citewell.jobs import Retrying
from citewell.kit.metrics import STEP_SECONDS, timed
from citewell.kit.outages import REASONS, outage
from citewell.models import Document, DocumentVersion, PipelineRun
from citewell.resources import Resources

log = structlog.get_logger(__name__)

STEPS = (
    Step("parse", "Parse", "uploaded", "parsed", parse.run),
    Step("chunk", "Chunk", "parsed", "chunked", chunk.run),
    Step("embed", "Analyse and embed", "chunked", "embedded", embed.run),
    Step("publish", "Publish", "embedded", "published", publish.run),
)
MAX_ATTEMPTS = 4
_LOOK_SECONDS = 0.5  # between two looks whether a document still wants what is done for it


def step_after(stage: str) -> Step:
    """The step that a version of this stage waits for."""
    return next(step for step in STEPS if step.needs == stage)


def step_named(name: str) -> Step:
    """Raises InvalidFields that names the steps there are."""
    found = next((step for step in STEPS if step.name == name), None)
    if found is None:
        raise InvalidFields({"stage": [f"Must be one of {', '.join(step.name for step in STEPS)}."]})
    return found


async def start(session: AsyncSession, queue: procrastinate.App, version: DocumentVersion) -> None:
    """Publish, with the session's transaction, the job of the step that the version waits for."""
    await defer_step(session, queue, step_after(version.stage).name, version)


async def run_step(resources: Resources, step: Step, project_id: UUID, version_id: UUID, attempt: int) -> None:
    """Run one step of one version; `attempt` counts from 1. An exception that leaves here is retried by the queue."""
    version = await _begin(resources, step, project_id, version_id, attempt)
    if version is None:
        return
    try:
        with timed(STEP_SECONDS.labels(step.name)):
            await _while_wanted(resources, step, version)
    except Overtaken:
        log.info("step_overtaken", step=step.name, version=str(version_id))
    except StepFailed as failure:
        await _fail(resources, version, failure)
    except Exception as error:
        # Anything else may pass: a lost connection, a full disk, a killed child. The last attempt says so; as long as
        # the surroundings are out of order, there is none.
        log.warning("step_broke", step=step.name, version=str(version_id), attempt=attempt, exc_info=error)
        if attempt < MAX_ATTEMPTS or outage(error):
            await _note(resources, version, f"{step.title}: {_reason(error)}")
            raise
        await _fail(resources, version, _gave_up(step, error, attempt))


async def _while_wanted(resources: Resources, step: Step, version: DocumentVersion) -> None:
    """Run the step, and stop it as soon as its document was deleted, aborted or overtaken. Raises Overtaken then."""
    work = asyncio.ensure_future(step.run(resources, version))
    try:
        while not (await asyncio.wait([work], timeout=_LOOK_SECONDS))[0]:
            if not await _is_wanted(resources, step, version):
                raise Overtaken
        await work
    finally:
        work.cancel()
        await asyncio.wait([work])


async def _is_wanted(resources: Resources, step: Step, version: DocumentVersion) -> bool:
    query = select(DocumentVersion.stage).where(
        DocumentVersion.project_id == version.project_id, DocumentVersion.id == version.id
    )
    try:
        async with resources.database.read() as session:
            stage = await session.scalar(query)
    except (SQLAlchemyError, OSError):
        return True  # the step itself will see that the database is away
    return stage == step.gives or (stage is not None and stage not in ENDED)


async def _begin(
    resources: Resources, step: Step, project_id: UUID, version_id: UUID, attempt: int
) -> DocumentVersion | None:
    """The version, if the step is the one that it waits for; it and its run are then shown as running."""
    async with resources.database.write() as session:
        version = await session.get(DocumentVersion, (project_id, version_id))
        if version is None or version.stage != step.needs:
            return None
        version.attempts = attempt
        if not version.started:
            version.started = True
            await session.execute(
                update(PipelineRun)
                .where(PipelineRun.project_id == project_id, PipelineRun.id == version.run_id)
                .where(PipelineRun.status == "pending")
                .values(status="running")
            )
        return version


async def _fail(resources: Resources, version: DocumentVersion, failure: StepFailed) -> None:
    async with resources.database.write() as session:
        stored = await session.get(DocumentVersion, (version.project_id, version.id), with_for_update=True)
        if stored is None or stored.stage in ENDED:
            return
        stored.failed_stage, stored.stage = stored.stage, "failed"
        stored.failure_code, stored.failure_reason = failure.code, failure.message
        document = await session.get_one(Document, (version.project_id, version.document_id))
        await log_line(session, version, f"{document.name}: failed ({failure.code}): {failure.message}")
        await session.flush()
        await finish_run(session, version)


async def _note(resources: Resources, version: DocumentVersion, reason: str) -> None:
    """Keep why an attempt broke off, so that waiting for the next has a reason that can be shown."""
    with contextlib.suppress(SQLAlchemyError, OSError):  # the database may be what broke
        async with resources.database.write() as session:
            mine = (DocumentVersion.project_id == version.project_id) & (DocumentVersion.id == version.id)
            await session.execute(update(DocumentVersion).where(mine).values(last_error=reason[:1000]))


def _reason(error: Exception) -> str:
    """What may be shown of an error: what is out of order, the message of one of ours, or of the system's."""
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


def make_tasks() -> procrastinate.Blueprint:
    """One task a step, for the queue's namespace `ingestion`."""
    blueprint = procrastinate.Blueprint()
    retry = Retrying(max_attempts=MAX_ATTEMPTS, exponential_wait=2)
    for step in STEPS:
        blueprint.task(name=step.name, pass_context=True, retry=retry)(_entry(step))
    return blueprint


def _entry(step: Step) -> Callable[..., Awaitable[None]]:
    async def entry(context: procrastinate.JobContext, *, project_id: str, version_id: str) -> None:
        resources: Resources = context.additional_context["resources"]
        await run_step(resources, step, UUID(project_id), UUID(version_id), context.job.attempts + 1)

    return entry
