"""Runs that tag documents by the definitions in a table's metadata, without an extractor.

As runs of extractors do, they keep what they made of each document and go on in another job after a while.
"""

from collections.abc import Sequence
from uuid import UUID, uuid5

import msgspec

from citewell.extractors import results
from citewell.extractors.making import document_tag_maker
from citewell.extractors.run_jobs import SLICE_SECONDS, TagJob, defer_tags
from citewell.extractors.work import Making, Stopped, log_line, make_missing, write_output
from citewell.kit.ids import new_id
from citewell.models import ExtractorVersion, KnowledgeTable, PipelineRun
from citewell.models.base import UNFINISHED
from citewell.resources import Resources


async def run_document_tags(resources: Resources, job: TagJob, *, slice_seconds: float = SLICE_SECONDS) -> None:
    """Makes the missing results of a run, and writes a new version of the table when none is missing.

    Does nothing if the run was aborted or has ended. After `slice_seconds` it queues another job, which continues. The
    run fails if no document has a result.
    """
    begun = await _begin(resources, job)
    if begun is None:
        return
    run, table = begun
    stated, model = table.object_metadata.get("tags") or [], resources.model_of(job.project_id, job.llm_model)
    # The table holds everything that decides the results, so it is used in place of an extractor's version.
    version = ExtractorVersion(
        project_id=job.project_id,
        id=uuid5(job.table_id, "tags"),
        number=1,
        extractor_id=job.table_id,
        settings={"tags": stated},
    )
    async with resources.database.write() as session:  # a standby may be behind
        wanted = await results.inputs(session, version, model.name, job.document_ids)
        done = await results.made(session, job.project_id, wanted)
    failing = set(job.failed)
    missing = [one for one in wanted if one.result_id not in done and one.document_id not in failing]
    if missing:
        maker = document_tag_maker(model, stated)
        making = Making(run, version, model, maker, len(wanted), failing, table_id=job.table_id)
        try:
            left = await make_missing(resources, making, missing, slice_seconds)
        except Stopped:
            return
        if left:
            following = msgspec.structs.replace(job, failed=list(failing))
            async with resources.database.write() as session:
                await defer_tags(session, resources.queue, following, float(left))
            return
    await _finish(resources, run, version, table, wanted, failing)


async def _begin(resources: Resources, job: TagJob) -> tuple[PipelineRun, KnowledgeTable] | None:
    async with resources.database.write() as session:
        run = await session.get(PipelineRun, (job.project_id, job.run_id), with_for_update=True)
        table = await session.get(KnowledgeTable, (job.project_id, job.table_id))
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
