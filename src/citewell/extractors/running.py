"""Running an extractor: what it makes of each document is kept, then a new version of its table is written of it.

A job works for a while, then lets others go first and goes on from what is kept. So a process may be killed anywhere,
a run may be stopped and begun again, and no document is extracted twice as long as nothing it depends on changes.
"""

import functools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import procrastinate
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.errors import BadRequest
from citewell.extractors import results
from citewell.extractors.alert_runs import instructed_alerts
from citewell.extractors.alert_tables import write_alerts, write_all_alerts, write_status
from citewell.extractors.families import BY_NAME, Family
from citewell.extractors.graph_building import rebuild_graph
from citewell.extractors.making import maker_of, model_of
from citewell.extractors.object_index import index_objects
from citewell.extractors.pushing import push_chunks
from citewell.extractors.results import Input
from citewell.extractors.run_jobs import SLICE_SECONDS, ExtractionJob, TagJob, defer_extraction
from citewell.extractors.run_options import RunOptions, scope_of
from citewell.extractors.service import with_model
from citewell.extractors.tag_runs import run_document_tags
from citewell.extractors.work import (
    Making,
    Stopped,
    deploy_output,
    log_line,
    make_missing,
    output_table,
    write_output,
)
from citewell.jobs.queue import RETRIES, work_or_give_up
from citewell.kit.ids import new_id
from citewell.models import Extractor, ExtractorVersion, KnowledgeTable, PipelineRun, TableVersion
from citewell.models.base import UNFINISHED
from citewell.resources import Resources
from citewell.tables.document_tags import publish_deployed_tags
from citewell.tables.repository.rows import copy_other_rows
from citewell.tables.repository.tables import newest_version


async def run_extractor(resources: Resources, job: ExtractionJob, *, slice_seconds: float = SLICE_SECONDS) -> None:
    """Makes the missing results of a run, and writes a new version of the extractor's table when none is missing.

    Does nothing if the run was aborted or has ended. After `slice_seconds` it queues another job, which continues.
    """
    extraction = await _begin(resources, job)
    if extraction is None:
        return
    try:
        if extraction.family.name in ("object-alerts", "tag-alerts"):
            left = await extraction.find_alerts(slice_seconds)
        else:
            left = await extraction.extract(slice_seconds)
    except Stopped:
        return
    if left:
        await extraction.go_on_later(left)


async def _begin(resources: Resources, job: ExtractionJob) -> "_Extraction | None":
    """Returns None if the run must not continue."""
    async with resources.database.write() as session:
        run = await session.get(PipelineRun, (job.project_id, job.run_id), with_for_update=True)
        version = await session.get(ExtractorVersion, (job.project_id, job.version_id))
        if run is None or run.status not in UNFINISHED:
            return None
        run.status, run.attempt = "running", new_id()
        extractor = await session.get(Extractor, (job.project_id, version.extractor_id)) if version else None
        if version is None or extractor is None:
            run.status = "failed"
            log_line(session, run, "The extractor was deleted.")
            return None
        family = BY_NAME[extractor.family]
        table = await output_table(session, family, extractor)
    options = RunOptions.model_validate(job.options)
    version = with_model(version, options.llm_model)
    return _Extraction(resources, job, run, version, family, table, options, set(job.failed))


@dataclass(frozen=True)
class _Extraction:
    """A run that has begun, and the job that works on it.

    `table` is the one that the run fills, if it fills one. `failing` are the documents that the run gave up so far.
    """

    resources: Resources
    job: ExtractionJob
    run: PipelineRun
    version: ExtractorVersion
    family: Family
    table: KnowledgeTable | None
    options: RunOptions
    failing: set[UUID]

    async def extract(self, slice_seconds: float) -> int:
        """Makes the missing results. Returns how many documents are left; ends the run if none is. Raises Stopped."""
        model = model_of(self.resources, self.version)
        async with self.resources.database.write() as session:  # a standby may be behind
            scope = await scope_of(session, self.job.project_id, self.options)
            wanted = await results.inputs(session, self.version, model.name, self.job.document_ids, scope=scope)
            done = await results.made(session, self.job.project_id, wanted)
        missing = [one for one in wanted if one.result_id not in done and one.document_id not in self.failing]
        if self.table is not None and missing:
            maker = maker_of(self.resources, self.family, self.version, model)
            making = Making(self.run, self.version, model, maker, len(wanted), self.failing)
            if left := await make_missing(self.resources, making, missing, slice_seconds):
                return left
        await self._finish(wanted)
        return 0

    async def _finish(self, wanted: Sequence[Input]) -> None:
        """Writes the new version of the table and ends the run, in one transaction.

        The run has failed if no document has a result.
        """
        async with self.resources.database.write(statement_seconds=0) as session:
            ended = await session.get_one(PipelineRun, (self.run.project_id, self.run.id), with_for_update=True)
            if ended.status != "running":
                return
            if self.failing and len(self.failing) >= len(wanted):
                ended.status = "failed"
                return
            if self.table is not None:
                await self._write(session, self.table, wanted)
            ended.status = "completed"

    async def _write(self, session: AsyncSession, table: KnowledgeTable, wanted: Sequence[Input]) -> None:
        others = await newest_version(session, table.project_id, table.id) if self.options.keeps_others else None
        output, stated = await write_output(session, self.run, self.version, table, wanted)
        if others is not None:
            await copy_other_rows(session, others, output, [one.document_id for one in wanted])
        if self.options.compute_alerts is not False:
            await add_alerts(session, self.run, self.version, self.family, output, stated)
        if self.run.mode == "publish":
            await deploy_output(session, self.version, table, output)

    async def find_alerts(self, slice_seconds: float) -> int:
        """Does the work of an extractor of alerts. Returns how many documents are left. Raises Stopped."""
        ids = self.job.document_ids
        stated, left = await instructed_alerts(
            self.resources, self.run, self.version, self.family, ids, None, slice_seconds
        )
        if left:
            return left
        async with self.resources.database.write(statement_seconds=0) as session:
            ended = await session.get_one(PipelineRun, (self.run.project_id, self.run.id), with_for_update=True)
            if ended.status == "running":
                count = await write_all_alerts(session, self.family, self.version, ids, None, stated)
                log_line(session, self.run, f"{count:,} alerts")
                ended.status = "completed"
        return 0

    async def go_on_later(self, left: int) -> None:
        """Queues the job that continues with the `left` documents."""
        job = msgspec.structs.replace(self.job, failed=list(self.failing))
        async with self.resources.database.write() as session:
            await defer_extraction(session, self.resources.queue, self.version.extractor_id, job, float(left))


