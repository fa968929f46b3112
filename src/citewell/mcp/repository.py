"""The SQL of what the MCP server shows by itself; everything else it reads through other packages."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import Chunk, Document, KnowledgeTable


async def list_documents(
    session: AsyncSession, projects: Sequence[UUID], after: UUID | None, limit: int
) -> list[Document]:
    """The active own documents of the projects by id, from the one behind `after` on."""
    query = select(Document).where(
        Document.project_id.in_(projects), Document.status == "active", Document.local_to.is_(None)
    )
    if after is not None:
        query = query.where(Document.id > after)
    return list(await session.scalars(query.order_by(Document.id).limit(limit)))


async def list_chunk_texts(session: AsyncSession, project_id: UUID, document_id: UUID, limit: int) -> list[str]:
    """The texts of the first chunks of an own document's live version; empty if it is not active or has none."""
    query = (
        select(Chunk.content)
        .join(
            Document,
            (Document.project_id == Chunk.project_id) & (Document.live_version_id == Chunk.version_id),
        )
        .where(Chunk.project_id == project_id, Document.id == document_id)
        .where(Document.status == "active", Document.local_to.is_(None))
        .order_by(Chunk.ordinal)
        .limit(limit)
    )
    return list(await session.scalars(query))


async def list_object_and_tag_tables(session: AsyncSession, project_id: UUID) -> list[KnowledgeTable]:
    query = select(KnowledgeTable).where(KnowledgeTable.project_id == project_id)
    return list(await session.scalars(query.where(KnowledgeTable.object_type.in_(["object", "tag"]))))
