"""Reads what feedback is about, and marks it as reviewed."""

from uuid import UUID

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import Feedback, Message


async def has_question(session: AsyncSession, project_id: UUID, conversation_id: UUID, query_id: int) -> bool:
    """Whether the conversation has a question with this id."""
    asked = select(Message.position).where(
        Message.project_id == project_id,
        Message.conversation_id == conversation_id,
        Message.query_id == query_id,
    )
    return (await session.scalars(asked.limit(1))).first() is not None


async def list_said(session: AsyncSession, feedback: Feedback) -> list[Message]:
    """Returns the question that the feedback is about and what was said to it, in order."""
    query = select(Message).where(
        Message.project_id == feedback.project_id,
        Message.conversation_id == feedback.conversation_id,
        Message.query_id == feedback.query_id,
        Message.type == "message",
    )
    return list(await session.scalars(query.order_by(Message.position)))


async def mark_reviewed(session: AsyncSession, project_id: UUID, giver: UUID | None, conversation_id: UUID) -> int:
    """Mark the feedback of this giver (None: of all) on a conversation as reviewed; returns how many were not."""
    statement = update(Feedback).where(
        Feedback.project_id == project_id,
        Feedback.conversation_id == conversation_id,
        Feedback.status != "reviewed",
    )
    if giver is not None:
        statement = statement.where(Feedback.given_by == giver)
    result = await session.execute(statement.values(status="reviewed", updated_at=func.clock_timestamp()))
    assert isinstance(result, CursorResult)
    return result.rowcount
