"""The two halves of a search and what surrounds them, each one statement on the project's own partition.

The partition is named rather than found through its parent: planning does not have to look at those of other projects.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from citewell.db.partitions import text_index_name
from citewell.models.passage import partition_name, vector_literal
from citewell.search.filters import EVERYTHING, SearchFilter

PassageKey = tuple[UUID, int]  # chunk and ordinal


async def languages_of(connection: AsyncConnection, project_id: UUID) -> list[str]:
    """The languages of the project's passages. Jumps along the index, so it costs the same in a project of any size."""
    table = partition_name(project_id)
    statement = text(
        f"WITH RECURSIVE found AS ((SELECT language FROM {table} WHERE project_id = :project"  # noqa: S608
        " ORDER BY language LIMIT 1) UNION ALL"
        f" SELECT (SELECT language FROM {table} WHERE project_id = :project AND language > found.language"
        " ORDER BY language LIMIT 1) FROM found WHERE found.language IS NOT NULL)"
        " SELECT language FROM found WHERE language IS NOT NULL"
    )
    return list(await connection.scalars(statement, {"project": project_id}))


async def by_words(
    connection: AsyncConnection,
    project_id: UUID,
    terms: Sequence[str],
    depth: int,
    narrowed: SearchFilter = EVERYTHING,
) -> list[PassageKey]:
    """Passages with any of the terms by BM25, best first.

    An index scan brings only passages with a term. With a filter the planner may sort the few passages that pass it
    instead, so there those without a term are left out; not always, because a score in the list of columns is worked
    out a second time, text by text.
    """
    table, score = partition_name(project_id), f"content <@> to_bm25query(:query, '{text_index_name(project_id)}')"
    conditions = narrowed.conditions()
    if not conditions:
        statement = f"SELECT chunk_id, ordinal FROM {table} ORDER BY {score} LIMIT {depth:d}"  # noqa: S608
    else:
        statement = (
            "SELECT chunk_id, ordinal FROM"  # noqa: S608
            f" (SELECT chunk_id, ordinal, {score} AS score FROM {table} WHERE {' AND '.join(conditions)}"
            f" ORDER BY score LIMIT {depth:d}) ranked WHERE score < 0 ORDER BY score"
        )
    found = await connection.execute(text(statement), narrowed.parameters() | {"query": " ".join(terms)})
    return [(row[0], row[1]) for row in found]


async def by_meaning(
    connection: AsyncConnection,
    project_id: UUID,
    vector: np.ndarray[Any, Any],
    fingerprint: str,
    depth: int,
    narrowed: SearchFilter = EVERYTHING,
) -> list[PassageKey]:
    """Passages whose vectors are nearest by cosine, best first."""
    size = len(vector)
    conditions = ["embedding_model = :model", *narrowed.conditions()]
    statement = text(
        f"SELECT chunk_id, ordinal FROM {partition_name(project_id)} WHERE {' AND '.join(conditions)}"  # noqa: S608
        f" ORDER BY embedding::halfvec({size}) <=> CAST(:vector AS halfvec({size})) LIMIT {depth:d}"
    )
    values = narrowed.parameters() | {"vector": vector_literal(vector), "model": fingerprint}
    return [(row[0], row[1]) for row in await connection.execute(statement, values)]


@dataclass(frozen=True)
class Span:
    """A chunk's best passage, and the first and last ordinal of the passages that are shown with it."""

    chunk_id: UUID
    ordinal: int
    first: int
    last: int


async def read(
    connection: AsyncConnection,
    project_id: UUID,
    spans: Sequence[Span],
    terms: Sequence[str],
    vector: np.ndarray[Any, Any] | None,
    fingerprint: str,
) -> Sequence[Row[Any]]:
    """The passages with their chunks and documents, if those are live, and how close each is to the query."""
    words, meaning = "NULL::float8", "NULL::float8"
    if terms:
        words = f"-(p.content <@> to_bm25query(:query, '{text_index_name(project_id)}'))"
    if vector is not None:
        distance = f"p.embedding::halfvec({len(vector)}) <=> CAST(:vector AS halfvec({len(vector)}))"
        meaning = f"CASE WHEN p.embedding_model = :model THEN 1 - ({distance}) END"
    statement = text(
        "SELECT c.id, c.ordinal, c.document_id, c.version_id, d.name, c.content,"  # noqa: S608
        " opening.start_offset, closing.end_offset, p.start_offset AS best_start, p.end_offset AS best_end,"
        f" c.min_page, c.max_page, c.heading_path, {words} AS text_score, {meaning} AS similarity"
        " FROM unnest(CAST(:chunks AS uuid[]), CAST(:ordinals AS int[]), CAST(:firsts AS int[]),"
        " CAST(:lasts AS int[])) AS k (chunk_id, ordinal, first, last)"
        f"{_passage(project_id, 'p', 'ordinal')}{_passage(project_id, 'opening', 'first')}"
        f"{_passage(project_id, 'closing', 'last')}"
        " JOIN chunks c ON c.project_id = :project AND c.id = k.chunk_id"
        " JOIN documents d ON d.project_id = :project AND d.id = c.document_id AND d.status = 'active'"
    )
    parameters: dict[str, Any] = {
        "project": project_id,
        "chunks": [span.chunk_id for span in spans],
        "ordinals": [span.ordinal for span in spans],
        "firsts": [span.first for span in spans],
        "lasts": [span.last for span in spans],
    }
    if terms:
        parameters["query"] = " ".join(terms)
    if vector is not None:
        parameters |= {"vector": vector_literal(vector), "model": fingerprint}
    return (await connection.execute(statement, parameters)).all()


def _passage(project_id: UUID, alias: str, ordinal: str) -> str:
    return (
        f" JOIN {partition_name(project_id)} {alias} ON {alias}.project_id = :project"
        f" AND {alias}.chunk_id = k.chunk_id AND {alias}.ordinal = k.{ordinal}"
    )
