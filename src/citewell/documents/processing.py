"""Processing documents again: after a failure, after a change of settings, or on request."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.documents.repository.removal import delete_version_chunks
from citewell.documents.repository.versions import has_versions_of_run, indexing_rows, next_number
from citewell.documents.service import get_document
from citewell.documents.waiting import is_outside_queue
from citewell.errors import BadRequest
from citewell.ingestion import pipeline
from citewell.ingestion.chunk_settings import chunk_settings
from citewell.ingestion.chunking import ChunkSettings
from citewell.ingestion.parsed_files import parsed_key
from citewell.ingestion.pipeline import STEPS, step_named
from citewell.ingestion.repository.step_state import carry_over
from citewell.ingestion.stages import ENDED, UPLOADED, kind_of
from citewell.ingestion.step import Step
from citewell.ingestion.step_jobs import jobs_of
from citewell.ingestion.steps.chunk import chunk_key
from citewell.ingestion.steps.parse import parse_key
from citewell.kit.ids import new_id
from citewell.models import Document, DocumentVersion, PipelineRun
from citewell.models.passage import remove_staged
from citewell.resources import Resources


@dataclass
class StartedRun:
    """A started run.

    `steps` counts its documents by the step at which each begins; those in `unchanged` need no step.
    """

    run_id: UUID
    steps: Counter[str] = field(default_factory=Counter)


async def retry(
    resources: Resources, project_id: UUID, user_id: UUID | None, document_id: UUID, first_step: str | None = None
) -> StartedRun:
    """Retry a document from the step that failed, or from an earlier `first_step`.

    With `first_step`, a document that did not fail is processed again from there; searches find its old version until
    the new one is complete. Raises BadRequest if there is nothing to retry.
    """
    wanted = step_named(first_step) if first_step else None
    async with resources.database.read() as session:
        await get_document(session, project_id, document_id)
        [(_, version)] = await indexing_rows(session, project_id, [document_id])
    if version.stage == "failed":
        return await _try_again(resources, user_id, version, wanted)
    if version.stage not in ENDED:
        return await _restart(resources, user_id, version)
    if wanted is None:
        raise BadRequest("The document did not fail: name the stage from which to process it again.")
    return await reprocess(resources, project_id, user_id, [document_id], wanted)


async def retry_failed(resources: Resources, project_id: UUID, user_id: UUID | None) -> list[UUID]:
    """Retry every failed document of the project; returns their ids."""
    async with resources.database.read() as session:
        rows = await indexing_rows(session, project_id, None)
    failed = [version for document, version in rows if document.status == "active" and version.stage == "failed"]
    for version in failed:
        await _try_again(resources, user_id, version, None)
    return [version.document_id for version in failed]


async def reprocess(
    resources: Resources,
    project_id: UUID,
    user_id: UUID | None,
    document_ids: Sequence[UUID] | None,
    first: Step | None = None,
) -> StartedRun:
    """Make a new version of each document from the step `first` on.

    Without `first`, from the first step that would give another result now, if there is one. Documents that failed or
    were never started continue from their own step.
    """
    async with resources.database.write() as session:
        settings = await chunk_settings(session, project_id)
        started = StartedRun(await add_run(session, project_id, user_id))
        rows = await indexing_rows(session, project_id, document_ids)
    for document, version in rows:
        if document.status == "active":
            started.steps[await _reprocess_one(resources, started.run_id, document, version, settings, first)] += 1
    await _close_if_empty(resources, project_id, started)
    return started


async def _reprocess_one(
    resources: Resources,
    run_id: UUID,
    document: Document,
    version: DocumentVersion,
    settings: ChunkSettings,
    first: Step | None,
) -> str:
    """Starts the document and returns the name of the step that it begins with; `unchanged` if it needs none."""
    step = first_step(document, version, settings, first)
    if step is None:
        return "unchanged"
    if _stands_still(version):
        await _reset(resources, version, step, run_id)
    else:
        step = await _renew(resources, version, step, run_id)
    return step.name


def first_step(
    document: Document, version: DocumentVersion, settings: ChunkSettings, wanted: Step | None = None
) -> Step | None:
    """Returns the step at which a run would begin; None if no step is needed, or the document is being processed."""
    if _stands_still(version):
        return _step_of(version) if wanted is None else min(wanted, _step_of(version), key=STEPS.index)
    if version.stage not in ("embedded", "published", "superseded"):
        return None  # it is being processed, with the current settings
    needed = wanted or _outdated(document, version, settings)
    # The chunks of a new version get new ids, so processing starts at the chunk step at the latest.
    return None if needed is None else min(needed, step_named("chunk"), key=STEPS.index)


def _stands_still(version: DocumentVersion) -> bool:
    return version.stage == "failed" or (version.stage == UPLOADED and not version.started)


def _outdated(document: Document, version: DocumentVersion, settings: ChunkSettings) -> Step | None:
    """Returns the first step that would give another result now; None if there is none."""
    parsed, chunked = version.input_hash("parse"), version.input_hash("chunk")
    if parsed != parse_key(version.sha256, document.name):
        return step_named("parse")
    return None if chunked == chunk_key(parsed, settings) else step_named("chunk")


async def _renew(resources: Resources, version: DocumentVersion, step: Step, run_id: UUID) -> Step:
    """Makes a new version of the same file that begins with `step`, parse or chunk. Returns the step it begins with.

    That is always parse for a version whose chunks came from a table and not from its file.
    """
    renewed_id = new_id()
    if step.name == "chunk":
        try:
            await resources.files.copy(parsed_key(version), parsed_key(version, renewed_id))
        except FileNotFoundError:
            step = STEPS[0]
    shared = ("project_id", "document_id", "file_key", "file_size", "sha256")
    parsed = ("kind", "language", "title", "page_count") if step.name == "chunk" else ()
    values = {name: getattr(version, name) for name in (*shared, *parsed)}
    renewed = DocumentVersion(**values, id=renewed_id, run_id=run_id, stage=pipeline.stage_before(step))
    async with resources.database.write() as session:
        await get_document(session, version.project_id, version.document_id, lock=True)
        renewed.number = await next_number(session, version.project_id, version.document_id)
        session.add(renewed)
        await session.flush()
        if parsed:
            await carry_over(session, version, renewed, ["parse"])
        await pipeline.start(session, resources.queue, [renewed])
    return step


async def _try_again(
    resources: Resources, user_id: UUID | None, version: DocumentVersion, wanted: Step | None
) -> StartedRun:
    failed_at = _step_of(version)
    step = failed_at if wanted is None else min(wanted, failed_at, key=STEPS.index)
    async with resources.database.write() as session:
        run_id = await add_run(session, version.project_id, user_id)
    await _reset(resources, version, step, run_id)
    return StartedRun(run_id, Counter([step.name]))


def _step_of(version: DocumentVersion) -> Step:
    """Returns the step at which a version failed, or which it waits for."""
    if version.failure is not None:
        return step_named(kind_of(version.failure.step))
    return next((step for step in STEPS if pipeline.stage_before(step) == version.stage), STEPS[0])


async def _reset(resources: Resources, version: DocumentVersion, step: Step, run_id: UUID) -> None:
    """Resets an unpublished version to before a step, and deletes what later steps have made of it."""
    async with resources.database.write() as session:
        key = (version.project_id, version.id)
        stored = await session.get(DocumentVersion, key, with_for_update=True, populate_existing=True)
        if stored is None or stored.stage != version.stage:
            return  # another request was faster
        if STEPS.index(step) <= STEPS.index(step_named("chunk")):
            await remove_staged(session, *key)
            await delete_version_chunks(session, *key)
        stored.run_id, stored.started, stored.pages_done = run_id, False, 0
        await pipeline.put_back(session, stored, step)
        await pipeline.start(session, resources.queue, [stored])


async def _restart(resources: Resources, user_id: UUID | None, version: DocumentVersion) -> StartedRun:
    """Queues the step that a version waits for if no job exists: after skip_parsing, or if the queue was emptied."""
    async with resources.database.read() as session:
        queued = bool(await jobs_of(session, [version.id]))
    if queued or is_outside_queue(version):
        raise BadRequest("The document is being processed: indexing-status says what it waits for.")
    return await _try_again(resources, user_id, version, None)


async def add_run(session: AsyncSession, project_id: UUID, user_id: UUID | None, mode: str = "reprocess") -> UUID:
    run = PipelineRun(project_id=project_id, id=new_id(), pipeline_name="ingestion", mode=mode, user_id=user_id)
    session.add(run)
    await session.flush()
    return run.id


async def _close_if_empty(resources: Resources, project_id: UUID, started: StartedRun) -> None:
    """Completes a run without documents. Other runs are completed by the end of their last document."""
    async with resources.database.write() as session:
        if not await has_versions_of_run(session, project_id, started.run_id):
            run = await session.get_one(PipelineRun, (project_id, started.run_id))
            run.status = "completed"
