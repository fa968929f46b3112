"""Ground truths: questions with the answers that are known to be right."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from citewell.models.base import Base, Tenant


class GroundTruth(Base, Tenant):
    """`source_feedback_id` names the feedback that it was made of; that may be gone.

    `expected_sources` are objects that name a document (`document_id` or `document_name`), and a `page` or a `text` in
    it. `expected_figures` and `expected_phrases` must stand in the answer; `expects_refusal` says that there is none.
    """

    __tablename__ = "ground_truths"
    __table_args__ = (Index("ix_ground_truths_project_id_source_feedback_id", "project_id", "source_feedback_id"),)

    query: Mapped[str]
    answer: Mapped[str]
    additional_notes: Mapped[str] = mapped_column(default="")
    source_feedback_id: Mapped[UUID | None]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    expected_sources: Mapped[list[Any]] = mapped_column(default=list)
    expected_figures: Mapped[list[str]] = mapped_column(default=list)
    expected_phrases: Mapped[list[str]] = mapped_column(default=list)
    expects_refusal: Mapped[bool] = mapped_column(default=False)
