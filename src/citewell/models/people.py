"""Feedback and signals, invitations to projects, and notifications."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from citewell.models.base import Base, Tenant


class _Opinion:
    """The fields that feedback and signals share. `status`: to_review, reviewed."""

    given_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    status: Mapped[str] = mapped_column(default="to_review")
    feedback: Mapped[str] = mapped_column(default="")
    is_positive: Mapped[bool | None]
    suggested_action_type: Mapped[str | None]
    suggested_action_data: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Feedback(Base, Tenant, _Opinion):
    """A user's opinion of one answer: turn `query_id` of the conversation. It is deleted with the conversation."""

    __tablename__ = "feedbacks"
    __table_args__ = (
        ForeignKeyConstraint(
            ["project_id", "conversation_id"],
            ["conversations.project_id", "conversations.id"],
            ondelete="CASCADE",
        ),
        Index("ix_feedbacks_project_id_created_at", "project_id", "created_at", "id"),
        Index("ix_feedbacks_project_id_given_by", "project_id", "given_by", "created_at"),
        Index("ix_feedbacks_project_id_updated_at", "project_id", "updated_at", "id"),
        Index("ix_feedbacks_project_id_conversation_id", "project_id", "conversation_id", "status", "updated_at", "id"),
        Index("ix_feedbacks_words", text("searched_words(project_id, feedback)"), postgresql_using="gin"),
    )

    # None if it is not about a conversation.
    conversation_id: Mapped[UUID | None]
    query_id: Mapped[int | None]
    source: Mapped[str]


class Signal(Base, Tenant, _Opinion):
    """What a program or a person noticed, with any context."""

    __tablename__ = "signals"
    __table_args__ = (
        Index("ix_signals_project_id_created_at", "project_id", "created_at", "id"),
        Index("ix_signals_project_id_given_by", "project_id", "given_by", "created_at"),
        Index(
            "ix_signals_words",
            text("searched_words(project_id, signal_text(feedback, context))"),
            postgresql_using="gin",
        ),
    )

    context: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Invite(Base, Tenant):
    """`status`: pending, accepted, cancelled. The secret of the link in the mail is stored as its hash only."""

    __tablename__ = "invites"
    __table_args__ = (
        # One pending invite an address, kept by the database itself.
        Index(
            "uq_invites_pending",
            "project_id",
            "email",
            unique=True,
            postgresql_where=text("status = 'pending'"),
        ),
        Index("ix_invites_email", "email", postgresql_where=text("status = 'pending'")),
        Index("ix_invites_secret_hash", "secret_hash", unique=True),
    )

    email: Mapped[str]  # always in lower case
    permissions: Mapped[list[str]] = mapped_column(default=list)
    profile: Mapped[str] = mapped_column(default="contributor")
    status: Mapped[str] = mapped_column(default="pending")
    invited_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    secret_hash: Mapped[bytes | None]


class Notification(Base, Tenant):
    """Something that a user of the project is told. `status`: unread, read; `access_level`: admin, viewer."""

    __tablename__ = "notifications"
    __table_args__ = (Index("ix_notifications_project_id_user_id", "project_id", "user_id", "created_at"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(default="unread")
    access_level: Mapped[str] = mapped_column(default="viewer")
    title: Mapped[str]
    message: Mapped[str] = mapped_column(default="")
    message_code: Mapped[str | None]
    message_values: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    notification_type: Mapped[str]
    actions: Mapped[dict[str, Any]] = mapped_column(default=dict)
    source_object_type: Mapped[str] = mapped_column(default="")
    source_object_id: Mapped[str] = mapped_column(default="")
    read_at: Mapped[datetime | None]
