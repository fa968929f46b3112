"""Chunks that extractors read or replace."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Row, Uuid, all_, any_, cast, select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.engine import Database
from citewell.models import Chunk, Document

_CHUNKS = """
SELECT id, content, min_page, max_page, heading_path, blocks::text AS blocks FROM chunks
WHERE project_id = %(project)s AND version_id = %(version)s AND start_offset < %(most)s ORDER BY ordinal
"""


async def fetch_chunks(database: Database, project_id: UUID, version_id: UUID, limit: int) -> Sequence[Any]:
    """Returns the version's chunks in their order, up to `limit` characters of its text; `blocks` is JSON.

    Read from the primary: what a standby does not have yet would be taken for a document without text.
    """
    return await database.direct.fetch(_CHUNKS, {"project": project_id, "version": version_id, "most": limit})


async def find_live_chunks(
    session: AsyncSession, project_id: UUID, only: Collection[UUID] | None, excluded: Collection[UUID] = ()
) -> Sequence[Row[UUID, UUID]]:
    """Returns the (id, document id) of published chunks in the order of their documents: of all, or of `only` these,
    but of none of the excluded.
    """
    query = (
        select(Chunk.id, Chunk.document_id)
        .join(Document, (Document.project_id == Chunk.project_id) & (Document.live_version_id == Chunk.version_id))
        .where(Chunk.project_id == project_id)
        .order_by(Chunk.document_id, Chunk.ordinal)
    )
    if only is not None:
        query = query.where(Chunk.id == any_(cast(list(only), ARRAY(Uuid))))
    if excluded:
        query = query.where(Chunk.id != all_(cast(list(excluded), ARRAY(Uuid))))
    return (await session.execute(query)).all()


async def find_documents_of_chunks(session: AsyncSession, project_id: UUID, chunks: Sequence[str]) -> dict[UUID, UUID]:
    """Returns the document of each of these chunks, whose ids are given as text."""
    named = Chunk.id == any_(cast(list(chunks), ARRAY(Uuid)))
    query = select(Chunk.id, Chunk.document_id).where(Chunk.project_id == project_id, named)
    return {row.id: row.document_id for row in await session.execute(query)}


async def find_start_offsets(session: AsyncSession, project_id: UUID, version_id: UUID) -> dict[UUID, int]:
    """Returns where each chunk of the version begins in its text, in characters."""
    query = select(Chunk.id, Chunk.start_offset).where(Chunk.project_id == project_id, Chunk.version_id == version_id)
    return {row.id: row.start_offset for row in await session.execute(query)}


async def find_contents(session: AsyncSession, project_id: UUID, version_id: UUID | None) -> Sequence[Row[UUID, str]]:
    """Returns the (id, content) of the version's chunks in their order."""
    query = select(Chunk.id, Chunk.content).where(Chunk.project_id == project_id, Chunk.version_id == version_id)
    return (await session.execute(query.order_by(Chunk.ordinal))).all()


async def find_taken_ids(session: AsyncSession, project_id: UUID, ids: Collection[UUID]) -> set[UUID]:
    """Returns which of the ids are those of chunks."""
    taken = Chunk.id == any_(cast(list(ids), ARRAY(Uuid)))
    return set(await session.scalars(select(Chunk.id).where(Chunk.project_id == project_id, taken)))
