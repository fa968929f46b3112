"""Interviews on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from citewell.users.schemas import Email

InterviewStatus = Literal["pending", "in_progress", "completed"]
WriteScope = Literal["local", "global"]
MAX_ASSIGNED = 100

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
    """`chat_history` is empty until the interview has begun."""

    type_additional_parameters: dict[str, Any]
    chat_history: list[dict[str, Any]]
    chat_memory: dict[str, Any]
    local_documents: list[UUID]


def listed(row: Any) -> dict[str, Any]:
    return _common(row) | {
        "created_by_email": row.assigned_by_email,
        "first_message_preview": "",
        "message_count": 0,
    }


def full(row: Any) -> dict[str, Any]:
    return _common(row) | {
        "type_additional_parameters": {"topic": row.topic},
        "chat_history": [],
        "chat_memory": {},
        "local_documents": [],
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
