"""Interviews on the wire."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from citewell.models import InterviewProposal
from citewell.users.schemas import Email

InterviewStatus = Literal["pending", "in_progress", "completed"]
WriteScope = Literal["local", "global"]
MAX_ASSIGNED = 100
_PREVIEW = 200  # characters

Topic = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000, pattern=r"^[^\x00]*$")]


class InterviewAssign(BaseModel, extra="forbid"):
    """`assignee_ids` are users of the project, `invite_emails` anybody: who has no access yet is invited to view."""

    assignee_ids: Annotated[list[UUID], Field(max_length=MAX_ASSIGNED)] = []
    invite_emails: Annotated[list[Email], Field(max_length=MAX_ASSIGNED)] = []
    topic: Topic = ""
    write_scope: WriteScope = "local"


class _Common(BaseModel):
    id: UUID
    name: str | None
    created_by: UUID | None
    type: str
    assigned_to: UUID | None
    assigned_by: UUID | None
    assigned_to_email: str | None
    assigned_by_email: str | None
    is_pending_invite: bool
    status: InterviewStatus
    write_scope: WriteScope
    created_at: datetime
    updated_at: datetime


class InterviewListItem(_Common):
    created_by_email: str | None
    first_message_preview: str
    message_count: int


class InterviewOut(_Common):
    """`chat_history` is empty until the interview has begun; `chat_memory` sums it up. `local_documents` are those that
    the interviewer alone searches, beside the project's."""

    type_additional_parameters: dict[str, Any]
    chat_history: list[dict[str, Any]]
    chat_memory: dict[str, Any]
    local_documents: list[UUID]


class Said(BaseModel, extra="forbid"):
    """What the expert says. Empty: begins the interview, or asks again for a reply that did not come."""

    message: Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000, pattern=r"^[^\x00]*$")] = ""


class Acceptance(BaseModel, extra="forbid"):
    """`content` replaces fields of the proposal's content before it is applied."""

    content: dict[str, Any] | None = None


class ProposalOut(BaseModel):
    """A change to the artifact `slug`. `content`: `{"statement"}` for a text, `{"domain", "name", "description"}` for a
    concept of the mental map, `{"name", "objective", "steps"}` for a playbook. `quote` are the expert's words that it
    rests on, in the message of this number."""

    id: UUID
    interview_id: UUID
    slug: str
    content: dict[str, Any]
    quote: str
    message: int
    status: Literal["pending", "accepted", "rejected"]
    decided_by_email: str | None
    artifact_version: int | None
    created_at: datetime
    updated_at: datetime


def listed(row: Any) -> dict[str, Any]:
    return _common(row) | {
        "created_by_email": row.assigned_by_email,
        "first_message_preview": str(row.chat_history[0]["content"])[:_PREVIEW] if row.chat_history else "",
        "message_count": len(row.chat_history),
    }


def proposal_to_wire(row: InterviewProposal) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ProposalOut.model_fields}


def full(row: Any) -> dict[str, Any]:
    return _common(row) | {
        "type_additional_parameters": {"topic": row.topic},
        "chat_history": row.chat_history,
        "chat_memory": _memory(row.chat_history),
        "local_documents": row.local_documents,
    }


def _memory(history: Sequence[Any]) -> dict[str, Any]:
    """Returns the interviewer's memory: what it asked for, and which contradictions came up."""
    said = [one for one in history if one["role"] == "assistant"]
    return {
        "asked_for": [one["asks"] for one in said if one.get("asks")],
        "contradictions": [found for one in said for found in one.get("contradictions", ())],
        "is_finished": bool(said and said[-1].get("is_last")),
    }


def _common(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.topic or None,
        "created_by": row.assigned_by,
        "type": "expert",
        "assigned_to": row.assigned_to,
        "assigned_by": row.assigned_by,
        "assigned_to_email": row.assigned_to_email,
        "assigned_by_email": row.assigned_by_email,
        "is_pending_invite": row.is_pending_invite,
        "status": row.status,
        "write_scope": row.write_scope,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }
