"""Ground truths: questions with the answers that are known to be right."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from citewell.models.base import Base, Tenant


class GroundTruth(Base, Tenant):
    """`source_feedback_id` names the feedback that it was made of; that may be gone."""

    __tablename__ = "ground_truths"

    query: Mapped[str]
    answer: Mapped[str]
    additional_notes: Mapped[str] = mapped_column(default="")
    source_feedback_id: Mapped[UUID | None]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
