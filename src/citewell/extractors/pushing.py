"""Pushing: what tables hold becomes what searches find.

The rows of a chunks table become the chunks of their documents, which are then embedded and published like any others;
the live version is that already. A run ends when all of its documents have.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, any_, cast, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.documents.repository.versions import next_number
from citewell.documents.service import get_document
from citewell.errors import NotFound
from citewell.ingestion import pipeline
from citewell.kit.ids import is_uuid, new_id
from citewell.kit.places import page_of, placed_blocks
from citewell.models import (
    Chunk,
    Document,
    DocumentVersion,
    KnowledgeTable,
    PipelineRun,
    TableRow,
    TableVersion,
    VersionStep,
)
from citewell.resources import Resources

_BATCH = 500  # rows in one INSERT
_MAX_ROWS = 200_000  # of one document


async def push_chunks(resources: Resources, run: PipelineRun, table: KnowledgeTable) -> int:
    """Have searches find the rows of the table's deployed version, else of its newest. Returns how many documents are
    processed for that."""
    async with resources.database.read() as session:
        version = await pushed_version(session, table)
        if version is None or version.live:
            return 0
        ids = await _documents(session, version)
    return sum([await _replace_chunks(resources, run, version, document_id) for document_id in ids])


async def pushed_version(session: AsyncSession, table: KnowledgeTable) -> TableVersion | None:
    """The version whose rows are pushed: the deployed one, else the newest."""
    query = (
        select(TableVersion)
        .where(TableVersion.project_id == table.project_id, TableVersion.table_id == table.id, TableVersion.number > 0)
        .order_by(TableVersion.deployed.desc(), TableVersion.number.desc())
        .limit(1)
    )
    return (await session.scalars(query)).one_or_none()


async def _documents(session: AsyncSession, version: TableVersion) -> list[UUID]:
    """The active documents that rows of the version name."""
    mine = (TableRow.project_id == version.project_id) & (TableRow.version_id == version.id)
    named = set(await session.scalars(select(TableRow.document_id).where(mine).distinct()))
    query = select(Document.id).where(Document.project_id == version.project_id, Document.status == "active")
    return [one for one in await session.scalars(query.order_by(Document.id)) if str(one) in named]


async def _replace_chunks(resources: Resources, run: PipelineRun, version: TableVersion, document_id: UUID) -> bool:
    """Make a new version of the document whose chunks are the table's rows; it is embedded and published as always.

    A run that is tried again leaves the version that it made before. Returns False if the document is gone, or if
    searches find these chunks already.
    """
    mine = (TableRow.project_id == version.project_id) & (TableRow.version_id == version.id)
    query = select(TableRow.data).where(mine, TableRow.document_id == str(document_id)).order_by(TableRow.position)
    async with resources.database.write() as session:
        try:
            document = await get_document(session, version.project_id, document_id, lock=True)
        except NotFound:
            return False
        if await _has_version(session, run, document):
            return True
        rows = [row for row in await session.scalars(query.limit(_MAX_ROWS)) if _has_text(row)]
        if await _are_live(session, document, rows):
            return False
        newest = await _newest(session, document)
        made = DocumentVersion(
            project_id=document.project_id,
            id=new_id(),
            document_id=document.id,
            run_id=run.id,
            number=await next_number(session, document.project_id, document.id),
            file_key=newest.file_key,
            file_size=newest.file_size,
            sha256=newest.sha256,
            stage="chunked",
            kind=newest.kind,
            language=newest.language,
            title=newest.title,
            page_count=newest.page_count,
        )
        session.add(made)
        await session.flush()
        for step in ("parse", "chunk"):
            done = {"project_id": made.project_id, "version_id": made.id, "step": step, "state": "done", "attempts": 1}
            await session.execute(insert(VersionStep).values(**done))
        chunks = _chunks(made, rows, await _free_ids(session, document.project_id, rows))
        for start in range(0, len(chunks), _BATCH):
            await session.execute(insert(Chunk).on_conflict_do_nothing(), chunks[start : start + _BATCH])
        await session.refresh(made, ["steps"])
        await pipeline.start(session, resources.queue, [made])
    return True


async def _has_version(session: AsyncSession, run: PipelineRun, document: Document) -> bool:
    mine = (DocumentVersion.project_id == document.project_id) & (DocumentVersion.document_id == document.id)
    query = select(DocumentVersion.id).where(mine, DocumentVersion.run_id == run.id).limit(1)
    return await session.scalar(query) is not None


async def _newest(session: AsyncSession, document: Document) -> DocumentVersion:
    query = (
        select(DocumentVersion)
        .where(DocumentVersion.project_id == document.project_id, DocumentVersion.document_id == document.id)
        .order_by(DocumentVersion.number.desc())
        .limit(1)
    )
    return (await session.scalars(query)).one()


def _has_text(row: Mapping[str, Any]) -> bool:
    content = row.get("content")
    return isinstance(content, str) and bool(content.strip())


async def _are_live(session: AsyncSession, document: Document, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether searches find these very chunks: to push them again would give them new ids, which no tag knows."""
    query = select(Chunk.id, Chunk.content).where(
        Chunk.project_id == document.project_id, Chunk.version_id == document.live_version_id
    )
    live = [(str(row.id), row.content) for row in await session.execute(query.order_by(Chunk.ordinal))]
    return bool(live) and live == [(str(row["id"]), row["content"]) for row in rows]


