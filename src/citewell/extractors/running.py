"""Running an extractor: what it makes of each document is kept, then a new version of its table is written of it.

A job works for a while, then lets others go first and goes on from what is kept. So a process may be killed anywhere,
a run may be stopped and begun again, and no document is extracted twice as long as nothing it depends on changes.
"""

import contextlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

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
from citewell.extractors.scope import RunOptions, scope_of
from citewell.extractors.service import lock_of, with_model
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
from citewell.jobs.publishing import defer
from citewell.jobs.queue import Retrying, giving_up_at_last
from citewell.kit.ids import new_id
from citewell.models import Extractor, ExtractorVersion, KnowledgeTable, PipelineRun, TableVersion
from citewell.models.base import UNFINISHED
from citewell.resources import Resources
from citewell.tables.document_tags import publish_deployed_tags
from citewell.tables.repository.rows import copy_other_rows
from citewell.tables.repository.tables import newest_version

MAX_ATTEMPTS = 4
_SLICE_SECONDS = 15.0  # after which a job lets others go first


async def run_extractor(
    resources: Resources,
    project_id: UUID,
    run_id: UUID,
    version_id: UUID,
    document_ids: Sequence[UUID],
    failed: Sequence[UUID] = (),
    options: RunOptions | None = None,
    *,
    slice_seconds: float = _SLICE_SECONDS,
) -> None:
    """Fill a new version of the extractor's table. A run that was aborted, or has ended, does nothing.

    `failed` are documents that this run gave up; they have no rows, and another run tries them again.
    """
    begun = await _begin(resources, project_id, run_id, version_id)
    if begun is None:
        return
    run, version, family, table = begun
    options = options or RunOptions()
    version = with_model(version, options.llm_model)
    if family.name in ("object-alerts", "tag-alerts"):
        await _find_alerts(resources, run, version, family, document_ids, options, slice_seconds)
        return
    model = model_of(resources, version)
    async with resources.database.write() as session:  # a standby may be behind
        scope = await scope_of(session, project_id, options)
        wanted = await results.inputs(session, version, model.name, document_ids, scope=scope)
        done = await results.made(session, project_id, wanted)
    failing = set(failed)
    missing = [one for one in wanted if one.result_id not in done and one.document_id not in failing]
    if table is not None and missing:
        making = Making(run, version, model, maker_of(resources, family, version, model), len(wanted), failing)
        try:
            left = await make_missing(resources, making, missing, slice_seconds)
        except Stopped:
            return
        if left:
            await _go_on_later(resources, run, version, document_ids, options, failing, left)
            return
    await _finish(resources, run, version, family, table, wanted, failing, options)


async def _begin(
    resources: Resources, project_id: UUID, run_id: UUID, version_id: UUID
) -> tuple[PipelineRun, ExtractorVersion, Family, KnowledgeTable | None] | None:
    async with resources.database.write() as session:
        run = await session.get(PipelineRun, (project_id, run_id), with_for_update=True)
        version = await session.get(ExtractorVersion, (project_id, version_id))
        if run is None or run.status not in UNFINISHED:
            return None
        run.status, run.attempt = "running", new_id()
        extractor = await session.get(Extractor, (project_id, version.extractor_id)) if version else None
        if version is None or extractor is None:
            run.status = "failed"
            log_line(session, run, "The extractor was deleted.")
            return None
        family = BY_NAME[extractor.family]
        return run, version, family, await output_table(session, family, extractor)


async def _go_on_later(
    resources: Resources,
    run: PipelineRun,
    version: ExtractorVersion,
    document_ids: Sequence[UUID],
    options: RunOptions,
    failed: set[UUID],
    left: int,
) -> None:
    async with resources.database.write() as session:
        await defer(
            session,
            resources.queue,
            "extractors:run",
            lock=lock_of(version.extractor_id),
            seconds=min(_SLICE_SECONDS, float(left)),
            project_id=str(run.project_id),
            run_id=str(run.id),
            version_id=str(version.id),
            document_ids=[str(one) for one in document_ids],
            failed=[str(one) for one in failed],
            options=options.model_dump(mode="json", exclude_defaults=True),
        )


