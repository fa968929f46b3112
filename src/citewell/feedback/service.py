"""Giving feedback, and reviewing it."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.audit.log import entry_of
from citewell.auth.access import Access
from citewell.auth.permissions import Permission
from citewell.conversations.service import check_readable
from citewell.errors import Forbidden, InvalidFields, NotFound
from citewell.feedback.reading import giver_seen_by
from citewell.feedback.repository.reviewing import has_question, mark_reviewed
from citewell.feedback.schemas import FeedbackCreate, OpinionUpdate
from citewell.models import Conversation, Feedback, Signal
from citewell.notifications.service import Note, notify_members

_TITLE_CHARS = 200


async def give(session: AsyncSession, access: Access, request: FeedbackCreate) -> Feedback:
    """Store feedback. Raises InvalidFields for a conversation that the user cannot read, or a question that it does not
    have."""
    context = request.context
    conversation = await session.get(Conversation, (access.project_id, context.conversation_id))
    try:
        check_readable(access, conversation, include_archived=True)
    except NotFound as error:
        raise InvalidFields({"context.conversation_id": [error.message]}) from None
    if not await has_question(session, access.project_id, context.conversation_id, context.query_id):
        raise InvalidFields({"context.query_id": [f"The conversation has no question with the id {context.query_id}."]})
    feedback = Feedback(
        project_id=access.project_id,
        conversation_id=context.conversation_id,
        query_id=context.query_id,
        source=context.source,
        given_by=access.acting.user_id,
        feedback=request.feedback,
        is_positive=request.is_positive,
    )
    session.add(feedback)
    await session.flush()
    said = request.feedback[:_TITLE_CHARS]
    note = Note(
        "feedback_to_review",
        "Feedback to review",
        f"{access.acting.email}: {said}".rstrip(": "),
        "feedback_to_review",
        {"by": access.acting.email, "feedback": said},
        "feedback",
        str(feedback.id),
        access_level="admin",
    )
    await notify_members(session, access.project_id, note, wanted=Permission.ADMIN, but_not=access.acting.user_id)
    return feedback


async def give_signal(
    session: AsyncSession, access: Access, context: dict[str, Any], text: str = "", is_positive: bool | None = None
) -> Signal:
    """Store a signal. `context` is any JSON object."""
    signal = Signal(
        project_id=access.project_id,
        given_by=access.acting.user_id,
        context=context,
        feedback=text,
        is_positive=is_positive,
    )
    session.add(signal)
    await session.flush()
    return signal


async def change(
    session: AsyncSession, access: Access, kind: type[Feedback] | type[Signal], row_id: UUID, request: OpinionUpdate
) -> None:
    """Change feedback or a signal. For admins and whoever gave it. Raises NotFound, Forbidden."""
    found = await get_changeable(session, access, kind, row_id)
    for name, value in request.changes().items():
        setattr(found, name, value)


async def delete(session: AsyncSession, access: Access, feedback_id: UUID) -> None:
    found = await get_changeable(session, access, Feedback, feedback_id)
    session.add(entry_of(access, "feedback_deleted", "feedback", feedback_id))
    await session.delete(found)


async def get_changeable(session: AsyncSession, access: Access, kind: Any, row_id: UUID) -> Any:
    """Feedback or a signal that the caller may change. Raises NotFound and Forbidden."""
    name = kind.__name__.lower()
    found = await session.get(kind, (access.project_id, row_id), with_for_update={"of": kind})
    if found is None:
        raise NotFound(f"There is no such {name} in this project.")
    if not access.is_admin and found.given_by != access.acting.user_id:
        raise Forbidden(f"Only admins and its author may change a {name}.")
    return found


async def review_conversation(session: AsyncSession, access: Access, conversation_id: UUID) -> int:
    """Mark all feedback of the conversation that the caller sees as reviewed; returns how many were not."""
    found = await session.get(Conversation, (access.project_id, conversation_id))
    check_readable(access, found, include_archived=True)
    return await mark_reviewed(session, access.project_id, giver_seen_by(access), conversation_id)
