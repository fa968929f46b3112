"""Conversations, their messages, and the turns that produce the answers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from citewell.models.base import Base, Tenant


class Conversation(Base, Tenant):
    __tablename__ = "conversations"
    __table_args__ = (
        Index("ix_conversations_project_id_created_at", "project_id", "created_at", "id"),
        Index("ix_conversations_project_id_created_by", "project_id", "created_by", "created_at", "id"),
        Index("ix_conversations_archived", "project_id", "id", postgresql_where=text("archived_at IS NOT NULL")),
    )

    name: Mapped[str]
    type: Mapped[str] = mapped_column(default="playground")
    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    agent_settings_id: Mapped[UUID | None]
    conversation_instructions: Mapped[str | None]
    tags: Mapped[list[str]] = mapped_column(default=list)
    is_shared: Mapped[bool] = mapped_column(default=False)
    archived_at: Mapped[datetime | None]
    message_count: Mapped[int] = mapped_column(default=0)
    tool_call_count: Mapped[int] = mapped_column(default=0)
    tokens_input: Mapped[int] = mapped_column(BigInteger, default=0)
    tokens_output: Mapped[int] = mapped_column(BigInteger, default=0)
    # The query_id of the next turn: 0 for the first question.
    next_query_id: Mapped[int] = mapped_column(default=0)


def _of_conversation() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["project_id", "conversation_id"],
        ["conversations.project_id", "conversations.id"],
        ondelete="CASCADE",
    )


class Message(Base):
    """An entry of the history, in the order of `position`. `extra` holds what only some types have."""

    __tablename__ = "messages"
    __table_args__ = (
        _of_conversation(),
        # For looking conversations up by what was said in them. The function (made by a migration) puts a mark of the
        # project before each word, so that a lookup reads no word of other projects.
        Index(
            "ix_messages_words",
            text("searched_words(project_id, content)"),
            postgresql_using="gin",
            postgresql_where=text("type = 'message'"),
        ),
    )

    project_id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[str]
    type: Mapped[str]
    query_id: Mapped[int]
    content: Mapped[str]
    extra: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class Turn(Base, Tenant):
    """One question and the work on its answer.

    `state`: running, completed, stopped, failed. The process that runs the turn renews `lease_until`; after that time
    any process may close the turn.
    """

    __tablename__ = "turns"
    __table_args__ = (
        _of_conversation(),
        UniqueConstraint("project_id", "conversation_id", "query_id"),
        # One running turn a conversation, kept by the database itself: two messages in the same millisecond
        # give one turn and one 409 on any number of replicas.
        Index(
            "uq_turns_running",
            "project_id",
            "conversation_id",
            unique=True,
            postgresql_where=text("state = 'running'"),
        ),
        Index("ix_turns_lease_until", "lease_until", postgresql_where=text("state = 'running'")),
    )

    conversation_id: Mapped[UUID]
    query_id: Mapped[int]
    user_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(default="running")
    owner: Mapped[str]
    lease_until: Mapped[datetime]
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    error_code: Mapped[str | None]
    error_detail: Mapped[str | None]  # what the model server said, for administrators


class TurnLog(Base):
    """A batch of a turn's events: `events` is a JSON array, the first with number `first_seq`."""

    __tablename__ = "turn_log"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "turn_id"], ["turns.project_id", "turns.id"], ondelete="CASCADE"),
    )

    project_id: Mapped[UUID] = mapped_column(primary_key=True)
    turn_id: Mapped[UUID] = mapped_column(primary_key=True)
    first_seq: Mapped[int] = mapped_column(primary_key=True)
    last_seq: Mapped[int]
    events: Mapped[bytes]
