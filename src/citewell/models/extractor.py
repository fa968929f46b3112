"""Extractors: what turns documents into rows of tables, each with versions of its configuration."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from citewell.models.base import Base, Tenant


class Extractor(Base, Tenant):
    """`family` is the first part of its address, such as "object" or "chunks". `settings` are its fields as they were
    last set. `is_default` marks the chunks extractor that came with the project."""

    __tablename__ = "extractors"
    __table_args__ = (Index("ix_extractors_project_id_family", "project_id", "family", "id"),)

    family: Mapped[str]
    name: Mapped[str]
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    is_default: Mapped[bool] = mapped_column(default=False)


class ExtractorVersion(Base, Tenant):
    """A state of what decides an extractor's results. `number` counts from 1; runs take the default version."""

    __tablename__ = "extractor_versions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["project_id", "extractor_id"], ["extractors.project_id", "extractors.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("project_id", "extractor_id", "number"),
        Index(
            "uq_extractor_versions_default",
            "project_id",
            "extractor_id",
            unique=True,
            postgresql_where=text("is_default"),
        ),
    )

    extractor_id: Mapped[UUID]
    number: Mapped[int]
    is_default: Mapped[bool] = mapped_column(default=False)
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
