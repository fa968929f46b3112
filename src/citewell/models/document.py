"""Documents and their versions. A version never changes once it is parsed; a new upload makes a new one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from citewell.models.base import UNFINISHED, Base, Tenant
from citewell.models.step import VersionStep


class Document(Base, Tenant):
    """What a user uploaded. `status` has the contract's values: active, deleting, deleted."""

    __tablename__ = "documents"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "collection_id"], ["collections.project_id", "collections.id"]),
        # For lists: a project may have many more local documents than others.
        Index(
            "ix_documents_project_id_status_created_at",
            "project_id",
            "status",
            "created_at",
            postgresql_where=text("local_to IS NULL"),
        ),
        Index(
            "ix_documents_project_id_local_to",
            "project_id",
            "local_to",
            postgresql_where=text("local_to IS NOT NULL"),
        ),
        Index("ix_documents_project_id_collection_id", "project_id", "collection_id"),
    )

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
    # A PDF of the document that a client made of it.
    computed_pdf_key: Mapped[str | None]
    # The version that searches see; null until one has been published.
    live_version_id: Mapped[UUID | None]
    # None: the "Default" collection, which has no row.
    collection_id: Mapped[UUID | None]
    # The conversation or the agent whose turns alone see the document; None: it is one of the project's own.
    local_to: Mapped[UUID | None]
    local_kind: Mapped[str | None]


class DocumentVersion(Base, Tenant):
    """One file of a document in the pipeline.

    `steps` hold the state of each step, its attempts, input hash and error. `stage` sums them up: what the version has
    (uploaded, parsed, chunked, embedded, published), or how it ended: failed, deleted, or superseded by a newer version
    that was faster.
    """

    __tablename__ = "document_versions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["project_id", "document_id"], ["documents.project_id", "documents.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("project_id", "document_id", "number"),
        Index("ix_document_versions_project_id_run_id", "project_id", "run_id"),
        Index("ix_document_versions_project_id_sha256", "project_id", "sha256"),
    )

    document_id: Mapped[UUID]
    run_id: Mapped[UUID | None]
    number: Mapped[int] = mapped_column(default=1)
    file_key: Mapped[str]
    file_size: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[bytes]
    stage: Mapped[str] = mapped_column(default="uploaded")
    # Whether its run has begun with it.
    started: Mapped[bool] = mapped_column(default=False)
    # Of `page_count` pages, those whose passages are stored.
    pages_done: Mapped[int] = mapped_column(default=0)
    kind: Mapped[str | None]
    language: Mapped[str | None]
    title: Mapped[str | None]
    page_count: Mapped[int | None]
    # What could not be read, or not with certainty.
    warnings: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    steps: Mapped[list[VersionStep]] = relationship(
        viewonly=True, lazy="selectin", order_by=[VersionStep.started_at, VersionStep.step]
    )

    def step(self, name: str) -> VersionStep | None:
        return next((row for row in self.steps if row.step == name), None)

    def input_hash(self, name: str) -> str | None:
        """Returns the hash of all that the step's result depends on; None while it has none."""
        row = self.step(name)
        return row.input_hash if row is not None and row.state == "done" else None

    @property
    def failure(self) -> VersionStep | None:
        """The step that failed, if the version did."""
        return next((row for row in self.steps if row.state == "failed"), None) if self.stage == "failed" else None

    @property
    def attempts(self) -> int:
        """Returns the attempts of the step that began last."""
        begun = [row for row in self.steps if row.started_at is not None]
        return begun[-1].attempts if begun else 0

    @property
    def last_error(self) -> str | None:
        """Why the last attempt of a step broke off, where another follows."""
        return next((row.error for row in self.steps if row.state in UNFINISHED and row.error), None)


class Collection(Base, Tenant):
    """A named group of documents. The slug is made with it and never changes."""

    __tablename__ = "collections"
    __table_args__ = (UniqueConstraint("project_id", "slug"),)

    name: Mapped[str]
    slug: Mapped[str]


class DocumentTag(Base, Tenant):
    """A tag that was inferred for a document. `table_id` and `table_version_id` name where it came from, if known."""

    __tablename__ = "document_tags"
    __table_args__ = (
        ForeignKeyConstraint(
            ["project_id", "document_id"], ["documents.project_id", "documents.id"], ondelete="CASCADE"
        ),
        Index("ix_document_tags_project_id_document_id", "project_id", "document_id"),
        Index("ix_document_tags_project_id_name_value", "project_id", "name", "value"),
    )

    document_id: Mapped[UUID]
    name: Mapped[str]
    value: Mapped[str]
    justification: Mapped[str] = mapped_column(default="")
    verbatim: Mapped[str] = mapped_column(default="")
    table_id: Mapped[UUID | None]
    table_version_id: Mapped[UUID | None]


class PendingUpload(Base, Tenant):
    """A file that a client sends to a signed address; its id becomes the document's once it is confirmed.

    Only a hash of the address's secret is stored. `confirmed_as` is the document that the file became, set in that
    document's own transaction: the new one, or the one that had the same name and content already.
    """

    __tablename__ = "pending_uploads"

    name: Mapped[str]
    content_type: Mapped[str]
    secret_hash: Mapped[bytes]
    expires_at: Mapped[datetime]
    confirmed_as: Mapped[UUID | None]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
