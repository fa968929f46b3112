"""Pushing: what tables hold becomes what searches find.

The rows of a chunks table become the chunks of their documents, which are then embedded and published like any others;
the live version is that already. A run ends when all of its documents have.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.documents.repository.versions import newest_version, next_number
from citewell.documents.service import get_document
from citewell.errors import NotFound
from citewell.extractors.repository.chunks import find_contents, find_taken_ids
from citewell.extractors.repository.documents import find_active_ids, has_version_of_run
from citewell.extractors.repository.table_rows import find_document_ids, find_rows_of_document
from citewell.ingestion import pipeline
from citewell.ingestion.repository.passages import add_chunks
from citewell.ingestion.repository.step_state import add_done
from citewell.kit.ids import is_uuid, new_id
from citewell.kit.places import page_of, placed_blocks
from citewell.models import (
    Document,
    DocumentVersion,
    KnowledgeTable,
    PipelineRun,
    TableVersion,
)
from citewell.resources import Resources
from citewell.tables.repository import tables

_BATCH = 500  # rows in one INSERT
_MAX_ROWS = 200_000  # of one document


async def push_chunks(resources: Resources, run: PipelineRun, table: KnowledgeTable) -> int:
    """Makes the rows of the table's deployed version, else of its newest, searchable.

    Returns how many documents are processed for that.
    """
    async with resources.database.read() as session:
        version = await pushed_version(session, table)
        if version is None or version.live:
            return 0
        ids = await _documents(session, version)
    return sum([await _replace_chunks(resources, run, version, document_id) for document_id in ids])


async def pushed_version(session: AsyncSession, table: KnowledgeTable) -> TableVersion | None:
    """Returns the version whose rows are pushed: the deployed one, else the newest."""
    return await tables.newest_version(session, table.project_id, table.id, deployed_first=True)


async def _documents(session: AsyncSession, version: TableVersion) -> list[UUID]:
    """Returns the active documents that rows of the version name."""
    named = await find_document_ids(session, version.project_id, version.id)
    return [one for one in await find_active_ids(session, version.project_id) if str(one) in named]


async def _replace_chunks(resources: Resources, run: PipelineRun, version: TableVersion, document_id: UUID) -> bool:
    """Make a new version of the document whose chunks are the table's rows; it is embedded and published as always.

    A run that is tried again leaves the version that it made before. Returns False if the document is gone, or if
    searches find these chunks already.
    """
    async with resources.database.write() as session:
        try:
            document = await get_document(session, version.project_id, document_id, lock=True)
        except NotFound:
            return False
        if await has_version_of_run(session, document.project_id, document.id, run.id):
            return True
        found = await find_rows_of_document(session, version, document_id, _MAX_ROWS)
        rows = [row for row in found if _has_text(row)]
        if await _are_live(session, document, rows):
            return False
        newest = await newest_version(session, document.project_id, document.id)
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
            await add_done(session, made, step)
        chunks = _chunks(made, rows, await _free_ids(session, document.project_id, rows))
        for start in range(0, len(chunks), _BATCH):
            await add_chunks(session, chunks[start : start + _BATCH])
        await session.refresh(made, ["steps"])
        await pipeline.start(session, resources.queue, [made])
    return True


def _has_text(row: Mapping[str, Any]) -> bool:
    content = row.get("content")
    return isinstance(content, str) and bool(content.strip())


async def _are_live(session: AsyncSession, document: Document, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether searches find these very chunks: to push them again would give them new ids, which no tag knows."""
    chunks = await find_contents(session, document.project_id, document.live_version_id)
    live = [(str(chunk), content) for chunk, content in chunks]
    return bool(live) and live == [(str(row["id"]), row["content"]) for row in rows]


async def _free_ids(session: AsyncSession, project_id: UUID, rows: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """Returns the ids of rows that no chunk has yet. Tags and alerts name the rows, so their chunks keep these ids."""
    stated = {UUID(str(row["id"])) for row in rows if is_uuid(str(row["id"]))}
    return stated - await find_taken_ids(session, project_id, stated)


def _chunks(version: DocumentVersion, rows: Sequence[Mapping[str, Any]], free: set[UUID]) -> list[dict[str, Any]]:
    """Returns the rows as chunks, one behind the other in the document's text; each with its id if that is free."""
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
