"""The chunks of documents and of tags."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Select, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import Chunk, Document
from citewell.retrieval.repository.documents import TagKey, has_any_tag

# The version of each table of tags: the deployed one, else the newest.
_TAGGED = text(
    "SELECT DISTINCT r.chunk_id FROM table_rows r WHERE r.project_id = :project AND r.version_id IN"
    " (SELECT DISTINCT ON (v.table_id) v.id FROM table_versions v JOIN knowledge_tables t"
    " ON t.project_id = v.project_id AND t.id = v.table_id"
    " WHERE v.project_id = :project AND v.number > 0 AND t.object_type = 'tag'"
    " ORDER BY v.table_id, v.deployed DESC, v.number DESC)"
    " AND r.chunk_id IS NOT NULL"
    " AND (r.row_id = ANY(:ids) OR jsonb_exists_any(r.data -> 'metadata' -> 'tags', :ids))"
)


async def list_tagged(session: AsyncSession, project_id: UUID, ids: Sequence[str]) -> Sequence[str]:
    """Returns the ids of chunks with one of the tags or a tag below it, as clients pushed them: any text."""
    return (await session.scalars(_TAGGED, {"project": project_id, "ids": ids})).all()


async def chunks_of_tagged_documents(session: AsyncSession, project_id: UUID, tags: Sequence[TagKey]) -> set[UUID]:
    """Returns the chunks of the live versions of documents with one of the tags."""
    return set(await session.scalars(_live_chunks(project_id).where(has_any_tag(project_id, tags))))


async def live_chunks_of(session: AsyncSession, project_id: UUID, documents: Collection[UUID]) -> set[UUID]:
    """Returns the chunks of the documents' live versions."""
    return set(await session.scalars(_live_chunks(project_id).where(Document.id.in_(documents))))


def _live_chunks(project_id: UUID) -> Select[UUID]:
    query = select(Chunk.id).join(Document, Document.live_version_id == Chunk.version_id)
    return query.where(Chunk.project_id == project_id, Document.project_id == project_id)
