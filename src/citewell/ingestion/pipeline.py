"""The way of a document: upload -> parse -> chunk -> embed -> publish.

Every step is a job of the queue. Its result, the version's new stage and the next job commit together, so a process may
be killed anywhere: the job runs again, and finds either its work undone or the stage already moved.
"""

import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING
from uuid import UUID

import procrastinate
import structlog
from sqlalchemy import func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.errors import InvalidFields
from citewell.flows.flow import publishes_by_hand
from citewell.ingestion.stages import chunk, embed, parse, publish
from citewell.ingestion.steps import ENDED, Overtaken, Step, StepFailed, version_lock
from citewell.jobs import Retrying, defer
from citewell.kit.outages import REASONS, outage
from citewell.models import Document, DocumentVersion, PipelineRun, PipelineRunLog
from citewell.notifications.service import Note, notify

if TYPE_CHECKING:
    from citewell.runtime import Runtime

log = structlog.get_logger(__name__)

STEPS = (
    Step("parse", "Parse", "uploaded", "parsed", parse.run),
    Step("chunk", "Chunk", "parsed", "chunked", chunk.run),
    Step("embed", "Analyse and embed", "chunked", "embedded", embed.run),
    Step("publish", "Publish", "embedded", "published", publish.run),
)
MAX_ATTEMPTS = 4


def step_after(stage: str) -> Step:
    """The step that a version of this stage waits for."""
    return next(step for step in STEPS if step.needs == stage)


def step_named(name: str) -> Step:
    """Raises InvalidFields that names the steps there are."""
    found = next((step for step in STEPS if step.name == name), None)
    if found is None:
        raise InvalidFields({"stage": [f"Must be one of {', '.join(step.name for step in STEPS)}."]})
    return found


class Pipeline:
    """What upload, steps and tasks need to move documents along. Methods with a session join its transaction."""

    def __init__(self, queue: procrastinate.App) -> None:
        self._queue = queue

    async def start(self, session: AsyncSession, version: DocumentVersion) -> None:
        """Publish the job of the step that the version waits for."""
        await self.defer_step(session, step_after(version.stage).name, version)

    async def defer_vector_index(self, session: AsyncSession, project_id: UUID) -> None:
        await defer(
            session,
            self._queue,
            "maintenance:build_vector_index",
            lock=f"vectors:{project_id}",
            project_id=str(project_id),
        )

    async def defer_step(self, session: AsyncSession, name: str, version: DocumentVersion) -> None:
        await defer(
            session,
            self._queue,
            f"ingestion:{name}",
            lock=version_lock(version.id),
            project_id=str(version.project_id),
            version_id=str(version.id),
        )

    async def log(self, session: AsyncSession, version: DocumentVersion, line: str) -> None:
        if version.run_id is not None:
            session.add(PipelineRunLog(project_id=version.project_id, run_id=version.run_id, line=line[:2000]))
            await session.flush()

    async def finish_run(self, session: AsyncSession, version: DocumentVersion) -> None:
        """Give the version's run its final state if this was its last document."""
        if version.run_id is None:
            return
        # Locking the run lets the transactions of its last two documents pass one after the other, so that
        # one of them sees the other's end.
        key = (version.project_id, version.run_id)
        run = await session.get(PipelineRun, key, with_for_update=True, populate_existing=True)
        if run is None or run.status not in ("pending", "running"):
            return
        query = (
            select(DocumentVersion.stage, func.count())
            .where(DocumentVersion.project_id == key[0], DocumentVersion.run_id == key[1])
            .group_by(DocumentVersion.stage)
        )
        counts = {row.stage: row[1] for row in await session.execute(query)}
        # Where a person publishes, a run that does not is over when all is ready for that.
        by_hand = run.mode != "publish" and await publishes_by_hand(session, run.project_id)
        if set(counts) <= ({*ENDED, "embedded"} if by_hand else set(ENDED)):
            run.status = _final_status(failed=counts.get("failed", 0), total=sum(counts.values()))
            if run.user_id is not None:
                await notify(session, run.project_id, run.user_id, _note_of(run, counts))


def _note_of(run: PipelineRun, counts: Mapping[str, int]) -> Note:
    total, failed = sum(counts.values()), counts.get("failed", 0)
    documents = "1 document" if total == 1 else f"{total} documents"
    if run.status == "completed":
        message = f"Ready{' to be published' if counts.get('embedded') else ''}: {documents}."
        return Note("pipeline_run_completed", "Processing finished", message, "pipeline_run", str(run.id))
    message = f"Of {documents}, {failed} could not be processed. Each document's diagnosis says why."
    return Note("pipeline_run_failed", "Processing failed", message, "pipeline_run", str(run.id))


def _final_status(failed: int, total: int) -> str:
    if failed == 0:
        return "completed"
    return "failed" if failed == total else "completed_with_warnings"


async def run_step(runtime: "Runtime", step: Step, project_id: UUID, version_id: UUID, attempt: int) -> None:
    """Run one step of one version; `attempt` counts from 1. An exception that leaves here is retried by the queue."""
    version = await _begin(runtime, step, project_id, version_id, attempt)
    if version is None:
        return
    try:
        await step.run(runtime, version)
    except Overtaken:
        log.info("step_overtaken", step=step.name, version=str(version_id))
    except StepFailed as failure:
        await _fail(runtime, version, failure)
    except Exception as error:
        # Anything else may pass: a lost connection, a full disk, a killed child. The last attempt says so; as long as
        # the surroundings are out of order, there is none.
        log.warning("step_broke", step=step.name, version=str(version_id), attempt=attempt, exc_info=error)
        if attempt < MAX_ATTEMPTS or outage(error):
            await _note(runtime, version, f"{step.title}: {_reason(error)}")
            raise
        await _fail(runtime, version, _gave_up(step, error, attempt))


async def _begin(
    runtime: "Runtime", step: Step, project_id: UUID, version_id: UUID, attempt: int
) -> DocumentVersion | None:
    """The version, if the step is the one that it waits for; it and its run are then shown as running."""
    async with runtime.database.begin() as session:
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


async def _fail(runtime: "Runtime", version: DocumentVersion, failure: StepFailed) -> None:
    async with runtime.database.begin() as session:
        stored = await session.get(DocumentVersion, (version.project_id, version.id), with_for_update=True)
        if stored is None or stored.stage in ENDED:
            return
        stored.failed_stage, stored.stage = stored.stage, "failed"
        stored.failure_code, stored.failure_reason = failure.code, failure.message
        document = await session.get_one(Document, (version.project_id, version.document_id))
        await runtime.pipeline.log(session, version, f"{document.name}: failed ({failure.code}): {failure.message}")
        await session.flush()
        await runtime.pipeline.finish_run(session, version)


async def _note(runtime: "Runtime", version: DocumentVersion, reason: str) -> None:
    """Keep why an attempt broke off, so that waiting for the next has a reason that can be shown."""
    with contextlib.suppress(SQLAlchemyError, OSError):  # the database may be what broke
        async with runtime.database.begin() as session:
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
        runtime: Runtime = context.additional_context["runtime"]
        await run_step(runtime, step, UUID(project_id), UUID(version_id), context.job.attempts + 1)

    return entry
