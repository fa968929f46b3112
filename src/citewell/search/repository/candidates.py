"""Passages by words, passages by meaning, and what both need to know of them.

Each function sends one statement to the project's own partition. It names the partition, not the parent table, so that
the planner does not look at the partitions of other projects.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import numpy as np
import psycopg

from citewell.db.direct import DirectConnection, fetch
from citewell.db.partitions import text_index_name
from citewell.models.passage import partition_name, vector_literal
from citewell.search.filters import EVERYTHING, SearchFilter
from citewell.search.repository.filtering import conditions_of, parameters_of

PassageKey = tuple[UUID, int]  # chunk and ordinal


async def set_parameters(connection: psycopg.AsyncConnection[Any], parameters: Mapping[str, str]) -> None:
    """Set parameters of the database session, such as those of vector scans."""
    for name, value in parameters.items():
        await connection.execute(f"SET {name} = {value}".encode())


async def languages_of(connection: DirectConnection, project_id: UUID) -> list[str]:
    """Returns the languages of the project's passages.

    Jumps from language to language in the index, so the size of the project does not matter.
    """
    table = partition_name(project_id)
    statement = (
        f"WITH RECURSIVE found AS ((SELECT language FROM {table} WHERE project_id = %(project)s"  # noqa: S608
        " ORDER BY language LIMIT 1) UNION ALL"
        f" SELECT (SELECT language FROM {table} WHERE project_id = %(project)s AND language > found.language"
        " ORDER BY language LIMIT 1) FROM found WHERE found.language IS NOT NULL)"
        " SELECT language FROM found WHERE language IS NOT NULL"
    )
    return [row[0] for row in await fetch(connection, statement, {"project": project_id})]


async def by_words(
    connection: DirectConnection,
    project_id: UUID,
    terms: Sequence[str],
    depth: int,
    narrowed: SearchFilter = EVERYTHING,
) -> list[PassageKey]:
    """Returns the project's own passages with any of the terms by BM25, best first.

    An index scan brings only passages with a term. With a filter, the planner may instead sort the few passages that
    pass it, so passages without a term (score 0) are dropped afterwards. This is done only with a filter, because a
    score among the columns is computed a second time for each row.
    """
    if narrowed.is_narrow:
        statement = (
            "SELECT chunk_id, ordinal FROM"  # noqa: S608
            f" (SELECT chunk_id, ordinal, {_score(project_id)} AS score FROM {partition_name(project_id)}"
            f" WHERE {conditions_of(narrowed)} ORDER BY score LIMIT {depth:d}) ranked"
            " WHERE score < 0 ORDER BY score"
        )
    else:
        statement = (
            f"SELECT chunk_id, ordinal FROM {partition_name(project_id)} WHERE local_to IS NULL"  # noqa: S608
            # Until its first statistics a small partition is sorted instead of scanned, which brings passages without a
            # term.
            " AND string_to_array(content, ' ') && CAST(%(terms)s AS text[])"
            f" ORDER BY {_score(project_id)} LIMIT {depth:d}"
        )
    values = parameters_of(narrowed) | {"query": " ".join(terms), "terms": list(terms)}
    found = await fetch(connection, statement, values)
    return [(row[0], row[1]) for row in found]


async def scores_of(
    connection: DirectConnection, project_id: UUID, terms: Sequence[str], passages: Sequence[PassageKey]
) -> dict[PassageKey, float]:
    """Returns the BM25 scores of some passages; higher is better."""
    statement = (
        f"SELECT p.chunk_id, p.ordinal, -({_score(project_id)}) FROM"  # noqa: S608
        " unnest(CAST(%(chunks)s AS uuid[]), CAST(%(ordinals)s AS int[])) AS k (chunk_id, ordinal)"
        f"{_passage(project_id, 'p', 'ordinal')}"
    )
    parameters = {
        "query": " ".join(terms),
        "project": project_id,
        "chunks": [chunk_id for chunk_id, _ in passages],
        "ordinals": [ordinal for _, ordinal in passages],
    }
    return {(row[0], row[1]): row[2] for row in await fetch(connection, statement, parameters)}


def _score(project_id: UUID) -> str:
    return f"content <@> to_bm25query(%(query)s, '{text_index_name(project_id)}')"


class Nearness(NamedTuple):
    """The cosine of a passage to the query, and to the passage that is nearest to the query."""

    cosine: float
    to_nearest: float


async def by_meaning(
    connection: DirectConnection,
    project_id: UUID,
    vector: np.ndarray[Any, Any],
    fingerprint: str,
    depth: int,
    narrowed: SearchFilter = EVERYTHING,
    breadth: int | None = None,
) -> dict[PassageKey, Nearness]:
    """Returns the passages with the nearest vectors, best first.

    `breadth` overrides the connection's `hnsw.ef_search`, the number of candidates that an index scan keeps. A larger
    one finds more of the nearest passages and takes longer.
    """
    size = len(vector)
    asked = f"CAST(%(vector)s AS halfvec({size}))"
    distance = f"embedding::halfvec({size}) <=> {asked}"
    nearest = (
        f"SELECT chunk_id, ordinal, embedding::halfvec({size}), {distance} AS distance"  # noqa: S608
        f" FROM {partition_name(project_id)}"
    )

    def best(*, local: bool) -> str:
        conditions = f"embedding_model = %(model)s AND {conditions_of(narrowed, local=local)}"
        return f"{nearest} WHERE {conditions} ORDER BY {distance} LIMIT {depth:d}"

    found = best(local=False)
    if narrowed.local_to:
        # Two queries, so that each can use its own index.
        both = f"({found}) UNION ALL ({best(local=True)})"
        found = f"SELECT * FROM ({both}) AS both_found ORDER BY distance LIMIT {depth:d}"  # noqa: S608
    statement = (
        "SELECT chunk_id, ordinal, 1 - distance AS cosine, 1 - (embedding <=> first_value(embedding)"  # noqa: S608
        f" OVER (ORDER BY distance)) AS to_nearest FROM ({found}) AS found ORDER BY distance"
    )
    values = parameters_of(narrowed) | {"vector": vector_literal(vector), "model": fingerprint}
    if breadth is None:
        rows = await fetch(connection, statement, values)
    else:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL hnsw.ef_search = {breadth:d}")
            rows = await fetch(connection, statement, values)
    return {(row[0], row[1]): Nearness(row[2], row[3]) for row in rows}


class Facts(NamedTuple):
    """The document of a chunk, and the language of that document."""

    document_id: UUID
    language: str


async def facts_of(connection: DirectConnection, project_id: UUID, chunks: Sequence[UUID]) -> dict[UUID, Facts]:
    statement = (
        "SELECT p.chunk_id, p.document_id, p.language FROM unnest(CAST(%(chunks)s AS uuid[])) AS k (chunk_id)"  # noqa: S608
        f" JOIN LATERAL (SELECT chunk_id, document_id, language FROM {partition_name(project_id)}"
        " WHERE project_id = %(project)s AND chunk_id = k.chunk_id LIMIT 1) p ON true"
    )
    rows = await fetch(connection, statement, {"project": project_id, "chunks": list(chunks)})
    return {row[0]: Facts(row[1], row[2]) for row in rows}


async def coverage_of(
    connection: DirectConnection, project_id: UUID, terms: Sequence[str], passages: Sequence[PassageKey]
) -> dict[PassageKey, int]:
    """Returns how many of the terms each passage has."""
    statement = (
        "SELECT p.chunk_id, p.ordinal, (SELECT count(DISTINCT word) FROM"  # noqa: S608
        " unnest(string_to_array(p.content, ' ')) AS word WHERE word = ANY(%(terms)s)) FROM"
        " unnest(CAST(%(chunks)s AS uuid[]), CAST(%(ordinals)s AS int[])) AS k (chunk_id, ordinal)"
        f"{_passage(project_id, 'p', 'ordinal')}"
    )
    parameters = {
        "terms": list(terms),
        "project": project_id,
        "chunks": [chunk_id for chunk_id, _ in passages],
        "ordinals": [ordinal for _, ordinal in passages],
    }
    return {(row[0], row[1]): row[2] for row in await fetch(connection, statement, parameters)}


async def texts_of(
    connection: DirectConnection, project_id: UUID, passages: Sequence[PassageKey]
) -> dict[PassageKey, tuple[str, str]]:
    """Returns each passage as (its text in the chunk, its analysed text with the context that is indexed in front
    of it).
    """
    statement = (
        "SELECT p.chunk_id, p.ordinal, substring(c.content FROM p.start_offset + 1 FOR p.end_offset - p.start_offset),"  # noqa: S608
        " p.content FROM unnest(CAST(%(chunks)s AS uuid[]), CAST(%(ordinals)s AS int[])) AS k (chunk_id, ordinal)"
        f"{_passage(project_id, 'p', 'ordinal')}"
        " JOIN chunks c ON c.project_id = %(project)s AND c.id = k.chunk_id"
    )
    parameters = {
        "project": project_id,
        "chunks": [chunk_id for chunk_id, _ in passages],
        "ordinals": [ordinal for _, ordinal in passages],
    }
    return {(row[0], row[1]): (row[2], row[3]) for row in await fetch(connection, statement, parameters)}


async def size_of(connection: DirectConnection, project_id: UUID) -> int:
    """About how many passages the project has, by the database's last statistics; 0 before the first ones."""
    statement = "SELECT greatest(reltuples, 0)::int FROM pg_class WHERE oid = to_regclass(%(table)s)"
    rows = await fetch(connection, statement, {"table": partition_name(project_id)})
    return int(rows[0][0]) if rows else 0


