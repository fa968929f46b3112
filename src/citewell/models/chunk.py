"""Chunks: the units that answers cite. The id and the text of a chunk never change."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from citewell.models.base import Base, Tenant


class Chunk(Base, Tenant):
    """`content` is the text of the document version from `start_offset` to `end_offset` (characters)."""

    __tablename__ = "chunks"
    __table_args__ = (
        ForeignKeyConstraint(
            ["project_id", "version_id"],
            ["document_versions.project_id", "document_versions.id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("project_id", "version_id", "ordinal"),
    )

    document_id: Mapped[UUID]
    version_id: Mapped[UUID]
    ordinal: Mapped[int]
    content: Mapped[str]
    start_offset: Mapped[int]
    end_offset: Mapped[int]
    min_page: Mapped[int | None]
    max_page: Mapped[int | None]
    heading_path: Mapped[list[str]] = mapped_column(default=list)
    # Type, offsets in the chunk, page and box of each block, as the contract's `blocks` column.
    blocks: Mapped[list[Any]] = mapped_column(default=list)
