"""Results of extractors, kept by what they depend on."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from citewell.models.base import Base, Tenant


class ExtractionResult(Base, Tenant):
    """What an extractor made of one document version.

    `input_hash` covers its settings, the model and the chunks: the rows are made again only if one of them changes. The
    id is made of the three keys. Tags of documents come from the definitions of a table, without an extractor: such
    results have `table_id` instead.
    """

    __tablename__ = "extraction_results"
    __table_args__ = (
        ForeignKeyConstraint(
            ["project_id", "extractor_id"], ["extractors.project_id", "extractors.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["project_id", "document_version_id"],
            ["document_versions.project_id", "document_versions.id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["project_id", "table_id"], ["knowledge_tables.project_id", "knowledge_tables.id"], ondelete="CASCADE"
        ),
        CheckConstraint("num_nonnulls(extractor_id, table_id) = 1", name="owner"),
        Index("ix_extraction_results_project_id_extractor_id", "project_id", "extractor_id"),
        Index(
            "ix_extraction_results_project_id_table_id",
            "project_id",
            "table_id",
            postgresql_where=text("table_id IS NOT NULL"),
        ),
        Index("ix_extraction_results_project_id_document_version_id", "project_id", "document_version_id"),
    )

    extractor_id: Mapped[UUID | None]
    table_id: Mapped[UUID | None]
    document_version_id: Mapped[UUID]
    input_hash: Mapped[str]
    rows: Mapped[list[Any]] = mapped_column(default=list)


class ExtractionAnswer(Base, Tenant):
    """A model's answer about a document whose result is not stored yet.

    The id is made of the result and the request.
    """

    __tablename__ = "extraction_answers"
    __table_args__ = (
        ForeignKeyConstraint(
            ["project_id", "document_version_id"],
            ["document_versions.project_id", "document_versions.id"],
            ondelete="CASCADE",
        ),
        Index("ix_extraction_answers_project_id_result_id", "project_id", "result_id"),
        Index("ix_extraction_answers_project_id_document_version_id", "project_id", "document_version_id"),
    )

    result_id: Mapped[UUID]
    document_version_id: Mapped[UUID]
    answer: Mapped[str]
