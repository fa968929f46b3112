"""Who did what. Rows are only ever added: a trigger refuses to change or delete them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, func
from sqlalchemy.orm import Mapped, mapped_column

from citewell.kit.ids import new_id
from citewell.models.base import Base


class AuditEntry(Base):
    """`actor` is who called, `acting` as whom they acted: another user where they impersonate.

    Nothing is referenced by key, so that an entry outlives what it speaks of. Addresses are as they were then.
    """

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_project_id_at", "project_id", "at", "id"),
        Index("ix_audit_log_at", "at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    project_id: Mapped[UUID | None]
    action: Mapped[str]
    actor_id: Mapped[UUID | None]
    actor_email: Mapped[str] = mapped_column(default="")
    acting_id: Mapped[UUID | None]
    acting_email: Mapped[str] = mapped_column(default="")
    object_type: Mapped[str] = mapped_column(default="")
    object_id: Mapped[str] = mapped_column(default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
