"""Pushed objects: those that pass a filter, their terms, and the nearest to a vector."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
from sqlalchemy import ColumnElement, Row, exists, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import Document, PushedObject
from citewell.models.passage import vector_literal

_COSINES = text(
    "SELECT id, 1 - (embedding <=> CAST(:vector AS halfvec)) AS cosine FROM pushed_objects"
    " WHERE project_id = :project AND embedding_model = :model AND id = ANY(:ids) ORDER BY cosine DESC LIMIT :depth"
)


class ObjectFilter(msgspec.Struct, frozen=True):
    """A filter of objects: names of which they must have one (None: any), and names that they must not have. The other
    fields say the same of their documents and chunks.
    """

    included: tuple[str, ...] | None = None
    excluded: tuple[str, ...] = ()
    documents: tuple[UUID, ...] | None = None
    only_chunks: tuple[UUID, ...] | None = None
    excluded_chunks: tuple[UUID, ...] = ()

    def condition(self, project_id: UUID) -> ColumnElement[bool]:
        of_active = exists().where(
            Document.project_id == project_id, Document.id == PushedObject.document_id, Document.status == "active"
        )
        found: ColumnElement[bool] = (PushedObject.project_id == project_id) & (
            PushedObject.document_id.is_(None) | of_active
        )
        if self.included is not None:
            found &= PushedObject.names.overlap(list(self.included))
        if self.excluded:
            found &= ~PushedObject.names.overlap(list(self.excluded))
        if self.documents is not None:
            found &= PushedObject.document_id.in_(self.documents)
        if self.only_chunks is not None:
            found &= PushedObject.chunks.overlap(list(self.only_chunks))
        if self.excluded_chunks:
            found &= ~PushedObject.chunks.overlap(list(self.excluded_chunks))
        return found


async def list_ids(session: AsyncSession, condition: ColumnElement[bool], limit: int) -> list[UUID]:
    """Returns at most `limit` objects that pass the condition."""
    return list(await session.scalars(select(PushedObject.id).where(condition).limit(limit)))


async def nearest(
    session: AsyncSession,
    project_id: UUID,
    ids: Sequence[UUID],
    vector: np.ndarray[Any, Any],
    fingerprint: str,
    depth: int,
) -> dict[UUID, float]:
    """Returns those of the objects with the nearest vectors of this model, nearest first, each with its cosine."""
    values = {"vector": vector_literal(vector), "project": project_id, "model": fingerprint}
    rows = await session.execute(_COSINES, values | {"ids": ids, "depth": depth})
    return {row.id: row.cosine for row in rows}


async def count_with_mean_length(session: AsyncSession, condition: ColumnElement[bool]) -> tuple[int, float]:
    """Returns (number of objects that pass the condition, their mean number of terms; 1 where there are none)."""
    query = select(func.count(), func.avg(func.cardinality(PushedObject.terms))).where(condition)
    count, mean = (await session.execute(query)).one()
    return count, float(mean or 1)


async def list_with_terms(
    session: AsyncSession, condition: ColumnElement[bool], terms: Sequence[str], limit: int
) -> list[tuple[UUID, list[str]]]:
    """Returns at most `limit` objects that have any of the terms, each with all of its terms."""
    query = select(PushedObject.id, PushedObject.terms).where(condition, PushedObject.terms.overlap(list(terms)))
    return [(row.id, row.terms) for row in await session.execute(query.limit(limit))]


async def find_with_document_names(
    session: AsyncSession, project_id: UUID, ids: Sequence[UUID]
) -> dict[UUID, tuple[PushedObject, str | None]]:
    """Returns the objects by id, each with the name of its document, None if it has none."""
    query = (
        select(PushedObject, Document.name)
        .outerjoin(Document, (Document.project_id == project_id) & (Document.id == PushedObject.document_id))
        .where(PushedObject.project_id == project_id, PushedObject.id.in_(ids))
    )
    return {row.id: (row, name) for row, name in await session.execute(query)}


async def list_origins(session: AsyncSession, condition: ColumnElement[bool]) -> Sequence[Row[list[UUID], UUID | None]]:
    """Returns the `chunks` and the `document_id` of each object that passes the condition."""
    return (await session.execute(select(PushedObject.chunks, PushedObject.document_id).where(condition))).all()
