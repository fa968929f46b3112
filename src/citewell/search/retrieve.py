"""Retrieval: searches by words and by meaning, fuses both rankings, and returns chunks with their best passage."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from uuid import UUID

import msgspec
import numpy as np
import psycopg
import structlog

from citewell.db.direct import DirectConnection, repeated
from citewell.db.engine import Database
from citewell.db.recovery import TextIndexes
from citewell.embedding.protocol import Embedder, Vectors, speaks
from citewell.errors import Unavailable
from citewell.kit.metrics import MODEL_ERRORS, SEARCH_SECONDS, timed
from citewell.search.analyse import MAX_QUERY_CHARS, query_terms
from citewell.search.asking import topic
from citewell.search.duplicates import Seen
from citewell.search.figures import Wanted, by_chunk, wanted_figures
from citewell.search.filters import EVERYTHING, SearchFilter
from citewell.search.focus import Focused, Weights, best_named
from citewell.search.fuse import Fusion
from citewell.search.hits import SearchHit, spread
from citewell.search.language import UNKNOWN, detect_language
from citewell.search.phrases import may_quote, phrases
from citewell.search.project_facts import DEPTH, ProjectFacts, configure_vector_scans, query_languages
from citewell.search.repository.candidates import (
    Facts,
    PassageKey,
    by_meaning,
    coverage_of,
    facts_of,
    read,
    texts_of,
)
from citewell.search.title_cache import TitleCache
from citewell.search.words import rank_words

log = structlog.get_logger(__name__)

MAX_DEPTH = 12_500  # the most, if fewer give too few chunks
_DEPTH_WITHIN = 30  # passages that each half brings from the documents that a query names
_DEPTH_ROWS = 40  # passages that are searched for rows with the asked figures
_FOREIGN_WORDS = 0.5  # the most that words count in another language than the query
_FEEDBACK = 0.1  # weight of the cosine to the nearest passage (benchmarks/README.md has the measurements)
_SPARE = 4  # chunks that are read in addition, because some may be duplicates
_BESIDE = 8  # chunks that are ranked in addition, to replace several of one page
MAX_LIMIT = 500

# Sentences that are related to no question. Their mean cosine with a question is the zero of `nearness`.
_IDLE = (
    "There are a number of things to see here.",
    "It was a day like any other, and nothing happened.",
    "Please note the following.",
    "Er ging nach Hause und machte das Licht an.",
)

Mode = Literal["hybrid", "text", "semantic"]


@dataclass(frozen=True)
class _Words:
    languages: Sequence[str] = ()
    terms: Sequence[str] = ()
    ranking: Sequence[PassageKey] = ()


@dataclass(frozen=True)
class _Meaning:
    """Passages by meaning. `cosines` are those to the query, the nearest passage first; `to_nearest` those to that
    passage.
    """

    vector: np.ndarray[Any, Any] | None = None
    cosines: Mapping[PassageKey, float] = field(default_factory=dict)
    to_nearest: Mapping[PassageKey, float] = field(default_factory=dict)

    @property
    def with_feedback(self) -> dict[PassageKey, float]:
        """The scores after pseudo-relevance feedback: by the query's vector plus _FEEDBACK times the nearest passage's.

        Source: Rocchio, Relevance feedback in information retrieval, 1971.
        """
        return {key: cosine + _FEEDBACK * self.to_nearest[key] for key, cosine in self.cosines.items()}


@dataclass(frozen=True)
class _Within:
    """The results inside the documents that a query names.

    `rows` holds the passages whose rows have the asked figures, by chunk (see `figures.by_chunk`); if the query names
    no document, they come from all documents.
    """

    words: _Words = field(default_factory=_Words)
    meaning: _Meaning = field(default_factory=_Meaning)
    rows: Mapping[UUID, tuple[float, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Search:
    """The parameters of one search."""

    project_id: UUID
    query: str
    language: str
    mode: Mode
    limit: int
    rrf_k: int | None
    narrowed: SearchFilter


class Retriever:
    """Searches one project at a time. Without an embedder, by words only. README.md describes the steps."""

    def __init__(
        self,
        database: Database,
        embedder: Embedder | None,
        text_indexes: TextIndexes,
        weights: Weights | None = None,
    ) -> None:
        self._weights = weights or Weights()
        self.titles = TitleCache(database)
        self._database = database
        self._direct = database.direct
        self._facts = ProjectFacts()
        self._embedder = embedder
        self._idle: list[np.ndarray[Any, Any]] | None = None
        self._text_indexes = text_indexes
        if not database.is_pooled:
            database.direct.configure(configure_vector_scans)
        if database.replica is not None:
            database.replica.direct.configure(configure_vector_scans)

    async def search(
        self,
        project_id: UUID,
        query: str,
        *,
        limit: int = 10,
        mode: Mode = "hybrid",
        narrowed: SearchFilter = EVERYTHING,
        rrf_k: int | None = None,
    ) -> list[SearchHit]:
        """Returns the chunks of published versions that match the query best, best first, at most `limit`.

        With `rrf_k` both rankings are fused by reciprocal ranks.

        If the query quotes phrases and some passage has all of them, only such passages are returned. Of chunks whose
        best passages say the same, only the best is returned. Raises Unavailable in the mode `semantic` if the
        embedding model fails, and in all modes if the text index is not complete in time.
        """
        query = query[:MAX_QUERY_CHARS].encode("utf-8", "replace").decode()
        if not query.strip() or narrowed.passes_nothing:
            return []
        search = _Search(
            project_id, query, detect_language(query), mode, max(1, min(limit, MAX_LIMIT)), rrf_k, narrowed
        )
        with timed(SEARCH_SECONDS):
            return await repeated(lambda: self._found(search, query))

    async def _found(self, search: _Search, query: str) -> list[SearchHit]:
        narrowed = search.narrowed
        try:
            quoted = phrases(query, await self._project_languages(search)) if may_quote(query) else ()
            if quoted:
                exact = msgspec.structs.replace(narrowed, phrases=quoted)
                if found := await self._search(replace(search, narrowed=exact)):
                    return found
            return await self._search(search)
        except psycopg.errors.UndefinedTable:
            return []  # the project was deleted in the meantime

    def forget(self, project_id: UUID) -> None:
        """Forgets the project's languages and titles; call it after documents were published."""
        self._facts.forget(project_id)
        self.titles.forget(project_id)

    async def _search(self, search: _Search) -> list[SearchHit]:
        """Searches deeper until there are enough chunks: many passages may belong to few chunks, or say the same."""
        with_words, with_meaning = self._halves(search.mode, search.language)
        words, meaning, depth = _Words(), _Meaning(), DEPTH
        async with self._embedding(search, wanted=with_meaning) as vector:
            named = await self.titles.named(search.project_id, search.query) if search.mode == "hybrid" else {}
            within = await self._search_documents(search, best_named(named))
            while True:
                words, meaning = await asyncio.gather(
                    self._by_words(search, words, depth, wanted=with_words),
                    self._by_meaning(search, meaning, depth, vector),
                )
                ranking = await self._ranked(search, words, meaning, named, within)
                hits = await self._hits(search, ranking, {**within.meaning.cosines, **meaning.cosines})
                exhausted = len(words.ranking) < depth and len(meaning.cosines) < depth
                if len(hits) >= search.limit or exhausted or depth >= MAX_DEPTH:
                    return hits
                depth = min(depth * 5, MAX_DEPTH)

    @contextlib.asynccontextmanager
    async def _embedding(self, search: _Search, *, wanted: bool) -> AsyncIterator[Awaitable[Vectors | None] | None]:
        """Embeds the query concurrently with the block. Yields an awaitable of the vector, or None without `wanted`."""
        if not wanted or self._embedder is None:
            yield None
            return
        task = asyncio.create_task(self._vector_of(self._embedder, search), name="embed-query")
        try:
            yield task
        finally:
            if not task.done():
                task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _vector_of(self, embedder: Embedder, search: _Search) -> Vectors | None:
        """Returns the query's vector; None if the model fails and the search also uses words.

        Raises Unavailable in the mode `semantic`.
        """
        try:
            return await embedder.embed_query(search.query)
        except Unavailable as error:
            if search.mode != "hybrid":
                raise
            MODEL_ERRORS.labels("embedding", error.code).inc()
            log.warning("search_by_words_only", reason=error.message)
            return None

    async def nearness(self, question: str, texts: Sequence[str]) -> list[float] | None:
        """Returns the similarity of each text to the question: 1 for equal texts, about 0 for unrelated ones.

        The scale is comparable between models. Returns None if no model knows the language. The texts are embedded with
        the priority of queries, before documents, because somebody waits.
        """
        if self._embedder is None or not speaks(self._embedder, detect_language(question)):
            return None
        embed = self._embedder.embed_query
        if self._idle is None:
            self._idle = await asyncio.gather(*map(embed, _IDLE))
        vectors = await asyncio.gather(*map(embed, (question, *texts)))
        asked = vectors[0]
        floor = sum(float(asked @ vector) for vector in self._idle) / len(self._idle)
        return [(float(asked @ vector) - floor) / max(1 - floor, 0.01) for vector in vectors[1:]]

    def _halves(self, mode: Mode, language: str) -> tuple[bool, bool]:
        """Whether to search (by words, by meaning).

        The vectors of a language that the model does not know worsen the results, so only words are searched then.
        """
        if self._embedder is None or not self._embedder.is_ready:
            return True, False
        meaning = mode != "text" and speaks(self._embedder, language)
        return mode != "semantic" or not meaning, meaning

    async def _by_words(self, search: _Search, before: _Words, depth: int, *, wanted: bool) -> _Words:
        if not wanted:
            return before
        async with self._text_indexes.searched(search.project_id) as connection:
            languages, terms = before.languages, before.terms
            if not languages:
                present = await self._facts.languages(connection, search.project_id)
                languages = query_languages(search.language, present)
                terms = query_terms(search.query, languages)
            if not terms:
                return _Words(languages)
            ranking = await rank_words(
                connection,
                search.project_id,
                terms,
                depth,
                search.narrowed,
                has_text_index=self._text_indexes.in_use,
            )
            return _Words(languages, terms, ranking)

    async def _project_languages(self, search: _Search) -> list[str]:
        async with self._direct.connect() as connection:
            return query_languages(search.language, await self._facts.languages(connection, search.project_id))

    async def _by_meaning(
        self, search: _Search, before: _Meaning, depth: int, embedding: Awaitable[Vectors | None] | None
    ) -> _Meaning:
        if embedding is None or self._embedder is None:
            return before
        vector = before.vector if before.vector is not None else await embedding
        if vector is None:
            return before
        async with self._database.reading() as connection:
            breadth = await self._facts.breadth(connection, search.project_id)
            fingerprint = self._embedder.fingerprint
            found = await by_meaning(
                connection, search.project_id, vector, fingerprint, depth, search.narrowed, breadth
            )
        cosines = {key: near.cosine for key, near in found.items()}
        return _Meaning(vector, cosines, {key: near.to_nearest for key, near in found.items()})

    async def _search_documents(self, search: _Search, documents: Sequence[UUID]) -> _Within:
        """Searches the best named documents alone, without the words of the query that name them."""
        if search.narrowed.documents is not None:
            documents = [key for key in documents if key in search.narrowed.documents]
        documents = [key for key in documents if key not in search.narrowed.excluded]
        if not documents:
            return _Within(rows=await self._with_rows(search, wanted_figures(search.query)))
        naming = await self.titles.naming(search.project_id, search.query, documents)
        narrowed = msgspec.structs.replace(search.narrowed, documents=tuple(documents))
        inside = replace(search, query=topic(search.query, search.language, naming), narrowed=narrowed)
        with_words, with_meaning = self._halves(search.mode, search.language)
        async with self._embedding(inside, wanted=with_meaning) as vector:
            words, meaning, rows = await asyncio.gather(
                self._by_words(inside, _Words(), _DEPTH_WITHIN, wanted=with_words),
                self._by_meaning(inside, _Meaning(), _DEPTH_WITHIN, vector),
                self._with_rows(inside, wanted_figures(search.query)),
            )
        return _Within(words, meaning, rows)

    async def _with_rows(self, search: _Search, figures: Wanted | None) -> dict[UUID, tuple[float, int]]:
        """Returns the chunks whose table rows state the figures (see `figures.by_chunk`)."""
        if figures is None or search.mode != "hybrid":
            return {}
        found = await self._by_words(replace(search, query=figures.query), _Words(), _DEPTH_ROWS, wanted=True)
        async with self._direct.connect() as connection:
            texts = await texts_of(connection, search.project_id, found.ranking)
        # In a thread: many figures over many rows would delay other callers.
        return await asyncio.to_thread(by_chunk, figures, texts)

    async def _ranked(
        self, search: _Search, words: _Words, meaning: _Meaning, named: Mapping[UUID, float], within: _Within
    ) -> Focused:
        """Fuses all rankings into one ranking of chunks."""
        passages = [*words.ranking, *meaning.cosines, *within.words.ranking, *within.meaning.cosines]
        facts: Mapping[UUID, Facts] = {}
        trust: Mapping[PassageKey, float] = {}
        may_be_foreign = bool(meaning.cosines) and _may_be_foreign(search.language, words.languages)
        if passages and (named or may_be_foreign):
            chunks = {*(chunk for chunk, _ in passages), *within.rows}
            async with self._direct.connect() as connection:
                facts = await facts_of(connection, search.project_id, list(chunks))
                if may_be_foreign:
                    trust = await _trust(connection, search, words, within.words, facts)
        # If languages differ, the nearest passage may be near for its language only, so there is no feedback.
        feedback = search.mode == "hybrid" and not may_be_foreign
        cosines = meaning.with_feedback if feedback else meaning.cosines
        everywhere = Fusion(words.ranking, cosines, search.rrf_k, trust)
        inside = None
        if within.words.ranking or within.meaning.cosines:
            inside = Fusion(within.words.ranking, within.meaning.cosines, search.rrf_k, trust)
        foreign = {chunk for chunk, known in facts.items() if known.language not in (search.language, UNKNOWN)}
        if not may_be_foreign:
            foreign.clear()
        return Focused(everywhere, inside, named, facts, self._weights, within.rows, foreign)

    async def _hits(self, search: _Search, fusion: Focused, cosines: Mapping[PassageKey, float]) -> list[SearchHit]:
        """Reads the best chunks, leaves out duplicates, and orders them so that one page does not take all places."""
        left, hits, seen = fusion.chunks, list[SearchHit](), Seen()
        most = search.limit + _BESIDE
        while left and len(hits) < most:
            # Reads a few more than are missing, so that one round trip is nearly always enough.
            count = most - len(hits) + _SPARE
            spans, left = [fusion.span(chunk) for chunk in left[:count]], left[count:]
            async with self._direct.connect() as connection:
                rows = {row.id: row for row in await read(connection, search.project_id, spans)}
            for span in spans:
                row = rows.get(span.chunk_id)
                if row is not None and seen.is_new(row.content[row.best_start : row.best_end]):
                    cosine = cosines.get((span.chunk_id, span.ordinal))
                    hits.append(_hit(row, fusion.scores[span.chunk_id], cosine))
        return spread(hits)[: search.limit]


