"""Feedback on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

Status = Literal["to_review", "reviewed"]
FeedbackText = Annotated[str, StringConstraints(max_length=20_000)]


class FeedbackContext(BaseModel, extra="ignore"):
    """Which answer is spoken of: that to the question `query_id` of the conversation."""

    conversation_id: UUID
    query_id: Annotated[int, Field(ge=0, le=2**31 - 1)]
    source: Literal["PlaygroundConversation"]


class FeedbackCreate(BaseModel, extra="forbid"):
    context: FeedbackContext
    feedback: FeedbackText = ""
    is_positive: bool | None = None


class OpinionUpdate(BaseModel, extra="forbid"):
    """Fields that are not sent stay as they are."""

    status: Status = "to_review"
    feedback: FeedbackText = ""
    is_positive: bool | None = None

    def changes(self) -> dict[str, Any]:
        return self.model_dump(exclude_unset=True)


class GivenBy(BaseModel):
    id: UUID
    email: str


class OpinionOut(BaseModel):
    """The fields that feedback and signals share. `user_message` and `conversation_title` are empty if unknown."""

    id: UUID
    created_at: datetime
    updated_at: datetime
    given_by: GivenBy | dict[str, Any]
    status: Status
    feedback: str
    context: dict[str, Any]
    is_positive: bool | None
    user_message: str
    conversation_title: str
    suggested_action_type: str | None
    suggested_action_data: dict[str, Any]


class GroupOut(BaseModel):
    """A conversation with its feedback that fits the filter; feedback of no conversation is a group of one."""

    conversation_id: UUID | None
    conversation_title: str
    conversation_created_at: datetime
    agent_name: str | None
    conversation_is_archived: bool
    to_review_count: int
    reviewed_count: int
    feedbacks: list[OpinionOut]


class CountsOut(BaseModel):
    to_review: int
    reviewed: int
    conversations_to_review: int
    conversations_reviewed: int
    ungrouped_to_review: int
    ungrouped_reviewed: int


class ConversationBody(BaseModel, extra="forbid"):
    conversation_id: UUID


class ReviewedOut(BaseModel):
    updated_count: int
    conversation_id: UUID
    new_status: Status


def opinion_to_wire(row: Any, context: dict[str, Any], user_message: str | None, title: str | None) -> dict[str, Any]:
    """`row` has the columns of the table, and `giver_id` and `giver_email`."""
    return {
        "id": row.id,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "given_by": {"id": row.giver_id, "email": row.giver_email} if row.giver_id is not None else {},
        "status": row.status,
        "feedback": row.feedback,
        "context": context,
        "is_positive": row.is_positive,
        "user_message": user_message or "",
        "conversation_title": title or "",
        "suggested_action_type": row.suggested_action_type,
        "suggested_action_data": row.suggested_action_data,
    }


def feedback_to_wire(row: Any) -> dict[str, Any]:
    context = {"query_id": row.query_id, "source": row.source}
    if row.conversation_id is not None:
        context = {"conversation_id": row.conversation_id, **context}
    return opinion_to_wire(row, context, row.user_message, row.conversation_title)
