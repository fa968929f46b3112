"""Running an extractor: what it makes of each document is kept, then a new version of its table is written of it.

A job works for a while, then lets others go first and goes on from what is kept. So a process may be killed anywhere,
a run may be stopped and begun again, and no document is extracted twice as long as nothing it depends on changes.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import procrastinate
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agent.knowledge import ChunkText
from citewell.agent.protocol import ModelError
from citewell.extractors import results
from citewell.extractors.alert_tables import write_alerts, write_all_alerts, write_status
from citewell.extractors.corrections import corrected_rows, with_corrections
from citewell.extractors.families import BY_NAME, Family
from citewell.extractors.graph_building import rebuild_graph
from citewell.extractors.making import Maker, maker_of, model_of
from citewell.extractors.object_index import index_objects
from citewell.extractors.pushing import push_chunks
from citewell.extractors.results import Input
from citewell.extractors.service import make_table, tables_of
from citewell.extractors.tagging import document_tag_rows
from citewell.jobs import Retrying, defer
from citewell.models import Extractor, ExtractorVersion, KnowledgeTable, PipelineRun, PipelineRunLog, TableVersion
from citewell.resources import Resources
from citewell.tables.columns import checked_rows
from citewell.tables.document_tags import publish_document_tags
from citewell.tables.repository import add_version, deploy_version, insert_rows
from citewell.tables.service import types_of

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 4
_SLICE_SECONDS = 15.0  # after which a job lets others go first
_AT_ONCE = 4  # documents whose rows are made at the same time
_WRITTEN_AT_ONCE = 200  # documents whose rows are read and written together
_OUTPUT = {
    "object": "extracted_objects_table",
    "tag": "extracted_tags_table",
    "document-tag": "extracted_document_tags_table",
    "chunks": "extracted_chunks_table",
}


class Stopped(Exception):
    """The run was aborted or has ended."""


async def run_extractor(
    resources: Resources,
    project_id: UUID,
    run_id: UUID,
    version_id: UUID,
    document_ids: Sequence[UUID],
    failed: Sequence[UUID] = (),
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
    if family.name in ("object-alerts", "tag-alerts"):
        await _find_alerts(resources, run, version, family, document_ids)
        return
    model = model_of(resources, version)
    async with resources.database.read() as session:
        wanted = await results.inputs(session, version, model.name, document_ids)
        done = await results.made(session, project_id, wanted)
    failing = set(failed)
    missing = [one for one in wanted if one.result_id not in done and one.document_id not in failing]
    if table is not None and missing:
        maker = maker_of(resources, family, version, model)
        try:
            left = await _make(resources, run, version, maker, missing, failing, len(wanted), slice_seconds)
        except Stopped:
            return
        if left:
            await _go_on_later(resources, run, version_id, document_ids, failing, left)
            return
    await _finish(resources, run, version, family, table, wanted, failing)


async def _begin(
    resources: Resources, project_id: UUID, run_id: UUID, version_id: UUID
) -> tuple[PipelineRun, ExtractorVersion, Family, KnowledgeTable | None] | None:
    async with resources.database.write() as session:
        run = await session.get(PipelineRun, (project_id, run_id), with_for_update=True)
        version = await session.get(ExtractorVersion, (project_id, version_id))
        if run is None or run.status not in ("pending", "running"):
            return None
        run.status = "running"
        extractor = await session.get(Extractor, (project_id, version.extractor_id)) if version else None
        if version is None or extractor is None:
            run.status = "failed"
            _log(session, run, "The extractor was deleted.")
            return None
        family = BY_NAME[extractor.family]
        return run, version, family, await _table(session, family, extractor)


async def _table(session: AsyncSession, family: Family, extractor: Extractor) -> KnowledgeTable | None:
    """The table that a run fills; made now, if it is one that comes late."""
    field = _OUTPUT.get(family.name)
    spec = next((one for one in family.tables if one.field == field), None)
    if spec is None:
        return None
    found = (await tables_of(session, extractor.project_id, family, [extractor.id]))[extractor.id].get(spec.field)
    if found is None:
        found = make_table(spec, extractor)
        session.add(found)
        await session.flush()
    return found


async def _make(
    resources: Resources,
    run: PipelineRun,
    version: ExtractorVersion,
    maker: Maker,
    missing: Sequence[Input],
    failing: set[UUID],
    total: int,
    slice_seconds: float,
) -> int:
    """Make and keep the missing results, several at a time. Returns how many are left. Raises Stopped.

    Documents that the model has no answer for are added to `failing`.
    """
    until = time.monotonic() + slice_seconds
    waiting = list(reversed(missing))
    done = total - len(missing)

    async def work() -> None:
        nonlocal done
        while waiting and time.monotonic() < until:
            one = waiting.pop()
            async with resources.database.read() as session:
                chunks = await results.chunks_of(session, run.project_id, one)
            rows, told = await _rows(maker, chunks, one)
            done += 1
            async with resources.database.write() as session:
                await _still_wanted(session, run)
                if rows is None:
                    failing.add(one.document_id)
                else:
                    await results.keep(session, version, one, rows)
                _log(session, run, f"{one.name}: {told} ({done:,} of {total:,})")

    tasks = [asyncio.create_task(work()) for _ in range(min(_AT_ONCE, len(missing)))]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    return len(waiting)


async def _rows(maker: Maker, chunks: Sequence[ChunkText], one: Input) -> tuple[list[dict[str, Any]] | None, str]:
    """The rows of a document and what the log says; None where the model has no answer."""
    if not chunks:
        return [], "no text"
    try:
        rows = await maker(chunks, one.version_id)
    except ModelError as error:
        return None, f"failed: {error.message}"
    return rows, f"{len(rows)} rows"


async def _still_wanted(session: AsyncSession, run: PipelineRun) -> None:
    current = await session.get(PipelineRun, (run.project_id, run.id))
    if current is None or current.status != "running":
        raise Stopped


async def _go_on_later(
    resources: Resources, run: PipelineRun, version_id: UUID, document_ids: Sequence[UUID], failed: set[UUID], left: int
) -> None:
    async with resources.database.write() as session:
        await defer(
            session,
            resources.queue,
            "extractors:run",
            seconds=min(_SLICE_SECONDS, float(left)),
            project_id=str(run.project_id),
            run_id=str(run.id),
            version_id=str(version_id),
            document_ids=[str(one) for one in document_ids],
            failed=[str(one) for one in failed],
        )


async def _finish(
    resources: Resources,
    run: PipelineRun,
    version: ExtractorVersion,
    family: Family,
    table: KnowledgeTable | None,
    wanted: Sequence[Input],
    failing: set[UUID],
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
            output = await _write(session, run, version, table, wanted)
            await _add_alerts(session, run, version, family, output)
            if run.mode == "publish":
                await deploy_version(session, output)
                await publish_document_tags(session, table, output)
        ended.status = "completed"


async def _add_alerts(
    session: AsyncSession, run: PipelineRun, version: ExtractorVersion, family: Family, output: TableVersion
) -> None:
    """The alerts of what was extracted, where the extractor wants some."""
    extractor = await session.get_one(Extractor, (version.project_id, version.extractor_id))
    if family.name in ("object", "tag") and extractor.settings.get("compute_alerts", True):
        count = await write_alerts(session, family, version, output, family.name)
        _log(session, run, f"{count:,} alerts")


async def _find_alerts(
    resources: Resources, run: PipelineRun, version: ExtractorVersion, family: Family, document_ids: Sequence[UUID]
) -> None:
    """A run of an extractor of alerts."""
    async with resources.database.write(statement_seconds=0) as session:
        ended = await session.get_one(PipelineRun, (run.project_id, run.id), with_for_update=True)
        if ended.status == "running":
            count = await write_all_alerts(session, family, version, document_ids)
            _log(session, run, f"{count:,} alerts")
            ended.status = "completed"


async def _write(
    session: AsyncSession,
    run: PipelineRun,
    version: ExtractorVersion,
    table: KnowledgeTable,
    wanted: Sequence[Input],
) -> TableVersion:
    corrected = await corrected_rows(session, table) if table.object_type == "object" else {}
    output = await add_version(session, table)
    output.origin = {"run": str(run.id), "extractor_version": str(version.id)}
    await session.flush()
    types, count = types_of(table), 0
    for start in range(0, len(wanted), _WRITTEN_AT_ONCE):
        some = wanted[start : start + _WRITTEN_AT_ONCE]
        kept = await results.rows_of(session, run.project_id, some)
        rows = [
            row
            for one in some
            for row in with_corrections(kept.get(one.document_id, []), corrected.get(str(one.document_id), []))
        ]
        await insert_rows(session, output, checked_rows(rows, types))
        count += len(rows)
    _log(session, run, f"{len(wanted):,} documents: {count:,} rows in version {output.number} of {table.name}")
    return output


def _log(session: AsyncSession, run: PipelineRun, line: str) -> None:
    session.add(PipelineRunLog(project_id=run.project_id, run_id=run.id, line=line[:2000]))


async def push_tables(resources: Resources, project_id: UUID, run_id: UUID, table_ids: Sequence[UUID]) -> None:
    """Have searches find what the tables hold; the run ends when all documents that it touches have."""
    async with resources.database.write() as session:
        run = await session.get(PipelineRun, (project_id, run_id), with_for_update=True)
        if run is None or run.status not in ("pending", "running"):
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
        nodes = await rebuild_graph(session, project_id)
        ended = await session.get_one(PipelineRun, (project_id, run_id), with_for_update=True)
        _log(session, ended, f"{count} documents to be published, {objects:,} objects; the graph has {nodes:,} nodes")
        if not count and ended.status == "running":
            ended.status = "completed"


async def run_document_tags(
    resources: Resources, project_id: UUID, run_id: UUID, table_id: UUID, document_ids: Sequence[UUID]
) -> None:
    """Fill a new version of a table of document tags by the definitions in its metadata."""
    async with resources.database.write() as session:
        run = await session.get(PipelineRun, (project_id, run_id), with_for_update=True)
        table = await session.get(KnowledgeTable, (project_id, table_id))
        if run is None or run.status not in ("pending", "running"):
            return
        run.status = "running" if table is not None else "failed"
        stated = table.object_metadata.get("tags") or [] if table is not None else []
        # The definitions stand in the table: there is no extractor whose results could be kept.
        version = ExtractorVersion(project_id=project_id, extractor_id=table_id, settings={"tags": stated})
        wanted = await results.inputs(session, version, "", document_ids)
    if table is None:
        return
    rows: list[dict[str, Any]] = []
    for one in wanted:
        async with resources.database.read() as session:
            chunks = await results.chunks_of(session, project_id, one)
        rows += await asyncio.to_thread(document_tag_rows, chunks, stated) if chunks else []
    async with resources.database.write() as session:
        ended = await session.get_one(PipelineRun, (project_id, run_id), with_for_update=True)
        if ended.status == "running":
            output = await add_version(session, table)
            await insert_rows(session, output, checked_rows(rows, types_of(table)))
            _log(session, ended, f"{len(wanted):,} documents: {len(rows):,} tags in version {output.number}")
            ended.status = "completed"


async def fail_run(resources: Resources, project_id: UUID, run_id: UUID, reason: str) -> None:
    async with resources.database.write() as session:
        run = await session.get(PipelineRun, (project_id, run_id), with_for_update=True)
        if run is not None and run.status in ("pending", "running"):
            run.status = "failed"
            _log(session, run, reason)


def make_tasks() -> procrastinate.Blueprint:
    """The tasks of the namespace `extractors`."""
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
    ) -> None:
        resources: Resources = context.additional_context["resources"]
        ids, given_up = [UUID(one) for one in document_ids], [UUID(one) for one in failed]
        try:
            await run_extractor(resources, UUID(project_id), UUID(run_id), UUID(version_id), ids, given_up)
        except Exception as error:
            log.warning("extraction_broke", run=run_id, exc_info=error)
            if context.job.attempts + 1 >= MAX_ATTEMPTS:
                await fail_run(resources, UUID(project_id), UUID(run_id), reason_of(error))
                return
            raise

    @blueprint.task(name="push", pass_context=True, retry=retry)
    async def push(context: procrastinate.JobContext, *, project_id: str, run_id: str, table_ids: list[str]) -> None:
        resources: Resources = context.additional_context["resources"]
        await push_tables(resources, UUID(project_id), UUID(run_id), [UUID(one) for one in table_ids])

    @blueprint.task(name="tag_documents", pass_context=True, retry=retry)
    async def tag_documents(
        context: procrastinate.JobContext,
        *,
        project_id: str,
        run_id: str,
        table_id: str,
        document_ids: list[str],
    ) -> None:
        resources: Resources = context.additional_context["resources"]
        ids = [UUID(one) for one in document_ids]
        await run_document_tags(resources, UUID(project_id), UUID(run_id), UUID(table_id), ids)

    return blueprint


def reason_of(error: Exception) -> str:
    """What may be shown of an error."""
    return getattr(error, "message", "") or "Something went wrong on the server."
