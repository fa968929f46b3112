"""Runs that tag documents by the definitions in a table's metadata, without an extractor.

As runs of extractors do, they keep what they made of each document and go on in another job after a while.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID, uuid5

import procrastinate
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.extractors import results
from citewell.extractors.making import document_tag_maker
from citewell.extractors.service import lock_of
from citewell.extractors.work import Making, Stopped, log_line, make_missing, write_output
from citewell.jobs.publishing import defer
from citewell.kit.ids import new_id
from citewell.models import ExtractorVersion, KnowledgeTable, PipelineRun
from citewell.models.base import UNFINISHED
from citewell.resources import Resources

_SLICE_SECONDS = 15.0  # after which a job lets others go first


async def run_document_tags(
    resources: Resources,
    project_id: UUID,
    run_id: UUID,
    table_id: UUID,
    document_ids: Sequence[UUID],
    llm_model: str = "",
    failed: Sequence[UUID] = (),
    *,
    slice_seconds: float = _SLICE_SECONDS,
) -> None:
    """Fill a new version of the table. A run that was aborted, or has ended, does nothing. `failed` are documents that
    this run gave up. It fails where no document has a result."""
    begun = await _begin(resources, project_id, run_id, table_id)
    if begun is None:
        return
    run, table = begun
    stated, model = table.object_metadata.get("tags") or [], resources.model_of(project_id, llm_model)
    # The table holds everything that decides the results, so it is used in place of an extractor's version.
    settings = {"tags": stated}
    version = ExtractorVersion(
        project_id=project_id, id=uuid5(table_id, "tags"), number=1, extractor_id=table_id, settings=settings
    )
    async with resources.database.write() as session:  # a standby may be behind
        wanted = await results.inputs(session, version, model.name, document_ids)
        done = await results.made(session, project_id, wanted)
    failing = set(failed)
    missing = [one for one in wanted if one.result_id not in done and one.document_id not in failing]
    if missing:
        maker = document_tag_maker(model, stated)
        making = Making(run, version, model, maker, len(wanted), failing, table_id=table_id)
        try:
            left = await make_missing(resources, making, missing, slice_seconds)
        except Stopped:
            return
        if left:
            async with resources.database.write() as session:
                await defer_tags(
                    session, resources.queue, run.id, table, document_ids, llm_model, failing, seconds=float(left)
                )
            return
    await _finish(resources, run, version, table, wanted, failing)


async def defer_tags(
    session: AsyncSession,
    queue: procrastinate.App,
    run_id: UUID,
    table: KnowledgeTable,
    document_ids: Sequence[UUID],
    llm_model: str,
    failed: Iterable[UUID] = (),
    *,
    seconds: float = _SLICE_SECONDS,
) -> None:
    """Queues the job that begins or continues the run."""
    await defer(
        session,
        queue,
        "extractors:tag_documents",
        lock=lock_of(table.id),
        seconds=min(_SLICE_SECONDS, seconds),
        project_id=str(table.project_id),
        run_id=str(run_id),
        table_id=str(table.id),
        document_ids=[str(one) for one in document_ids],
        llm_model=llm_model,
        failed=[str(one) for one in failed],
    )


async def _begin(
    resources: Resources, project_id: UUID, run_id: UUID, table_id: UUID
) -> tuple[PipelineRun, KnowledgeTable] | None:
    async with resources.database.write() as session:
        run = await session.get(PipelineRun, (project_id, run_id), with_for_update=True)
        table = await session.get(KnowledgeTable, (project_id, table_id))
        if run is None or run.status not in UNFINISHED:
            return None
        run.status, run.attempt = "running" if table is not None else "failed", new_id()
        if table is None:
            log_line(session, run, "The table was deleted.")
            return None
        return run, table


async def _finish(
    resources: Resources,
    run: PipelineRun,
    version: ExtractorVersion,
    table: KnowledgeTable,
    wanted: Sequence[results.Input],
    failing: set[UUID],
) -> None:
    async with resources.database.write(statement_seconds=0) as session:
        ended = await session.get_one(PipelineRun, (run.project_id, run.id), with_for_update=True)
        if ended.status == "running" and failing and len(failing) >= len(wanted):
            ended.status = "failed"
        elif ended.status == "running":
            await write_output(session, run, version, table, wanted)
            ended.status = "completed"