async def add_alerts(
    session: AsyncSession,
    run: PipelineRun,
    version: ExtractorVersion,
    family: Family,
    output: TableVersion,
    stated: Sequence[dict[str, Any]],
) -> None:
    """The alerts of what was extracted, where the extractor wants some; `stated` are those of a model."""
    extractor = await session.get_one(Extractor, (version.project_id, version.extractor_id))
    if family.name in ("object", "tag") and extractor.settings.get("compute_alerts", True):
        count = await write_alerts(session, family, version, output, family.name, stated)
        log_line(session, run, f"{count:,} alerts")


async def push_tables(resources: Resources, project_id: UUID, run_id: UUID, table_ids: Sequence[UUID]) -> None:
    """Makes what the tables hold searchable; the run ends when all documents that it touches have ended."""
    async with resources.database.write() as session:
        run = await session.get(PipelineRun, (project_id, run_id), with_for_update=True)
        if run is None or run.status not in UNFINISHED:
            return
        run.status = "running"
        tables = [await session.get(KnowledgeTable, (project_id, one)) for one in table_ids]
    count, objects = 0, 0
    for table in tables:
        if table is not None and table.object_type == "chunk":
            count += await push_chunks(resources, run, table)
        elif table is not None and table.object_type == "object":
            objects += await index_objects(resources, table)
            async with resources.database.write() as session:
                await write_status(session, table, "completed")
    async with resources.database.write(statement_seconds=0) as session:
        await publish_deployed_tags(session, project_id)
        nodes = await rebuild_graph(session, project_id)
        ended = await session.get_one(PipelineRun, (project_id, run_id), with_for_update=True)
        log_line(
            session, ended, f"{count} documents to be published, {objects:,} objects; the graph has {nodes:,} nodes"
        )
        if not count and ended.status == "running":
            ended.status = "completed"


async def fail_run(resources: Resources, project_id: UUID, run_id: UUID, reason: str) -> None:
    async with resources.database.write() as session:
        run = await session.get(PipelineRun, (project_id, run_id), with_for_update=True)
        if run is not None and run.status in UNFINISHED:
            run.status = "failed"
            log_line(session, run, reason)


async def _work_or_fail(
    context: procrastinate.JobContext, project_id: UUID, run_id: UUID, work: Callable[[], Awaitable[None]]
) -> None:
    """Does the work. Ends the run if its last attempt breaks."""
    resources: Resources = context.additional_context["resources"]

    async def give_up(error: Exception) -> None:
        await fail_run(resources, project_id, run_id, reason_of(error))

    await work_or_give_up(context.job, work, give_up, "extraction_broke", run=str(run_id))


def make_tasks() -> procrastinate.Blueprint:
    """Returns the tasks of the namespace `extractors`."""
    blueprint = procrastinate.Blueprint()

    @blueprint.task(name="run", pass_context=True, retry=RETRIES)
    async def run(context: procrastinate.JobContext, /, **arguments: Any) -> None:
        resources: Resources = context.additional_context["resources"]
        job = msgspec.convert(arguments, ExtractionJob)

        async def work() -> None:
            try:
                await run_extractor(resources, job)
            except BadRequest as error:
                await fail_run(resources, job.project_id, job.run_id, error.message)

        await _work_or_fail(context, job.project_id, job.run_id, work)

    @blueprint.task(name="push", pass_context=True, retry=RETRIES)
    async def push(context: procrastinate.JobContext, *, project_id: str, run_id: str, table_ids: list[str]) -> None:
        resources: Resources = context.additional_context["resources"]
        project, started = UUID(project_id), UUID(run_id)
        work = functools.partial(push_tables, resources, project, started, [UUID(one) for one in table_ids])
        await _work_or_fail(context, project, started, work)

    @blueprint.task(name="rebuild_graph", pass_context=True, retry=RETRIES)
    async def rebuild(context: procrastinate.JobContext, *, project_id: str) -> None:
        resources: Resources = context.additional_context["resources"]
        async with resources.database.write(statement_seconds=0) as session:
            await rebuild_graph(session, UUID(project_id))

    @blueprint.task(name="tag_documents", pass_context=True, retry=RETRIES)
    async def tag_documents(context: procrastinate.JobContext, /, **arguments: Any) -> None:
        resources: Resources = context.additional_context["resources"]
        job = msgspec.convert(arguments, TagJob)
        work = functools.partial(run_document_tags, resources, job)
        await _work_or_fail(context, job.project_id, job.run_id, work)

    return blueprint


def reason_of(error: Exception) -> str:
    """Returns the part of an error that may be shown."""
    return getattr(error, "message", "") or "Something went wrong on the server."
