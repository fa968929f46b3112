"""What is counted of a project's use."""

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, Date, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from citewell.models.base import Base


class RetrievalCount(Base):
    """Searches in a project in the month that begins on `month` (UTC)."""

    __tablename__ = "retrieval_counts"

    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True)
    month: Mapped[date] = mapped_column(Date, primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
