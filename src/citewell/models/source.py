"""Sources from which documents are imported automatically: their settings, files and syncs."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, text, true
from sqlalchemy.orm import Mapped, mapped_column

from citewell.models.base import Base, Stamped, Tenant


class Source(Base, Tenant):
    """`kind` is a connector, `config` is what it needs to know, the credentials are sealed JSON. `checkpoint` is what
    the connector kept of the last sync in which nothing failed."""

    __tablename__ = "sources"
    __table_args__ = (Index("ix_sources_next_sync_at", "next_sync_at", postgresql_where=text("enabled")),)

    kind: Mapped[str]
    name: Mapped[str]
    config: Mapped[dict[str, Any]]
    sealed_credentials: Mapped[bytes | None]
    enabled: Mapped[bool] = mapped_column(default=True)
    every_minutes: Mapped[int | None]
    next_sync_at: Mapped[datetime | None]
    checkpoint: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class SourceSync(Base, Tenant):
    """One sync. `state`: running, completed, failed. `phase` of a running one: listing, fetching, deleting."""

    __tablename__ = "source_syncs"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "source_id"], ["sources.project_id", "sources.id"], ondelete="CASCADE"),
        Index("ix_source_syncs_source", "project_id", "source_id", "created_at"),
        Index(
            "uq_source_syncs_running",
            "project_id",
            "source_id",
            unique=True,
            postgresql_where=text("state = 'running'"),
        ),
    )

    source_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(default="running")
    phase: Mapped[str] = mapped_column(default="listing")
    error: Mapped[str | None]
    allow_empty: Mapped[bool] = mapped_column(default=False)
    added: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    deleted: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    checkpoint: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # Where the next slice of time continues the listing; null before it begins and after it ends.
    position: Mapped[dict[str, Any] | None]
    # Whether the listing was complete, so that missing items count as gone.
    is_complete: Mapped[bool] = mapped_column(default=True, server_default=true())
    ended_at: Mapped[datetime | None]


class SourceItem(Base, Stamped):
    """A thing of a source. `mark` is that of what its document holds, `listed_mark` that of the last listing, `item`
    what the connector said of it. `state`: pending, done, failed."""

    __tablename__ = "source_items"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "source_id"], ["sources.project_id", "sources.id"], ondelete="CASCADE"),
        Index("ix_source_items_state", "project_id", "source_id", "state", "key"),
    )

    project_id: Mapped[UUID] = mapped_column(primary_key=True)
    source_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    item: Mapped[dict[str, Any]]
    mark: Mapped[str | None]
    listed_mark: Mapped[str]
    state: Mapped[str]
    error: Mapped[str | None]
    sync_id: Mapped[UUID]
    # Chosen before the document is stored, so that a sync that is killed in between finds what it stored.
    document_id: Mapped[UUID | None]
