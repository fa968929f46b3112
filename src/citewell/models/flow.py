"""The ways of a project's documents from their files to the search."""

from typing import Any

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from citewell.models.base import Base, Tenant


class ExtractionFlow(Base, Tenant):
    """A flow of a project. Its first one has no row as long as it is as it was made. `publish_mode`: auto_publish,
    manual_publish. `dag` are its nodes and edges; null: the steps of documents alone."""

    __tablename__ = "extraction_flows"

    name: Mapped[str]
    publish_mode: Mapped[str]
    dag: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
