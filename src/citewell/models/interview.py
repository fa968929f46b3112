"""Interviews: what people are asked to tell of what they know."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from citewell.models.base import Base, Tenant


class Interview(Base, Tenant):
    """A topic that one person is asked about. `status`: pending, in_progress, completed; `write_scope`: local, global.

    Who is asked is known by their address, because they may have been invited only now.
    """

    __tablename__ = "interviews"
    __table_args__ = (Index("ix_interviews_project_id_assigned_to_email", "project_id", "assigned_to_email"),)

    topic: Mapped[str] = mapped_column(default="")
    assigned_to_email: Mapped[str]  # always in lower case
    assigned_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    write_scope: Mapped[str] = mapped_column(default="local")
    status: Mapped[str] = mapped_column(default="pending")