class Span(msgspec.Struct, frozen=True):
    """A chunk's best passage (`ordinal`), and the ordinals of the first and last passage that are shown with it."""

    chunk_id: UUID
    ordinal: int
    first: int
    last: int


async def read(connection: DirectConnection, project_id: UUID, spans: Sequence[Span]) -> Sequence[Any]:
    """Returns the passages with their chunks and documents; passages of documents that are not live are left out.

    The BM25 score is not read: it is costly outside of an index scan.
    """
    statement = (
        "SELECT c.id, c.ordinal, c.document_id, c.version_id, d.name, c.content,"  # noqa: S608
        " p.start_offset, p.end_offset, p.best_start, p.best_end,"
        " c.min_page, c.max_page, c.heading_path, c.blocks::text AS blocks"
        " FROM unnest(CAST(%(chunks)s AS uuid[]), CAST(%(ordinals)s AS int[]), CAST(%(firsts)s AS int[]),"
        " CAST(%(lasts)s AS int[])) AS k (chunk_id, ordinal, first, last)"
        # Names the partition once: with a join for each of the three passages, planning took 1 ms and executing .4.
        " JOIN LATERAL (SELECT min(start_offset) FILTER (WHERE ordinal = k.first) AS start_offset,"
        " min(end_offset) FILTER (WHERE ordinal = k.last) AS end_offset,"
        " min(start_offset) FILTER (WHERE ordinal = k.ordinal) AS best_start,"
        " min(end_offset) FILTER (WHERE ordinal = k.ordinal) AS best_end"
        f" FROM {partition_name(project_id)} WHERE project_id = %(project)s AND chunk_id = k.chunk_id"
        " AND ordinal IN (k.first, k.ordinal, k.last)) p"
        " ON p.start_offset IS NOT NULL AND p.end_offset IS NOT NULL AND p.best_start IS NOT NULL"
        # OFFSET 0 keeps the planner from joining earlier: with stale statistics it would read all documents for each
        # row.
        " JOIN LATERAL (SELECT * FROM chunks WHERE project_id = %(project)s AND id = k.chunk_id OFFSET 0) c ON true"
        " JOIN LATERAL (SELECT name, status FROM documents WHERE project_id = %(project)s AND id = c.document_id"
        " OFFSET 0) d ON d.status = 'active'"
    )
    parameters: dict[str, Any] = {
        "project": project_id,
        "chunks": [span.chunk_id for span in spans],
        "ordinals": [span.ordinal for span in spans],
        "firsts": [span.first for span in spans],
        "lasts": [span.last for span in spans],
    }
    return await fetch(connection, statement, parameters)


def _passage(project_id: UUID, alias: str, ordinal: str) -> str:
    return (
        f" JOIN {partition_name(project_id)} {alias} ON {alias}.project_id = %(project)s"
        f" AND {alias}.chunk_id = k.chunk_id AND {alias}.ordinal = k.{ordinal}"
    )
