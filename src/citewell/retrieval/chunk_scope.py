"""Resolves tags of chunks and objects to the chunks that a search may find."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.retrieval.document_filter import document_tags
from citewell.retrieval.objects import chunks_of_objects
from citewell.retrieval.repository import chunks
from citewell.retrieval.schemas import ObjectChoice, TagChoice
from citewell.search.filters import ALL_CHUNKS, ChunkScope


async def chunk_scope(
    session: AsyncSession,
    project_id: UUID,
    included_tags: Sequence[TagChoice] = (),
    excluded_tags: Sequence[TagChoice] = (),
    included_objects: Sequence[ObjectChoice] = (),
    excluded_objects: Sequence[ObjectChoice] = (),
) -> ChunkScope:
    """Returns the chunks to search in. `document_filter` resolves filters by tags of documents alone."""
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
    """Returns the chunks with one of the chunk tags, and all chunks of documents with one of the document tags."""
    ids = [name for tag in tags if not tag.is_document_tags and (name := tag.id or tag.tag_value or tag.tag_name)]
    rows = await chunks.list_tagged(session, project_id, ids)
    found = {chunk for row in rows if (chunk := as_uuid(row)) is not None}
    if of_documents := document_tags(tags):
        found |= await chunks.chunks_of_tagged_documents(session, project_id, of_documents)
    return found


def as_uuid(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None
