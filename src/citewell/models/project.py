"""Projects, their settings, and who may do what in them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from citewell.kit.ids import new_id
from citewell.models.base import Base, Stamped, Tenant


class Project(Base, Stamped):
    __tablename__ = "projects"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    business_brief: Mapped[str] = mapped_column(default="")
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    deleted_at: Mapped[datetime | None]


class ProjectPermission(Base, Tenant):
    """What one user may do in one project. Without a row the user has no access."""

    __tablename__ = "project_permissions"
    __table_args__ = (
        UniqueConstraint("project_id", "user_id"),
        Index("ix_project_permissions_user_id", "user_id"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    permissions: Mapped[list[str]] = mapped_column(default=list)
    profile: Mapped[str] = mapped_column(default="contributor")
    # The identity provider whose groups give this; None: a person granted it.
    granted_by_groups_of: Mapped[str | None]
