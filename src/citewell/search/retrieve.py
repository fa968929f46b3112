"""Retrieval: words and meaning, fused; chunks with their best passage."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

import msgspec
import psycopg
from sqlalchemy import Row, event
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection

from citewell.db.engine import Database
from citewell.db.extensions import Extensions
from citewell.embedding.protocol import Embedder, speaks
from citewell.search.analyse import MAX_QUERY_CHARS, query_terms
from citewell.search.candidates import PassageKey, by_meaning, by_words, languages_of, read
from citewell.search.fuse import reciprocal_ranks
from citewell.search.language import detect_language

DEPTH = 100  # passages that each half brings
MAX_LIMIT = 100
_MAX_LANGUAGES = 4
_REMEMBER_SECONDS = 5.0
_MAX_REMEMBERED = 10_000  # projects

Mode = Literal["hybrid", "text", "semantic"]


class SearchHit(msgspec.Struct, frozen=True):
    """A chunk; `passage_start` and `passage_end` are its best passage, in characters of `content`.

    `score` is the fused one, only good for ordering. `similarity` is the cosine of its best passage to the query; None
    where that is not among the nearest, or where vectors did not take part.
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
    similarity: float | None


class Retriever:
    """Search in one project at a time. Without an embedder it goes by words alone; without the text index, by
    meaning alone."""

    def __init__(self, database: Database, embedder: Embedder | None, extensions: Extensions) -> None:
        self._engine = database.alone
        self._languages: dict[UUID, tuple[float, list[str]]] = {}
        self._embedder = embedder
        self._has_words = extensions.text_search
        event.listen(database.engine.sync_engine, "connect", _configure_vector_scans)

    async def search(
        self,
        project_id: UUID,
        query: str,
        *,
        limit: int = 10,
        mode: Mode = "hybrid",
        document_ids: Sequence[UUID] | None = None,
    ) -> list[SearchHit]:
        """The project's chunks that are closest to the query, best first; only those of published versions.

        `document_ids` narrows the search to these documents; an empty sequence finds nothing.
        """
        query = query[:MAX_QUERY_CHARS].encode("utf-8", "replace").decode()
        if not query.strip() or (document_ids is not None and not document_ids):
            return []
        language = detect_language(query)
        with_words, with_meaning = self._halves(mode, language)
        try:
            words, meaning = await asyncio.gather(
                self._by_words(project_id, query, language, document_ids, wanted=with_words),
                self._by_meaning(project_id, query, document_ids, wanted=with_meaning),
            )
            best = _fuse(words, list(meaning))[: min(limit, MAX_LIMIT)]
            return await self._hits(project_id, best, meaning) if best else []
        except ProgrammingError as error:
            if isinstance(error.orig, psycopg.errors.UndefinedTable):
                return []  # the project was deleted in the meantime
            raise

    def _halves(self, mode: Mode, language: str) -> tuple[bool, bool]:
        """Whether to search by words, and by meaning. In a language that the model does not know, its vectors only
        do harm: then words stand in for them."""
        if self._embedder is None:
            return self._has_words, False
        if not self._has_words:
            return False, True
        meaning = mode != "text" and speaks(self._embedder, language)
        return mode != "semantic" or not meaning, meaning

    async def _by_words(
        self, project_id: UUID, query: str, language: str, document_ids: Sequence[UUID] | None, *, wanted: bool
    ) -> list[PassageKey]:
        if not wanted:
            return []
        async with self._engine.connect() as connection:
            languages = _query_languages(language, await self._languages_of(connection, project_id))
            terms = query_terms(query, languages)
            return await by_words(connection, project_id, terms, DEPTH, document_ids) if terms else []

    async def _languages_of(self, connection: AsyncConnection, project_id: UUID) -> list[str]:
        """The project's languages as they were a few seconds ago: they hardly ever change."""
        now = time.monotonic()
        known = self._languages.get(project_id)
        if known is not None and known[0] > now:
            return known[1]
        if len(self._languages) >= _MAX_REMEMBERED:
            self._languages.clear()
        found = await languages_of(connection, project_id)
        if found:  # the first documents of a project are found at once
            self._languages[project_id] = (now + _REMEMBER_SECONDS, found)
        return found

    async def _by_meaning(
        self, project_id: UUID, query: str, document_ids: Sequence[UUID] | None, *, wanted: bool
    ) -> dict[PassageKey, float]:
        if not wanted or self._embedder is None:
            return {}
        vector = (await self._embedder.embed([query]))[0]
        async with self._engine.connect() as connection:
            fingerprint = self._embedder.fingerprint
            return await by_meaning(connection, project_id, vector, fingerprint, DEPTH, document_ids)

    async def _hits(
        self, project_id: UUID, best: Sequence[tuple[PassageKey, float]], similarities: dict[PassageKey, float]
    ) -> list[SearchHit]:
        async with self._engine.connect() as connection:
            rows = await read(connection, project_id, [key for key, _ in best])
        found = {(row.id, row.ordinal): row for row in rows}
        return [_hit(found[key], score, similarities.get(key)) for key, score in best if key in found]


def _configure_vector_scans(connection: Any, _: Any) -> None:
    """An HNSW scan must bring DEPTH rows, and look further where a filter leaves too few."""
    cursor = connection.cursor()
    cursor.execute(f"SET hnsw.ef_search = {DEPTH + DEPTH // 2}")
    cursor.execute("SET hnsw.iterative_scan = strict_order")
    cursor.close()
    connection.commit()


def _query_languages(language: str, present: Sequence[str]) -> list[str]:
    """The languages to analyse a query in: its own first, then the others of the project.

    Every document is found by the stems of its own language, whatever language the query seems to be in; a name is
    stemmed by its document's language, not by the query's. With one language in the project there is no choice to make.
    """
    own_first = sorted(present, key=lambda code: code != language)
    return own_first[:_MAX_LANGUAGES] or [language]


def _fuse(*rankings: Sequence[PassageKey]) -> list[tuple[PassageKey, float]]:
    """The best passage of every chunk, and the chunk's score, best first.

    Chunks are fused, not passages: two halves that find different passages of a chunk agree on the chunk.
    """
    passages = reciprocal_ranks(rankings)
    chunks = reciprocal_ranks([list(dict.fromkeys(chunk for chunk, _ in ranking)) for ranking in rankings])
    best: dict[UUID, PassageKey] = {}
    for key in sorted(passages, key=passages.__getitem__, reverse=True):
        best.setdefault(key[0], key)
    return [(best[chunk], chunks[chunk]) for chunk in sorted(chunks, key=chunks.__getitem__, reverse=True)]


def _hit(row: Row[Any], score: float, similarity: float | None) -> SearchHit:
    return SearchHit(
        chunk_id=row.id,
        document_id=row.document_id,
        version_id=row.version_id,
        document_name=row.name,
        content=row.content,
        passage_start=row.start_offset,
        passage_end=row.end_offset,
        min_page=row.min_page,
        max_page=row.max_page,
        heading_path=tuple(row.heading_path),
        score=score,
        similarity=similarity,
    )
