"""Searches objects by words, by meaning, or by both. A push creates the searched rows (`PushedObject`)."""

import asyncio
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.partitions import BM25_B, BM25_K1
from citewell.resources import Resources
from citewell.retrieval.repository import chunks, objects
from citewell.retrieval.repository.objects import ObjectFilter
from citewell.retrieval.schemas import ObjectChoice
from citewell.search.analyse import query_terms
from citewell.search.fuse import ranks_and_cosines, reciprocal_ranks
from citewell.search.language import detect_language
from citewell.search.retrieve import Mode

DEPTH = 100  # objects that each of both searches returns
_MOST_WITH_TERMS = 20_000  # objects that are ranked by words at most


class ObjectHit(msgspec.Struct, frozen=True):
    """A found object. `chunks` are the chunks that it was extracted from. `score` is only good for ordering."""

    object_id: str
    name: str
    content: str
    document_id: UUID | None
    document_name: str
    min_page: int | None
    max_page: int | None
    chunks: list[UUID]
    score: float
    similarity: float | None


def names_in(choices: Sequence[ObjectChoice]) -> tuple[str, ...]:
    return tuple(name.casefold() for choice in choices for name in choice.names)


async def search_objects(
    resources: Resources,
    project_id: UUID,
    query: str,
    limit: int,
    mode: Mode = "hybrid",
    wanted: ObjectFilter | None = None,
    rrf_k: int | None = None,
) -> list[ObjectHit]:
    """Returns the project's objects that match the query best, best first, at most `limit`."""
    condition = (wanted or ObjectFilter()).condition(project_id)
    embedder = resources.embedder if mode != "text" else None
    vector = await embedder.embed_query(query) if embedder is not None and embedder.is_ready else None
    async with resources.database.read() as session:
        ids = await objects.list_ids(session, condition, _MOST_WITH_TERMS)
        if not ids:
            return []
        cosines: dict[UUID, float] = {}
        if vector is not None and embedder is not None:
            cosines = await objects.nearest(session, project_id, ids, vector, embedder.fingerprint, DEPTH)
        words = [] if mode == "semantic" and cosines else await _by_words(session, condition, query)
        scores = reciprocal_ranks([words, list(cosines)], rrf_k) if rrf_k else ranks_and_cosines(words, cosines)
        best = sorted(scores, key=lambda one: (-scores[one], str(one)))[:limit]
        return await _hits(session, project_id, best, scores, cosines)


async def _by_words(session: AsyncSession, condition: ColumnElement[bool], query: str) -> list[UUID]:
    """Returns the objects with any of the query's terms, by BM25, best first, at most DEPTH."""
    terms = query_terms(query, list(dict.fromkeys([detect_language(query), "en"])))
    if not terms:
        return []
    count, mean = await objects.count_with_mean_length(session, condition)
    rows = await objects.list_with_terms(session, condition, terms, _MOST_WITH_TERMS)
    # In a thread: scoring thousands of lists of words would block the event loop.
    return await asyncio.to_thread(_ranked, rows, terms, count, mean)


def _ranked(rows: Sequence[tuple[UUID, list[str]]], terms: Sequence[str], count: int, mean: float) -> list[UUID]:
    """Returns the objects with the best BM25 scores, best first.

    `count` is the number of all objects, `mean` their mean number of terms.
    """
    counted = {one: Counter(words) for one, words in rows}
    holding = Counter(term for counts in counted.values() for term in set(terms) & counts.keys())
    weights = {term: math.log(1 + (count - n + 0.5) / (n + 0.5)) for term, n in holding.items()}
    scores = {one: _bm25(counts, weights, mean) for one, counts in counted.items()}
    return sorted(scores, key=lambda one: (-scores[one], str(one)))[:DEPTH]


def _bm25(counts: Mapping[str, int], weights: Mapping[str, float], mean: float) -> float:
    length = sum(counts.values())
    share = BM25_K1 * (1 - BM25_B + BM25_B * length / mean)
    found = ((counts[term], weight) for term, weight in weights.items() if term in counts)
    return sum(weight * n * (BM25_K1 + 1) / (n + share) for n, weight in found)


async def _hits(
    session: AsyncSession,
    project_id: UUID,
    ids: Sequence[UUID],
    scores: Mapping[UUID, float],
    cosines: Mapping[UUID, float],
) -> list[ObjectHit]:
    rows = await objects.find_with_document_names(session, project_id, ids)
    found = [rows[one] for one in ids if one in rows]
    return [
        ObjectHit(
            row.object_id,
            row.name,
            row.content,
            row.document_id,
            name or "",
            row.min_page,
            row.max_page,
            row.chunks,
            scores[row.id],
            cosines.get(row.id),
        )
        for row, name in found
    ]


def object_to_wire(hit: ObjectHit, reference: str) -> dict[str, Any]:
    """Returns the object as a search result.

    `reference` is the base of links to the chunk that it was extracted from.
    """
    return {
        "uuid": hit.object_id,
        "object_id": hit.object_id,
        "type": "object",
        "chunk_ids": hit.chunks,
        "content": hit.content,
        "name": hit.name,
        "document_id": hit.document_id,
        "document_name": hit.document_name,
        "reference_url": f"{reference}/{hit.chunks[0]}" if hit.chunks else "",
        "score": hit.score,
        "similarity": hit.similarity,
        "passage": hit.content,
        "min_page": hit.min_page,
        "max_page": hit.max_page,
        "place": None,
        "heading_path": [],
    }


async def chunks_of_objects(session: AsyncSession, project_id: UUID, choices: Sequence[ObjectChoice]) -> set[UUID]:
    """Returns the chunks that the objects were extracted from. For an object without chunks, all of its document's."""
    condition = ObjectFilter(names_in(choices)).condition(project_id)
    rows = await objects.list_origins(session, condition)
    found = {chunk for row in rows for chunk in row.chunks}
    if whole := {row.document_id for row in rows if not row.chunks and row.document_id is not None}:
        found |= await chunks.live_chunks_of(session, project_id, whole)
    return found
