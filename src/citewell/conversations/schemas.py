"""Conversations and their history on the wire."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from pydantic import BaseModel, Field, StringConstraints

from citewell.auth.access import Access
from citewell.kit.urls import absolute_references
from citewell.turns.messages import MessageFields, as_dict

Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class ConversationCreate(BaseModel, extra="forbid"):
    agent_settings: UUID
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)] | None = None
    type: Annotated[str, StringConstraints(max_length=50)] = "playground"
    tags: Annotated[list[Tag], Field(max_length=100)] = []
    conversation_instructions: Annotated[str, StringConstraints(max_length=50_000)] | None = None


class ConversationUpdate(BaseModel, extra="forbid"):
    """Fields that are left out keep their values."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)] | None = None
    tags: Annotated[list[Tag], Field(max_length=100)] | None = None


class Tokens(BaseModel):
    input: int
    output: int
    total: int


class ConversationOut(BaseModel):
    id: UUID
    name: str
    type: str
    created_by: UUID
    chat_history: list[dict[str, Any]]
    agent_settings: UUID | None
    agent_settings_name: str | None
    created_at: datetime
    updated_at: datetime
    message_count: int
    tool_call_count: int
    tokens: Tokens
    tags: list[str]
    conversation_instructions: str | None
    is_shared: bool
    can_send_messages: bool
    is_archived: bool
    archived_at: datetime | None


class SharedOut(BaseModel):
    status: str
    is_shared: bool


class TagsOut(BaseModel):
    """`count` is the number of tags."""

    tags: list[str]
    count: int


def history_to_wire(history: Sequence[MessageFields], base: str, project_id: UUID) -> list[dict[str, Any]]:
    """Returns the messages with the addresses of their passages below `base`."""
    encoded = msgspec.json.encode([as_dict(message) for message in history])
    found: list[dict[str, Any]] = msgspec.json.decode(absolute_references(encoded, base, project_id))
    return found


def to_wire(row: Any, agent_name: str | None, access: Access, history: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Returns a conversation, or the row of a list with its columns; `history` as `history_to_wire` gives it."""
    mine = row.created_by == access.acting.user_id
    return {
        "id": row.id,
        "name": row.name,
        "type": row.type,
        "created_by": row.created_by,
        "chat_history": list(history),
        "agent_settings": row.agent_settings_id,
        "agent_settings_name": agent_name,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "message_count": row.message_count,
        "tool_call_count": row.tool_call_count,
        "tokens": {
            "input": row.tokens_input,
            "output": row.tokens_output,
            "total": row.tokens_input + row.tokens_output,
        },
        "tags": row.tags,
        "conversation_instructions": row.conversation_instructions,
        "is_shared": row.is_shared,
        "can_send_messages": row.archived_at is None and (mine or access.is_admin),
        "is_archived": row.archived_at is not None,
        "archived_at": row.archived_at,
    }