async def _finish(
    resources: Resources,
    run: PipelineRun,
    version: ExtractorVersion,
    family: Family,
    table: KnowledgeTable | None,
    wanted: Sequence[Input],
    failing: set[UUID],
    options: RunOptions,
) -> None:
    """Write the new version of the table and end the run, in one transaction. It failed if no document has a result."""
    async with resources.database.write(statement_seconds=0) as session:
        ended = await session.get_one(PipelineRun, (run.project_id, run.id), with_for_update=True)
        if ended.status != "running":
            return
        if failing and len(failing) >= len(wanted):
            ended.status = "failed"
            return
        if table is not None:
            others = await newest_version(session, table.project_id, table.id) if options.keeps_others else None
            output, stated = await write_output(session, run, version, table, wanted)
            if others is not None:
                await copy_other_rows(session, others, output, [one.document_id for one in wanted])
            if options.compute_alerts is not False:
                await add_alerts(session, run, version, family, output, stated)
            if run.mode == "publish":
                await deploy_output(session, version, table, output)
        ended.status = "completed"


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


async def _find_alerts(
    resources: Resources,
    run: PipelineRun,
    version: ExtractorVersion,
    family: Family,
    document_ids: Sequence[UUID],
    options: RunOptions,
    slice_seconds: float,
) -> None:
    """A run of an extractor of alerts."""
    try:
        stated, left = await instructed_alerts(resources, run, version, family, document_ids, None, slice_seconds)
    except Stopped:
        return
    if left:
        await _go_on_later(resources, run, version, document_ids, options, set(), left)
        return
    async with resources.database.write(statement_seconds=0) as session:
        ended = await session.get_one(PipelineRun, (run.project_id, run.id), with_for_update=True)
        if ended.status == "running":
            count = await write_all_alerts(session, family, version, document_ids, None, stated)
            log_line(session, run, f"{count:,} alerts")
            ended.status = "completed"


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


def _failing_at_last(
    context: procrastinate.JobContext, project_id: UUID, run_id: UUID
) -> contextlib.AbstractAsyncContextManager[None]:
    """Ends the run if its last attempt breaks in the body."""
    resources: Resources = context.additional_context["resources"]

    async def give_up(error: Exception) -> None:
        await fail_run(resources, project_id, run_id, reason_of(error))

    return giving_up_at_last(context.job, MAX_ATTEMPTS, give_up, "extraction_broke", run=str(run_id))


def make_tasks() -> procrastinate.Blueprint:
    """Returns the tasks of the namespace `extractors`."""
    blueprint = procrastinate.Blueprint()
    retry = Retrying(max_attempts=MAX_ATTEMPTS, exponential_wait=2)

    @blueprint.task(name="run", pass_context=True, retry=retry)
    async def run(
        context: procrastinate.JobContext,
        *,
        project_id: str,
        run_id: str,
        version_id: str,
        document_ids: list[str],
        failed: Sequence[str] = (),
        options: dict[str, Any] | None = None,
    ) -> None:
        resources: Resources = context.additional_context["resources"]
        project, started = UUID(project_id), UUID(run_id)
        ids, given_up = [UUID(one) for one in document_ids], [UUID(one) for one in failed]
        told = RunOptions.model_validate(options or {})
        async with _failing_at_last(context, project, started):
            try:
                await run_extractor(resources, project, started, UUID(version_id), ids, given_up, told)
            except BadRequest as error:
                await fail_run(resources, project, started, error.message)

    @blueprint.task(name="push", pass_context=True, retry=retry)
    async def push(context: procrastinate.JobContext, *, project_id: str, run_id: str, table_ids: list[str]) -> None:
        resources: Resources = context.additional_context["resources"]
        project, started = UUID(project_id), UUID(run_id)
        async with _failing_at_last(context, project, started):
            await push_tables(resources, project, started, [UUID(one) for one in table_ids])

    @blueprint.task(name="rebuild_graph", pass_context=True, retry=retry)
    async def rebuild(context: procrastinate.JobContext, *, project_id: str) -> None:
        resources: Resources = context.additional_context["resources"]
        async with resources.database.write(statement_seconds=0) as session:
            await rebuild_graph(session, UUID(project_id))

    @blueprint.task(name="tag_documents", pass_context=True, retry=retry)
    async def tag_documents(
        context: procrastinate.JobContext,
        *,
        project_id: str,
        run_id: str,
        table_id: str,
        document_ids: list[str],
        llm_model: str = "",
        failed: Sequence[str] = (),
    ) -> None:
        resources: Resources = context.additional_context["resources"]
        project, started = UUID(project_id), UUID(run_id)
        ids, given_up = [UUID(one) for one in document_ids], [UUID(one) for one in failed]
        async with _failing_at_last(context, project, started):
            await run_document_tags(resources, project, started, UUID(table_id), ids, llm_model, given_up)

    return blueprint


def reason_of(error: Exception) -> str:
    """Returns the part of an error that may be shown."""
    return getattr(error, "message", "") or "Something went wrong on the server."
