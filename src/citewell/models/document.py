"""Documents and their versions. A version never changes once it is parsed; a new upload makes a new one."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from citewell.db.base import Base, Tenant


class Document(Base, Tenant):
    """What a user uploaded. `status` is the contract's: active, deleting, deleted."""

    __tablename__ = "documents"
    __table_args__ = (Index("ix_documents_project_id_status_created_at", "project_id", "status", "created_at"),)

    name: Mapped[str]
    content_type: Mapped[str]
    source: Mapped[str] = mapped_column(default="upload")
    source_metadata: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # Pairs [key, value], several values a key: entered by users.
    metadata_pairs: Mapped[list[Any]] = mapped_column("metadata", default=list)
    status: Mapped[str] = mapped_column(default="active")
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    file_key: Mapped[str]
    file_size: Mapped[int] = mapped_column(BigInteger)
    page_count: Mapped[int | None]
    # The version that searches see; null until one has been published.
    live_version_id: Mapped[UUID | None]


class DocumentVersion(Base, Tenant):
    """One file of a document on its way through the pipeline.

    `stage` is the last step whose result is stored: uploaded, parsed, chunked, embedded, published; or failed,
    with the reason. Steps move it forward by comparing and setting it, so a job that runs twice does no harm.
    """

    __tablename__ = "document_versions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["project_id", "document_id"], ["documents.project_id", "documents.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("project_id", "document_id", "number"),
        Index("ix_document_versions_project_id_run_id", "project_id", "run_id"),
    )

    document_id: Mapped[UUID]
    run_id: Mapped[UUID | None]
    number: Mapped[int] = mapped_column(default=1)
    file_key: Mapped[str]
    sha256: Mapped[bytes]
    stage: Mapped[str] = mapped_column(default="uploaded")
    started: Mapped[bool] = mapped_column(default=False)
    attempts: Mapped[int] = mapped_column(default=0)
    failure_code: Mapped[str | None]
    failure_reason: Mapped[str | None]
    kind: Mapped[str | None]
    language: Mapped[str | None]
    title: Mapped[str | None]
    page_count: Mapped[int | None]
