"""Running an extractor over documents: a job that fills a new version of its table, document by document."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import procrastinate
import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agent.knowledge import ChunkText
from citewell.documents.knowledge import ProjectKnowledge
from citewell.extractors.classes import read_class
from citewell.extractors.engine.objects import read_objects
from citewell.extractors.engine.rows import object_rows
from citewell.extractors.families import BY_NAME, Family
from citewell.extractors.pushing import push_chunks
from citewell.extractors.service import make_table, tables_of
from citewell.extractors.tagging import document_tag_rows, tag_rows
from citewell.extractors.trees import nodes_of
from citewell.ingestion.blocks import decode
from citewell.ingestion.chunking import ChunkSettings, chunk
from citewell.ingestion.steps.chunk import stored_blocks
from citewell.ingestion.steps.parse import parsed_key
from citewell.jobs import Retrying
from citewell.kit.ids import new_id
from citewell.models import (
    Document,
    DocumentVersion,
    Extractor,
    ExtractorVersion,
    KnowledgeTable,
    PipelineRun,
    PipelineRunLog,
    TableVersion,
)
from citewell.resources import Resources
from citewell.tables.columns import checked_rows
from citewell.tables.repository import add_version, deploy_version, insert_rows
from citewell.tables.service import types_of

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 4
_MAX_CHARS = 2_000_000  # of one document
_OUTPUT = {
    "object": "extracted_objects_table",
    "tag": "extracted_tags_table",
    "document-tag": "extracted_document_tags_table",
    "chunks": "extracted_chunks_table",
}
Extract = Callable[[Sequence[ChunkText]], list[dict[str, Any]]]


async def run_extractor(
    resources: Resources, project_id: UUID, run_id: UUID, version_id: UUID, document_ids: Sequence[UUID]
) -> None:
    """Fill a new version of the extractor's table. A run that was aborted, or has ended, does nothing."""
    async with resources.database.write() as session:
        run = await session.get(PipelineRun, (project_id, run_id), with_for_update=True)
        version = await session.get(ExtractorVersion, (project_id, version_id))
        if run is None or run.status not in ("pending", "running"):
            return
        run.status = "running"
        extractor = await session.get(Extractor, (project_id, version.extractor_id)) if version else None
        if version is None or extractor is None:
            run.status = "failed"
            return
        family = BY_NAME[extractor.family]
        table = await _table(session, family, extractor)
        ids = await _documents(session, project_id, document_ids)
        output = await _output(session, table, run_id) if table is not None else None
        _log(session, run, f"{extractor.name}: {len(ids)} documents")
    if table is not None and output is not None:
        await _fill(resources, run, _extractor_of(family, version), table, output, ids)
    async with resources.database.write() as session:
        ended = await session.get_one(PipelineRun, (project_id, run_id), with_for_update=True)
        if ended.status == "running":
            ended.status = "completed"
            if output is not None and run.mode == "publish":
                await deploy_version(session, await session.get_one(TableVersion, (project_id, output.id)))


async def _fill(
    resources: Resources,
    run: PipelineRun,
    extract: Extract | ChunkSettings,
    table: KnowledgeTable,
    output: TableVersion,
    document_ids: Sequence[UUID],
) -> None:
    """Write the rows of one document after the other, each in a transaction of its own: after a crash it goes on."""
    knowledge = ProjectKnowledge(resources.database, resources.retriever, run.project_id, "")
    done = set(output.origin.get("done", ()))
    for document_id in document_ids:
        if str(document_id) in done:
            continue
        chunks = await knowledge.whole(document_id, _MAX_CHARS)
        if isinstance(extract, ChunkSettings):
            rows = await _rechunked(resources, run.project_id, document_id, extract)
        else:
            rows = await asyncio.to_thread(extract, chunks) if chunks else []
        async with resources.database.write() as session:
            current = await session.get_one(PipelineRun, (run.project_id, run.id))
            if current.status != "running":
                return
            target = await session.get_one(TableVersion, (run.project_id, output.id), with_for_update=True)
            await insert_rows(session, target, checked_rows(rows, types_of(table)))
            done.add(str(document_id))
            target.origin = target.origin | {"done": sorted(done)}
            _log(session, current, f"{chunks[0].document_name if chunks else document_id}: {len(rows)} rows")


