"""The two halves of a search, each a query on the project's own partition."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.partitions import text_index_name
from citewell.models.passage import partition_name, vector_literal

PassageKey = tuple[UUID, int]  # chunk and ordinal


def _filter(document_ids: Sequence[UUID] | None) -> str:
    return " AND document_id = ANY(:documents)" if document_ids is not None else ""


def _parameters(document_ids: Sequence[UUID] | None, **more: Any) -> dict[str, Any]:
    return more if document_ids is None else more | {"documents": list(document_ids)}


async def by_words(
    session: AsyncSession, project_id: UUID, terms: Sequence[str], depth: int, documents: Sequence[UUID] | None
) -> dict[PassageKey, float]:
    """Passages with any of the terms by BM25, best first. The score is positive, higher is better."""
    index = text_index_name(project_id)
    score = f"content <@> to_bm25query(:query, '{index}')"
    statement: TextClause = text(
        f"SELECT chunk_id, ordinal, -({score}) FROM {partition_name(project_id)}"  # noqa: S608
        f" WHERE ({score}) < 0{_filter(documents)} ORDER BY {score} LIMIT :depth"
    )
    found = await session.execute(statement, _parameters(documents, query=" ".join(terms), depth=depth))
    return {(row[0], row[1]): float(row[2]) for row in found}


async def by_meaning(
    session: AsyncSession,
    project_id: UUID,
    vector: np.ndarray[Any, Any],
    fingerprint: str,
    depth: int,
    documents: Sequence[UUID] | None,
) -> dict[PassageKey, float]:
    """Passages whose vectors are nearest, best first, with their cosine to the query."""
    dimensions = len(vector)
    distance = f"embedding::halfvec({dimensions}) <=> CAST(:vector AS halfvec({dimensions}))"
    statement = text(
        f"SELECT chunk_id, ordinal, 1 - ({distance}) FROM {partition_name(project_id)}"  # noqa: S608
        f" WHERE embedding_model = :model{_filter(documents)} ORDER BY {distance} LIMIT :depth"
    )
    parameters = _parameters(documents, vector=vector_literal(vector), model=fingerprint, depth=depth)
    found = await session.execute(statement, parameters)
    return {(row[0], row[1]): float(row[2]) for row in found}