async def _free_ids(session: AsyncSession, project_id: UUID, rows: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """The ids of rows that no chunk has yet. Tags and alerts name the rows, so their chunks keep these ids."""
    stated = {UUID(str(row["id"])) for row in rows if is_uuid(str(row["id"]))}
    taken = Chunk.id == any_(cast(list(stated), ARRAY(Uuid)))
    return stated - set(await session.scalars(select(Chunk.id).where(Chunk.project_id == project_id, taken)))


def _chunks(version: DocumentVersion, rows: Sequence[Mapping[str, Any]], free: set[UUID]) -> list[dict[str, Any]]:
    """The rows as chunks, one behind the other in the document's text; each with its id if that is free."""
    chunks: list[dict[str, Any]] = []
    place, left = 0, set(free)
    for row in rows:
        content = row["content"]
        own = UUID(str(row["id"])) if is_uuid(str(row["id"])) else None
        chunk_id = own if own is not None and own in left else new_id()
        left.discard(chunk_id)
        chunks.append(
            {
                "project_id": version.project_id,
                "id": chunk_id,
                "document_id": version.document_id,
                "version_id": version.id,
                "ordinal": len(chunks),
                "content": content,
                "start_offset": place,
                "end_offset": place + len(content),
                "min_page": page_of(row.get("min_page")),
                "max_page": page_of(row.get("max_page")),
                "heading_path": _heading_path(row.get("heading_path")),
                "blocks": placed_blocks(row.get("blocks"), len(content)),
            }
        )
        place += len(content) + 2
    return chunks


def _heading_path(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


async def table_to_push(session: AsyncSession, project_id: UUID, table_id: UUID, object_type: str) -> KnowledgeTable:
    """Raises NotFound for a table of another kind."""
    table = await session.get(KnowledgeTable, (project_id, table_id))
    if table is None or table.object_type != object_type:
        raise NotFound(f"There is no such table of type {object_type} in this project.")
    return table


async def tables_to_sync(session: AsyncSession, project_id: UUID, object_types: Sequence[str]) -> list[KnowledgeTable]:
    """The tables that a sync pushes. Of chunks that is `chunks`, and others if they are deployed: what an extractor has
    only tried does not replace the chunks of documents."""
    deployed = exists().where(
        TableVersion.project_id == KnowledgeTable.project_id,
        TableVersion.table_id == KnowledgeTable.id,
        TableVersion.deployed,
    )
    query = _of_type(project_id, object_types).where(
        (KnowledgeTable.object_type != "chunk") | (KnowledgeTable.name == "chunks") | deployed
    )
    return list(await session.scalars(query))


async def tables_of_type(session: AsyncSession, project_id: UUID, object_types: Sequence[str]) -> list[KnowledgeTable]:
    return list(await session.scalars(_of_type(project_id, object_types)))


def _of_type(project_id: UUID, object_types: Sequence[str]) -> Select[KnowledgeTable]:
    query = select(KnowledgeTable).where(
        KnowledgeTable.project_id == project_id, KnowledgeTable.object_type.in_(object_types)
    )
    return query.order_by(KnowledgeTable.created_at, KnowledgeTable.id)
