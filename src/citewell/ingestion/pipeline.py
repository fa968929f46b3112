"""The way of a document: upload -> parse -> chunk -> embed -> publish.

Every step is a job of the queue. Its result, the version's new stage and the next job commit together, so a process may
be killed anywhere: the job runs again, and finds either its work undone or the stage already moved.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from uuid import UUID

import procrastinate
import structlog
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.ingestion.stages import chunk, embed, parse, publish
from citewell.ingestion.steps import ENDED, Overtaken, Step, StepFailed, version_lock
from citewell.jobs import defer
from citewell.models import Document, DocumentVersion, PipelineRun, PipelineRunLog

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


class Pipeline:
    """What upload, steps and tasks need to move documents along. Methods with a session join its transaction."""

    def __init__(self, queue: procrastinate.App) -> None:
        self._queue = queue

    async def start(self, session: AsyncSession, version: DocumentVersion) -> None:
        await self.defer_step(session, STEPS[0].name, version)

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
        if set(counts) <= set(ENDED):
            run.status = _final_status(failed=counts.get("failed", 0), total=sum(counts.values()))


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
        # Anything else may pass: a lost connection, a full disk, a killed child. The last attempt says so.
        log.warning("step_broke", step=step.name, version=str(version_id), attempt=attempt, exc_info=error)
        if attempt < MAX_ATTEMPTS:
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
        stored.stage = "failed"
        stored.failure_code, stored.failure_reason = failure.code, failure.message
        document = await session.get_one(Document, (version.project_id, version.document_id))
        await runtime.pipeline.log(session, version, f"{document.name}: failed ({failure.code}): {failure.message}")
        await session.flush()
        await runtime.pipeline.finish_run(session, version)


def _gave_up(step: Step, error: Exception, attempts: int) -> StepFailed:
    message = getattr(error, "message", None) if hasattr(error, "code") else None
    reason = message or "something went wrong on the server; its log says what"
    return StepFailed(
        getattr(error, "code", "internal"),
        f"{step.title} was tried {attempts} times without success: {reason}",
    )


def make_tasks() -> procrastinate.Blueprint:
    """One task a step, for the queue's namespace `ingestion`."""
    blueprint = procrastinate.Blueprint()
    retry = procrastinate.RetryStrategy(max_attempts=MAX_ATTEMPTS, exponential_wait=2)
    for step in STEPS:
        blueprint.task(name=step.name, pass_context=True, retry=retry)(_entry(step))
    return blueprint


def _entry(step: Step) -> Callable[..., Awaitable[None]]:
    async def entry(context: procrastinate.JobContext, *, project_id: str, version_id: str) -> None:
        runtime: Runtime = context.additional_context["runtime"]
        await run_step(runtime, step, UUID(project_id), UUID(version_id), context.job.attempts + 1)

    return entry
