"""The turns of a conversation."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.pages import select_page
from citewell.models import Turn


async def list_turns(
    session: AsyncSession, project_id: UUID, conversation_id: UUID, limit: int, offset: int
) -> tuple[int, list[Turn]]:
    """Returns (number of turns, page of them, newest first)."""
    query = select(Turn).where(Turn.project_id == project_id, Turn.conversation_id == conversation_id)
    return await select_page(session, query, limit, offset, Turn.query_id.desc())


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
