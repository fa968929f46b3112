"""Searches objects by words, by meaning, or by both. A push creates the searched rows (`PushedObject`)."""

import asyncio
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, exists, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.partitions import BM25_B, BM25_K1
from citewell.models import Chunk, Document, PushedObject
from citewell.models.passage import vector_literal
from citewell.resources import Resources
from citewell.retrieval.schemas import ObjectChoice
from citewell.search.analyse import query_terms
from citewell.search.fuse import ranks_and_cosines, reciprocal_ranks
from citewell.search.language import detect_language
from citewell.search.retrieve import Mode

DEPTH = 100  # objects that each search brings
_MOST_WITH_TERMS = 20_000  # objects that are ranked by words
_COSINES = text(
    "SELECT id, 1 - (embedding <=> CAST(:vector AS halfvec)) AS cosine FROM pushed_objects"
    " WHERE project_id = :project AND embedding_model = :model AND id = ANY(:ids) ORDER BY cosine DESC LIMIT :depth"
)


class ObjectHit(msgspec.Struct, frozen=True):
    """A found object. `chunks` are the chunks that it was extracted from; `score` only orders."""

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


class ObjectFilter(msgspec.Struct, frozen=True):
    """A filter: names of which objects must have one (None: any), and names that they must not have; the same for their
    documents and chunks."""

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
    """The project's objects that match the query best, best first."""
    condition = (wanted or ObjectFilter()).condition(project_id)
    embedder = resources.embedder if mode != "text" else None
    vector = await embedder.embed_query(query) if embedder is not None and embedder.is_ready else None
    async with resources.database.read() as session:
        ids = list(await session.scalars(select(PushedObject.id).where(condition).limit(_MOST_WITH_TERMS)))
        if not ids:
            return []
        cosines: dict[UUID, float] = {}
        if vector is not None and embedder is not None:
            values = {"vector": vector_literal(vector), "project": project_id, "model": embedder.fingerprint}
            rows = await session.execute(_COSINES, values | {"ids": ids, "depth": DEPTH})
            cosines = {row.id: row.cosine for row in rows}
        words = [] if mode == "semantic" and cosines else await _by_words(session, condition, query)
        scores = reciprocal_ranks([words, list(cosines)], rrf_k) if rrf_k else ranks_and_cosines(words, cosines)
        best = sorted(scores, key=lambda one: (-scores[one], str(one)))[:limit]
        return await _hits(session, project_id, best, scores, cosines)


async def _by_words(session: AsyncSession, condition: ColumnElement[bool], query: str) -> list[UUID]:
    """The objects with any of the query's terms, by BM25."""
    terms = query_terms(query, list(dict.fromkeys([detect_language(query), "en"])))
    if not terms:
        return []
    count, mean = (await session.execute(_lengths(condition))).one()
    found = select(PushedObject.id, PushedObject.terms).where(condition, PushedObject.terms.overlap(list(terms)))
    rows = (await session.execute(found.limit(_MOST_WITH_TERMS))).all()
    # In a thread: it scores thousands of lists of words.
    return await asyncio.to_thread(_ranked, [(row.id, row.terms) for row in rows], terms, count, float(mean or 1))


def _ranked(rows: Sequence[tuple[UUID, list[str]]], terms: Sequence[str], count: int, mean: float) -> list[UUID]:
    """The objects with the best BM25 scores, best first; `count` is the number of all objects, `mean` their mean
    length."""
    counted = {one: Counter(words) for one, words in rows}
    holding = Counter(term for counts in counted.values() for term in set(terms) & counts.keys())
    weights = {term: math.log(1 + (count - n + 0.5) / (n + 0.5)) for term, n in holding.items()}
    scores = {one: _bm25(counts, weights, mean) for one, counts in counted.items()}
    return sorted(scores, key=lambda one: (-scores[one], str(one)))[:DEPTH]


def _lengths(condition: ColumnElement[bool]) -> Any:
    return select(func.count(), func.avg(func.cardinality(PushedObject.terms))).where(condition)


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
    query = (
        select(PushedObject, Document.name)
        .outerjoin(Document, (Document.project_id == project_id) & (Document.id == PushedObject.document_id))
        .where(PushedObject.project_id == project_id, PushedObject.id.in_(ids))
    )
    rows = {row.id: (row, name) for row, name in await session.execute(query)}
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
    """The object as a search result; `reference` is the base of links to the chunk that it was extracted from."""
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
    """The chunks that the objects were extracted from; all chunks of the document if an object does not say."""
    condition = ObjectFilter(names_in(choices)).condition(project_id)
    rows = list(await session.execute(select(PushedObject.chunks, PushedObject.document_id).where(condition)))
    found = {chunk for row in rows for chunk in row.chunks}
    if whole := {row.document_id for row in rows if not row.chunks and row.document_id is not None}:
        query = select(Chunk.id).join(Document, Document.live_version_id == Chunk.version_id)
        found |= set(await session.scalars(query.where(Chunk.project_id == project_id, Document.id.in_(whole))))
    return found
