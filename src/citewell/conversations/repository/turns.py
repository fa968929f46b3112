"""The turns of a conversation."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import Turn


async def list_turns(
    session: AsyncSession, project_id: UUID, conversation_id: UUID, limit: int, offset: int
) -> tuple[int, list[Turn]]:
    """Returns (number of turns, page of them, newest first)."""
    mine = (Turn.project_id == project_id) & (Turn.conversation_id == conversation_id)
    count = await session.scalar(select(func.count()).select_from(Turn).where(mine))
    rows = await session.scalars(select(Turn).where(mine).order_by(Turn.query_id.desc()).limit(limit).offset(offset))
    return count or 0, list(rows)


async def find_turn(session: AsyncSession, project_id: UUID, conversation_id: UUID, query_id: int) -> Turn | None:
    query = select(Turn).where(
        Turn.project_id == project_id, Turn.conversation_id == conversation_id, Turn.query_id == query_id
    )
    return (await session.scalars(query)).one_or_none()


async def find_running_query(session: AsyncSession, project_id: UUID, conversation_id: UUID) -> int | None:
    """Returns the query id of the turn that is under way."""
    query = select(Turn.query_id).where(
        Turn.project_id == project_id, Turn.conversation_id == conversation_id, Turn.state == "running"
    )
    return (await session.scalars(query)).one_or_none()