def _may_be_foreign(language: str, present: Sequence[str]) -> bool:
    """Whether the query may be in a language other than that of some documents."""
    return language != UNKNOWN and any(other not in (language, UNKNOWN) for other in present)


async def _trust(
    connection: DirectConnection, search: _Search, words: _Words, within: _Words, facts: Mapping[UUID, Facts]
) -> dict[PassageKey, float]:
    """Returns the weights of the ranking by words for passages in another language than the query.

    The weight is _FOREIGN_WORDS times the square of the share of the query's words that the passage has. Names, numbers
    and codes are the same in all languages. Without this weight, accidental matches cost a fifth of the quality.
    """
    foreign = [
        key
        for key in dict.fromkeys([*words.ranking, *within.ranking])
        if key[0] in facts and facts[key[0]].language not in (search.language, UNKNOWN)
    ]
    if not foreign:
        return {}
    covered = await coverage_of(connection, search.project_id, words.terms, foreign)
    count = max(len(query_terms(search.query, [search.language])), 1)
    return {key: _FOREIGN_WORDS * min(covered.get(key, 0) / count, 1.0) ** 2 for key in foreign}


def _hit(row: Any, score: float, similarity: float | None) -> SearchHit:
    return SearchHit(
        chunk_id=row.id,
        ordinal=row.ordinal,
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
        blocks=row.blocks,
    )
