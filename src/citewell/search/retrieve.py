"""Retrieval: words and meaning, fused; chunks with their best passage."""

import asyncio
from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import func, select

from citewell.db.engine import Database
from citewell.db.extensions import Extensions
from citewell.embedding.protocol import Embedder, speaks
from citewell.models import Chunk, Document, Passage
from citewell.search.analyse import query_terms
from citewell.search.candidates import PassageKey, by_meaning, by_words
from citewell.search.fuse import reciprocal_ranks
from citewell.search.language import detect_language

DEPTH = 100  # passages that each half brings
_MAX_LANGUAGES = 3

Mode = Literal["hybrid", "text", "semantic"]


class SearchHit(msgspec.Struct, frozen=True):
    """A chunk; `passage_start` and `passage_end` are its best passage, in characters of `content`.

    `score` is the fused one; `text_score` BM25 and `similarity` the cosine, where that half found the passage.
    """

    chunk_id: UUID
    document_id: UUID
    version_id: UUID
    document_name: str
    content: str
    passage_start: int
    passage_end: int
    min_page: int | None
    max_page: int | None
    heading_path: tuple[str, ...]
    score: float
    text_score: float | None
    similarity: float | None


class Retriever:
    def __init__(self, database: Database, embedder: Embedder | None, extensions: Extensions) -> None:
        self._database = database
        self._embedder = embedder
        self._extensions = extensions

    async def search(
        self,
        project_id: UUID,
        query: str,
        *,
        limit: int = 10,
        mode: Mode = "hybrid",
        document_ids: Sequence[UUID] | None = None,
    ) -> list[SearchHit]:
        """The project's chunks that are closest to the query, best first; only those of published versions."""
        languages = await self._languages(project_id)
        spoken = _query_language(query, languages)
        halves = await asyncio.gather(
            self._by_words(project_id, query, spoken, languages, mode, document_ids),
            self._by_meaning(project_id, query, spoken, mode, document_ids),
        )
        words, meaning = halves
        scores = reciprocal_ranks([list(half) for half in halves if half])
        best = _best_of_each_chunk(scores)[:limit]
        return await self._hits(project_id, best, scores, words, meaning)

    async def _languages(self, project_id: UUID) -> list[str]:
        """The languages of the project's passages, commonest first."""
        query = (
            select(Passage.language)
            .where(Passage.project_id == project_id)
            .group_by(Passage.language)
            .order_by(func.count().desc())
            .limit(_MAX_LANGUAGES)
        )
        async with self._database.sessions() as session:
            return list(await session.scalars(query))

    async def _by_words(
        self,
        project_id: UUID,
        query: str,
        spoken: str,
        languages: Sequence[str],
        mode: Mode,
        document_ids: Sequence[UUID] | None,
    ) -> dict[PassageKey, float]:
        # The words are analysed as the project's documents were: each language stems in its own way.
        terms = query_terms(query, languages or [spoken])
        if mode == "semantic" or not terms or not self._extensions.text_search:
            return {}
        async with self._database.sessions() as session:
            return await by_words(session, project_id, terms, DEPTH, document_ids)

    async def _by_meaning(
        self, project_id: UUID, query: str, spoken: str, mode: Mode, document_ids: Sequence[UUID] | None
    ) -> dict[PassageKey, float]:
        embedder = self._embedder
        # In a language that the model does not know its vectors only do harm.
        if mode == "text" or embedder is None or not speaks(embedder, spoken):
            return {}
        vector = (await embedder.embed([query]))[0]
        async with self._database.sessions() as session:
            return await by_meaning(session, project_id, vector, embedder.fingerprint, DEPTH, document_ids)

    async def _hits(
        self,
        project_id: UUID,
        best: Sequence[PassageKey],
        scores: dict[PassageKey, float],
        words: dict[PassageKey, float],
        meaning: dict[PassageKey, float],
    ) -> list[SearchHit]:
        keys = {chunk_id: (chunk_id, ordinal) for chunk_id, ordinal in best}
        query = (
            select(Chunk, Passage.ordinal, Passage.start_offset, Passage.end_offset, Document.name)
            .join(Passage, (Passage.project_id == Chunk.project_id) & (Passage.chunk_id == Chunk.id))
            .join(Document, (Document.project_id == Chunk.project_id) & (Document.id == Chunk.document_id))
            .where(Chunk.project_id == project_id, Passage.project_id == project_id, Chunk.id.in_(list(keys)))
            .where(Document.status == "active")
        )
        async with self._database.sessions() as session:
            rows = (await session.execute(query)).all()
        found = {}
        for chunk, ordinal, start, end, name in rows:
            key = (chunk.id, ordinal)
            if keys[chunk.id] == key:
                found[key] = _hit(chunk, name, start, end, scores[key], words.get(key), meaning.get(key))
        return [found[key] for key in best if key in found]


def _query_language(query: str, languages: Sequence[str]) -> str:
    """The query's language; the project's main one where so few words do not tell."""
    spoken = detect_language(query)
    if spoken == "unknown" and languages:
        return languages[0]
    return spoken


def _best_of_each_chunk(scores: dict[PassageKey, float]) -> list[PassageKey]:
    """Passages by falling score, one for each chunk."""
    best: dict[UUID, PassageKey] = {}
    for key in sorted(scores, key=lambda key: scores[key], reverse=True):
        best.setdefault(key[0], key)
    return list(best.values())


def _hit(
    chunk: Chunk, name: str, start: int, end: int, score: float, words: float | None, meaning: float | None
) -> SearchHit:
    return SearchHit(
        chunk_id=chunk.id,
        document_id=chunk.document_id,
        version_id=chunk.version_id,
        document_name=name,
        content=chunk.content,
        passage_start=start,
        passage_end=end,
        min_page=chunk.min_page,
        max_page=chunk.max_page,
        heading_path=tuple(chunk.heading_path),
        score=score,
        text_score=words,
        similarity=meaning,
    )
