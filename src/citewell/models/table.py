"""Tables of a project: what was made of its documents, and what people and clients wrote.

A table has versions, each with rows of its own. The columns are data, never SQL: a row is one JSON object, and the few
keys that rows are looked up by stand beside it.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, UniqueConstraint, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, aliased, mapped_column

from citewell.models.base import Base, Tenant


class KnowledgeTable(Base, Tenant):
    """`columns` is a list of {"name", "type"}; `dependencies` maps table names to the versions that rows refer to."""

    __tablename__ = "knowledge_tables"
    __table_args__ = (UniqueConstraint("project_id", "name"),)

    name: Mapped[str]
    object_type: Mapped[str] = mapped_column(default="custom")
    columns: Mapped[list[Any]] = mapped_column(default=list)
    object_metadata: Mapped[dict[str, Any]] = mapped_column(default=dict)
    dependencies: Mapped[dict[str, Any]] = mapped_column(default=dict)


class TableVersion(Base, Tenant):
    """One state of a table.

    `number` counts from 1; at most one version of a table is `deployed`. The rows of a `live` version are read from the
    published documents and cannot be written. Other versions keep their rows in `table_rows`: `next_position` is the
    position of the next row, and `dense` says that positions have no gaps, so the n-th row is found without counting.
    """

    __tablename__ = "table_versions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["project_id", "table_id"], ["knowledge_tables.project_id", "knowledge_tables.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("project_id", "table_id", "number"),
        Index("uq_table_versions_deployed", "project_id", "table_id", unique=True, postgresql_where=text("deployed")),
    )

    table_id: Mapped[UUID]
    number: Mapped[int]
    deployed: Mapped[bool] = mapped_column(default=False)
    live: Mapped[bool] = mapped_column(default=False)
    dependencies: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # The run that made this version, and its progress; empty without a run.
    origin: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    row_count: Mapped[int] = mapped_column(BigInteger, default=0)
    next_position: Mapped[int] = mapped_column(BigInteger, default=0)
    dense: Mapped[bool] = mapped_column(default=True)


class TableRow(Base):
    """A row at its place. The three ids repeat, as text, what the row says under these names."""

    __tablename__ = "table_rows"
    __table_args__ = (
        ForeignKeyConstraint(
            ["project_id", "version_id"], ["table_versions.project_id", "table_versions.id"], ondelete="CASCADE"
        ),
        Index("ix_table_rows_row_id", "project_id", "version_id", "row_id"),
        Index("ix_table_rows_document_id", "project_id", "version_id", "document_id", "position"),
        Index(
            "ix_table_rows_chunk_id",
            "project_id",
            "version_id",
            "chunk_id",
            "position",
            postgresql_where=text("chunk_id IS NOT NULL"),
        ),
        {"postgresql_partition_by": "HASH (version_id)"},
    )

    project_id: Mapped[UUID] = mapped_column(primary_key=True)
    version_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    row_id: Mapped[str]
    document_id: Mapped[str | None]
    chunk_id: Mapped[str | None]
    data: Mapped[dict[str, Any]]


async def renumber_live(session: AsyncSession, project_id: UUID) -> None:
    """Make the live versions of the project's tables the newest ones: documents were published.

    A live version has the number 0, and is not listed, until the first document is published.
    """
    table, other = TableVersion, aliased(TableVersion)
    newest = (
        select(func.coalesce(func.max(other.number), 0))
        .where(other.project_id == table.project_id, other.table_id == table.table_id)
        .scalar_subquery()
    )
    mine = (table.project_id == project_id) & table.live & ((table.number == 0) | (table.number < newest))
    await session.execute(
        update(table).where(mine).values(number=newest + 1).execution_options(synchronize_session=False)
    )
