"""Files of rows that go into tables and come out of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from citewell.models.base import Base, Tenant


class TempDataset(Base, Tenant):
    """A JSON file of rows, kept for a while. `status`: pending until its upload was confirmed, then ready.

    The secret in its upload address is stored as its SHA-256.
    """

    __tablename__ = "temp_datasets"

    name: Mapped[str]
    content_type: Mapped[str]
    file_key: Mapped[str]
    file_size: Mapped[int | None] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(default="pending")
    secret_hash: Mapped[bytes | None]
    created_by: Mapped[UUID | None]
    expires_at: Mapped[datetime]


class ImportExport(Base, Tenant):
    """Rows of a table version to a dataset, or back. `status`: pending, running, completed, failed."""

    __tablename__ = "import_export_operations"

    job_type: Mapped[str]
    scope: Mapped[str] = mapped_column(default="table_version")
    table_version_id: Mapped[UUID]
    dataset_id: Mapped[UUID]
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    status: Mapped[str] = mapped_column(default="pending")
    error_message: Mapped[str | None]
    row_count: Mapped[int | None] = mapped_column(BigInteger)
