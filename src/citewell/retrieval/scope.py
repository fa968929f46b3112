"""Resolves tags of chunks and objects to the chunks that a search may find."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import Chunk, Document
from citewell.retrieval.document_filter import tagged
from citewell.retrieval.objects import chunks_of_objects
from citewell.retrieval.schemas import ObjectChoice, TagChoice
from citewell.search.filters import ALL_CHUNKS, ChunkScope

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


async def chunk_scope(
    session: AsyncSession,
    project_id: UUID,
    included_tags: Sequence[TagChoice] = (),
    excluded_tags: Sequence[TagChoice] = (),
    included_objects: Sequence[ObjectChoice] = (),
    excluded_objects: Sequence[ObjectChoice] = (),
) -> ChunkScope:
    """The chunks to search in. Tags of documents are not handled here: `document_filter` resolves them."""
    only: set[UUID] | None = None
    if any(not tag.is_document_tags for tag in included_tags):
        only = await _tagged_chunks(session, project_id, included_tags)
    if included_objects:
        found = await chunks_of_objects(session, project_id, included_objects)
        only = found if only is None else only & found
    excluded: set[UUID] = set()
    if of_chunks := [tag for tag in excluded_tags if not tag.is_document_tags]:
        excluded |= await _tagged_chunks(session, project_id, of_chunks)
    if excluded_objects:
        excluded |= await chunks_of_objects(session, project_id, excluded_objects)
    if only is None and not excluded:
        return ALL_CHUNKS
    return ChunkScope(None if only is None else tuple(sorted(only)), tuple(sorted(excluded)))


async def _tagged_chunks(session: AsyncSession, project_id: UUID, tags: Sequence[TagChoice]) -> set[UUID]:
    """The chunks with one of the tags, and all chunks of documents with one of the document tags among them."""
    ids = [name for tag in tags if not tag.is_document_tags and (name := tag.id or tag.tag_value or tag.tag_name)]
    rows = await session.scalars(_TAGGED, {"project": project_id, "ids": ids})
    found = {chunk for row in rows if (chunk := as_uuid(row)) is not None}
    if of_documents := [tag for tag in tags if tag.is_document_tags]:
        query = select(Chunk.id).join(Document, Document.live_version_id == Chunk.version_id)
        query = query.where(Chunk.project_id == project_id, Document.project_id == project_id)
        found |= set(await session.scalars(query.where(or_(*(tagged(project_id, tag) for tag in of_documents)))))
    return found


def as_uuid(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None
