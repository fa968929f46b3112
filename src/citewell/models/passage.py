"""Passages: what is searched. Each is a part of one chunk, with its text analysed and its vector.

`staged_passages` holds those of a version that is still on its way; publishing moves them over in one transaction.
Only published versions have rows in `passages`, so what a search reads is live.
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
from sqlalchemy import Dialect, Index, delete, text
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from citewell.models.base import Base

TABLE = "passages"


def vector_literal(vector: np.ndarray[Any, Any]) -> str:
    """Returns a vector as pgvector reads it."""
    return msgspec.json.encode(vector.tolist()).decode()


class HalfVector(UserDefinedType[Any]):
    """pgvector's `halfvec` of any dimension. Takes numpy arrays and sequences of floats; gives pgvector's text."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "halfvec"

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str | None]:
        return lambda value: None if value is None else vector_literal(np.asarray(value, np.float32))


# Without it, reflecting the tables (as migrations do) warns that it does not know the type.
ischema_names["halfvec"] = HalfVector


class _PassageColumns:
    """`content` is the analysed text; the offsets are characters of the chunk's content."""

    project_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-3)
    chunk_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-2)
    ordinal: Mapped[int] = mapped_column(primary_key=True, sort_order=-1, autoincrement=False)
    document_id: Mapped[UUID]
    version_id: Mapped[UUID]
    start_offset: Mapped[int]
    end_offset: Mapped[int]
    language: Mapped[str]
    content: Mapped[str]
    embedding: Mapped[Any | None] = mapped_column(HalfVector)
    # The fingerprint of the model that made the vector: vectors of different models are never compared.
    embedding_model: Mapped[str | None]
    # The document's; the text and vector indexes hold only passages where it is null.
    local_to: Mapped[UUID | None]


class Passage(_PassageColumns, Base):
    """A piece of a chunk that is indexed.

    Each project has a partition with its own text and vector index: see `citewell.db.partitions`.
    """

    __tablename__ = TABLE
    __table_args__ = (
        Index("ix_passages_project_id_document_id", "project_id", "document_id"),
        Index("ix_passages_project_id_language", "project_id", "language"),
        Index(
            "ix_passages_project_id_local_to",
            "project_id",
            "local_to",
            postgresql_where=text("local_to IS NOT NULL"),
        ),
        {"postgresql_partition_by": "LIST (project_id)"},
    )


class StagedPassage(_PassageColumns, Base):
    __tablename__ = "staged_passages"
    __table_args__ = (Index("ix_staged_passages_project_id_version_id", "project_id", "version_id"),)


def partition_name(project_id: UUID) -> str:
    return f"{TABLE}_{project_id.hex}"


async def publish_version(session: AsyncSession, project_id: UUID, document_id: UUID, version_id: UUID) -> None:
    """Like `publish_versions`, for one document."""
    await publish_versions(session, project_id, {document_id: version_id})


async def publish_versions(session: AsyncSession, project_id: UUID, versions: Mapping[UUID, UUID]) -> None:
    """Swap the live passages of documents for the staged ones of a version each, in the session's transaction.

    `versions` are their ids by document. Searches see the old versions whole until it commits, then the new ones. Doing
    it twice does no harm.
    """
    ids = {"project": project_id, "documents": list(versions), "versions": list(versions.values())}
    await session.execute(_delete_others(project_id), ids)
    await session.execute(_move_staged(project_id), ids)


async def remove_document(session: AsyncSession, project_id: UUID, document_id: UUID) -> None:
    """Remove all passages of a document, live and staged; no search that starts after the commit finds them."""
    ids = {"project": project_id, "document": document_id}
    for table in (partition_name(project_id), StagedPassage.__tablename__):
        await session.execute(_delete_document(table), ids)


async def remove_staged(session: AsyncSession, project_id: UUID, version_id: UUID) -> None:
    """Remove what was staged of a version that will not be published as it is."""
    mine = (StagedPassage.project_id == project_id) & (StagedPassage.version_id == version_id)
    await session.execute(delete(StagedPassage).where(mine))


# The partition is named rather than found through the parent: a prepared statement on the parent would lock the
# partitions of all projects.
_GIVEN = "unnest(CAST(:documents AS uuid[]), CAST(:versions AS uuid[])) AS g(document_id, version_id)"


def _delete_others(project_id: UUID) -> Any:
    return text(
        f"DELETE FROM {partition_name(project_id)} p USING {_GIVEN}"  # noqa: S608
        " WHERE p.project_id = :project AND p.document_id = g.document_id AND p.version_id <> g.version_id"
    )


def _move_staged(project_id: UUID) -> Any:
    columns = ", ".join(column.name for column in StagedPassage.__table__.columns)
    moved = ", ".join(f"s.{column.name}" for column in StagedPassage.__table__.columns)
    return text(
        f"WITH moved AS (DELETE FROM staged_passages s USING {_GIVEN} WHERE s.project_id = :project"  # noqa: S608
        f" AND s.version_id = g.version_id AND s.document_id = g.document_id RETURNING {moved})"
        f" INSERT INTO {partition_name(project_id)} ({columns}) SELECT {columns} FROM moved ON CONFLICT DO NOTHING"
    )


def _delete_document(table: str) -> Any:
    return text(f"DELETE FROM {table} WHERE project_id = :project AND document_id = :document")  # noqa: S608
