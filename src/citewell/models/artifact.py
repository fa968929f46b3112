"""Knowledge of a project's people beyond its documents, with all its versions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from citewell.models.base import Base, Tenant


class ArtifactVersion(Base):
    """One version of an artifact; the version with the highest number is current.

    `content` is the whole artifact, in the shape of its type. `changes` are the ordered changes that made this version
    from the one before; empty if the content was replaced.
    """

    __tablename__ = "artifact_versions"
    __table_args__ = (Index("ix_artifact_versions_project_id_created_at", "project_id", "created_at"),)

    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True)
    slug: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]]
    change_summary: Mapped[str] = mapped_column(default="")
    changes: Mapped[list[Any]] = mapped_column(default=list)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    author_email: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class DesignTemplateFile(Base, Tenant):
    """A file that belongs to a design template, such as a letterhead or a slide master."""

    __tablename__ = "design_template_files"
    __table_args__ = (Index("ix_design_template_files_project_id_template_id", "project_id", "template_id"),)

    template_id: Mapped[UUID]
    name: Mapped[str]
    content_type: Mapped[str]
    file_key: Mapped[str]
    file_size: Mapped[int]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