async def _rechunked(
    resources: Resources, project_id: UUID, document_id: UUID, settings: ChunkSettings
) -> list[dict[str, Any]]:
    async with resources.database.read() as session:
        document = await session.get(Document, (project_id, document_id))
        if document is None or document.live_version_id is None:
            return []
        version = await session.get_one(DocumentVersion, (project_id, document.live_version_id))
    try:
        data = await resources.files.get(parsed_key(version))
    except FileNotFoundError:
        return []  # its chunks came from a table
    return await asyncio.to_thread(_chunk_rows, data, document_id, settings)


def _extractor_of(family: Family, version: ExtractorVersion) -> Extract | ChunkSettings:
    settings = version.settings
    if family.name == "chunks":
        named = {name: settings[name] for name in ChunkSettings.__struct_fields__ if settings.get(name) is not None}
        return ChunkSettings(**named | {"excluded_block_types": tuple(named.get("excluded_block_types", ()))})
    if family.name == "tag":
        nodes = nodes_of(settings.get("tagging_tree"))
        single = bool(settings.get("enforce_single_tag"))
        return lambda chunks: [row for chunk in chunks for row in tag_rows(chunk, nodes, single=single)]
    if family.name == "document-tag":
        tags = settings.get("tags") or []
        return lambda chunks: document_tag_rows(chunks, tags)
    if family.name == "object" and settings.get("extractable_pydantic_class"):
        spec = read_class(settings["extractable_pydantic_class"])

        def objects(chunks: Sequence[ChunkText]) -> list[dict[str, Any]]:
            return object_rows(read_objects(chunks, spec), chunks, None, str(version.number))

        return objects
    return lambda chunks: []


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


def _chunk_rows(data: bytes, document_id: UUID, settings: ChunkSettings) -> list[dict[str, Any]]:
    """A parsed document cut by other settings than its project's."""
    parsed = decode(data)
    return [
        {
            "id": str(new_id()),
            "document_id": str(document_id),
            "content": found.content,
            "min_page": found.min_page,
            "max_page": found.max_page,
            "blocks": stored_blocks(parsed, found),
        }
        for found in chunk(parsed, settings)
    ]


async def _documents(session: AsyncSession, project_id: UUID, wanted: Sequence[UUID]) -> list[UUID]:
    """The active documents of the project, or those of them that are named; unknown ids are passed over."""
    query = select(Document.id).where(
        Document.project_id == project_id, Document.status == "active", Document.local_to.is_(None)
    )
    if wanted:
        query = query.where(Document.id.in_(wanted))
    return list(await session.scalars(query.order_by(Document.id)))


async def _output(session: AsyncSession, table: KnowledgeTable, run_id: UUID) -> TableVersion:
    """The version that this run fills: the one that it made before it was interrupted, else a new one."""
    query = select(TableVersion).where(
        TableVersion.project_id == table.project_id,
        TableVersion.table_id == table.id,
        TableVersion.origin["run"].astext == str(run_id),
    )
    found = (await session.scalars(query)).one_or_none()
    if found is None:
        found = await add_version(session, table)
        found.origin = {"run": str(run_id)}
    return found


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
    count = 0
    for table in tables:
        if table is not None and table.object_type == "chunk":
            count += await push_chunks(resources, run, table)
    async with resources.database.write() as session:
        ended = await session.get_one(PipelineRun, (project_id, run_id), with_for_update=True)
        _log(session, ended, f"{count} documents to be published")
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
        ids = await _documents(session, project_id, document_ids)
        output = await _output(session, table, run_id) if table is not None else None
    if table is None or output is None:
        return
    tags = table.object_metadata.get("tags") or []
    await _fill(resources, run, lambda chunks: document_tag_rows(chunks, tags), table, output, ids)
    async with resources.database.write() as session:
        ended = await session.get_one(PipelineRun, (project_id, run_id), with_for_update=True)
        if ended.status == "running":
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
    ) -> None:
        resources: Resources = context.additional_context["resources"]
        ids = [UUID(one) for one in document_ids]
        try:
            await run_extractor(resources, UUID(project_id), UUID(run_id), UUID(version_id), ids)
        except Exception as error:
            log.warning("extraction_broke", run=run_id, exc_info=error)
            if context.job.attempts + 1 >= MAX_ATTEMPTS:
                await fail_run(resources, UUID(project_id), UUID(run_id), "Something went wrong on the server.")
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
