"""Interviews: what people are asked to tell of what they know."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from citewell.models.base import Base, Tenant


class Interview(Base, Tenant):
    """A topic that one person is asked about. `status`: pending, in_progress, completed; `write_scope`: local, global.

    Who is asked is known by their address, because they may have been invited only now. `chat_history` are the messages
    in their order, each with `role` (assistant, user), `content` and `created_at`. `replying_since` is when the reply
    that is under way began.
    """

    __tablename__ = "interviews"
    __table_args__ = (Index("ix_interviews_project_id_assigned_to_email", "project_id", "assigned_to_email"),)

    topic: Mapped[str] = mapped_column(default="")
    assigned_to_email: Mapped[str]  # always in lower case
    assigned_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    write_scope: Mapped[str] = mapped_column(default="local")
    status: Mapped[str] = mapped_column(default="pending")
    chat_history: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    replying_since: Mapped[datetime | None]


class InterviewProposal(Base, Tenant):
    """A change to the artifact `slug` that came out of an interview. `quote` are the expert's words that it rests on,
    in the message of this number. `status`: pending, accepted, rejected; an accepted one names the artifact's version
    that has it."""

    __tablename__ = "interview_proposals"
    __table_args__ = (
        ForeignKeyConstraint(
            ["project_id", "interview_id"], ["interviews.project_id", "interviews.id"], ondelete="CASCADE"
        ),
        Index("ix_interview_proposals_project_id_interview_id", "project_id", "interview_id"),
    )

    interview_id: Mapped[UUID]
    slug: Mapped[str]
    content: Mapped[dict[str, Any]]
    quote: Mapped[str]
    message: Mapped[int]
    status: Mapped[str] = mapped_column(default="pending")
    decided_by_email: Mapped[str | None]
    artifact_version: Mapped[int | None]
