"""Conditions on local documents."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from citewell.models import Conversation, Document, Interview


def is_local_in(project_id: UUID) -> ColumnElement[bool]:
    """Whether it is a local document of the project that is not deleted."""
    return and_(Document.project_id == project_id, Document.status == "active", Document.local_to.is_not(None))


def is_local_to(kind: str, owner_id: UUID) -> ColumnElement[bool]:
    """Whether it is a local document of this conversation, agent or interview."""
    return and_(Document.local_to == owner_id, Document.local_kind == kind)


def is_listed_for(project_id: UUID, user_id: UUID, email: str) -> ColumnElement[bool]:
    """Whether it is local to an agent, to a conversation of the user, or to an interview that the user assigned or is
    assigned to."""
    own = (Conversation.project_id == project_id) & (Conversation.created_by == user_id)
    in_own = Document.local_to.in_(select(Conversation.id).where(own))
    concerned = or_(Interview.assigned_to_email == email, Interview.assigned_by == user_id)
    held = select(Interview.id).where(Interview.project_id == project_id, concerned)
    return or_(
        Document.local_kind == "agent_settings",
        and_(Document.local_kind == "conversation", in_own),
        and_(Document.local_kind == "interview", Document.local_to.in_(held)),
    )
