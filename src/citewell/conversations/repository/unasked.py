"""Conversations in which nothing has been asked yet."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import Conversation


async def find_unasked(session: AsyncSession, project_id: UUID, owner_id: UUID, name: str) -> UUID | None:
    """Returns the id of the owner's newest conversation of that name that has no turn and is not archived."""
    query = (
        select(Conversation.id)
        .where(
            Conversation.project_id == project_id,
            Conversation.created_by == owner_id,
            Conversation.name == name,
            Conversation.next_query_id == 0,
            Conversation.archived_at.is_(None),
        )
        .order_by(Conversation.created_at.desc(), Conversation.id.desc())
        .limit(1)
    )
    return (await session.scalars(query)).first()
