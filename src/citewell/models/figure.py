"""Pictures in documents."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from citewell.models.base import Base, Tenant


class ExtractedFigure(Base, Tenant):
    """A picture of a document's file, or one that a client added to the document (`parse_key` is None).

    All versions of the document with that `parse_key` share it.

    The picture is PNG or JPEG, encoded by us. `width` and `height` are pixels, `page` counts from 1, and `bbox` is
    [left, top, right, bottom] in points from the page's top left.
    """

    __tablename__ = "extracted_figures"
    __table_args__ = (
        ForeignKeyConstraint(
            ["project_id", "document_id"], ["documents.project_id", "documents.id"], ondelete="CASCADE"
        ),
        Index("ix_extracted_figures_project_id_document_id", "project_id", "document_id", "ordinal", "id"),
        Index("ix_extracted_figures_project_id_parse_key", "project_id", "parse_key"),
        Index("ix_extracted_figures_project_id_created_at", "project_id", "created_at", "id"),
    )

    document_id: Mapped[UUID]
    parse_key: Mapped[str | None]
    ordinal: Mapped[int] = mapped_column(default=0)
    page: Mapped[int | None]
    bbox: Mapped[list[Any] | None]
    caption: Mapped[str] = mapped_column(default="")
    file_key: Mapped[str]
    file_size: Mapped[int]
    content_type: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
