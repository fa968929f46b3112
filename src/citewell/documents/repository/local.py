"""Reading local documents and what they are local to."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import AgentSettings, Conversation, Document, Interview


async def lock_owner(
    session: AsyncSession, table: type[AgentSettings | Conversation | Interview], project_id: UUID, owner_id: UUID
) -> bool:
    """Keep it from being deleted until the transaction ends. Returns False if there is none of this id."""
    query = select(table.id).where(table.project_id == project_id, table.id == owner_id)
    return await session.scalar(query.with_for_update(key_share=True)) is not None


async def count_local_documents(session: AsyncSession, project_id: UUID, owner_id: UUID) -> int:
    mine = (Document.project_id == project_id) & (Document.local_to == owner_id) & (Document.status == "active")
    return await session.scalar(select(func.count()).select_from(Document).where(mine)) or 0


async def lock_local_documents(session: AsyncSession, project_id: UUID, owner_id: UUID) -> list[Document]:
    """Returns the active local documents of a conversation, an agent or an interview, by id; nobody else changes them
    until the transaction ends.
    """
    mine = (Document.project_id == project_id) & (Document.local_to == owner_id) & (Document.status == "active")
    query = select(Document).where(mine).order_by(Document.id).with_for_update(key_share=True)
    return list(await session.scalars(query))
