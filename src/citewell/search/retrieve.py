"""Retrieval: words and meaning, fused; chunks with their best passage."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from uuid import UUID

import msgspec
import numpy as np
import psycopg

from citewell.db.direct import DirectConnection, repeated
from citewell.db.engine import Database
from citewell.db.recovery import TextIndexes
from citewell.embedding.protocol import Embedder, speaks
from citewell.kit.metrics import SEARCH_SECONDS, timed
from citewell.search.analyse import MAX_QUERY_CHARS, query_terms
from citewell.search.asking import topic
from citewell.search.candidates import (
    Facts,
    PassageKey,
    by_meaning,
    coverage_of,
    facts_of,
    languages_of,
    read,
    size_of,
    texts_of,
)
from citewell.search.duplicates import Seen
from citewell.search.figures import Wanted, by_chunk, wanted
from citewell.search.filters import ALL_CHUNKS, ChunkScope, SearchFilter
from citewell.search.focus import Focused, Weights, best_named
from citewell.search.fuse import Fusion
from citewell.search.hits import SearchHit, spread
from citewell.search.language import UNKNOWN, detect_language
from citewell.search.phrases import may_quote, phrases
from citewell.search.title_cache import TitleCache
from citewell.search.words import rank_words

DEPTH = 100  # passages that each half brings
MAX_DEPTH = 12_500  # where that gives too few chunks
_DEPTH_WITHIN = 30  # passages that each half brings of the documents that a query names
_DEPTH_ROWS = 40  # passages that are looked through for rows with the figures that it asks for
_SPARE = 4
_BESIDE = 8  # chunks beyond those asked for, which may take the place of several of one page
# In a graph of vectors that has grown, the nearest lie farther from where a scan comes in. With one million passages a
# breadth of 150 found 83 of 100 of the nearest, one of 650 found 91, in twice the time; small projects lose nothing.
_BREADTH = DEPTH + DEPTH // 2
VECTOR_SCANS = {"hnsw.ef_search": str(_BREADTH), "hnsw.iterative_scan": "strict_order"}
_GROWN = 50_000  # passages
_PASSAGES_A_STEP = 2_000  # for which it is one broader
_MOST_BREADTH = 1000  # the most that there is
MAX_LIMIT = 500
_MAX_LANGUAGES = 4
# So much later, at most, another process finds the first document in a language by the stems of that language.
_REMEMBER_SECONDS = 1.0
_REMEMBER_SIZE_SECONDS = 60.0
_MAX_REMEMBERED = 10_000  # projects

# Texts about nothing that anybody asks: how near a model puts them to a question is its zero.
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
    """`cosines` are in the order of the ranking."""

    vector: np.ndarray[Any, Any] | None = None
    cosines: Mapping[PassageKey, float] = field(default_factory=dict)


@dataclass(frozen=True)
class _Within:
    """What was found in the documents that a query names. `rows` are passages there (in all documents, where it names
    none) whose rows have figures that it asks for, by chunk (see `figures.by_chunk`)."""

    words: _Words = field(default_factory=_Words)
    meaning: _Meaning = field(default_factory=_Meaning)
    rows: Mapping[UUID, tuple[float, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Search:
    """What is looked for, and where."""

    project_id: UUID
    query: str
    language: str
    mode: Mode
    limit: int
    rrf_k: int | None
    narrowed: SearchFilter


class Retriever:
    """Search in one project at a time. Without an embedder it goes by words alone."""

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
        self._languages: dict[UUID, tuple[float, list[str]]] = {}
        self._breadths: dict[UUID, tuple[float, int | None]] = {}
        self._embedder = embedder
        self._idle: list[np.ndarray[Any, Any]] | None = None
        self._text_indexes = text_indexes
        if not database.is_pooled:
            database.direct.configure(_configure_vector_scans)
        if database.replica is not None:
            database.replica.direct.configure(_configure_vector_scans)

    async def search(
        self,
        project_id: UUID,
        query: str,
        *,
        limit: int = 10,
        mode: Mode = "hybrid",
        document_ids: Sequence[UUID] | None = None,
        excluded_documents: Sequence[UUID] = (),
        rrf_k: int | None = None,
        local_to: Sequence[UUID] = (),
        chunks: ChunkScope = ALL_CHUNKS,
    ) -> list[SearchHit]:
        """The project's chunks that are closest to the query, best first; only those of published versions.

        `document_ids` narrows the search to these documents (an empty sequence finds nothing), `excluded_documents`
        leaves some out, `chunks` narrows it to some chunks; `local_to` adds the local documents of a conversation and
        of an agent. Where the query quotes phrases that stand somewhere, only passages with all of them are found.
        Chunks whose best passages say the same are shown once.
        """
        query = query[:MAX_QUERY_CHARS].encode("utf-8", "replace").decode()
        narrowed = SearchFilter.of(document_ids, excluded_documents, local_to, chunks)
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
        """To be called when documents were published: what this process knew of the project's languages is outdated."""
        self._languages.pop(project_id, None)
        self.titles.forget(project_id)

    async def _search(self, search: _Search) -> list[SearchHit]:
        """Deeper and deeper until there are enough chunks: many passages may be of few chunks, or say the same."""
        with_words, with_meaning = self._halves(search.mode, search.language)
        words, meaning, depth = _Words(), _Meaning(), DEPTH
        named = await self.titles.named(search.project_id, search.query) if search.mode == "hybrid" else {}
        within = await self._within(search, best_named(named))
        while True:
            words, meaning = await asyncio.gather(
                self._by_words(search, words, depth, wanted=with_words),
                self._by_meaning(search, meaning, depth, wanted=with_meaning),
            )
            ranking = await self._ranked(search, words, meaning, named, within)
            hits = await self._hits(search, ranking, {**within.meaning.cosines, **meaning.cosines})
            exhausted = len(words.ranking) < depth and len(meaning.cosines) < depth
            if len(hits) >= search.limit or exhausted or depth >= MAX_DEPTH:
                return hits
            depth = min(depth * 5, MAX_DEPTH)

    async def nearness(self, question: str, texts: Sequence[str]) -> list[float] | None:
        """How near each text is to the question: 1 for the same, 0 for texts about nothing in particular, so that the
        numbers of different models are alike. None without a model that knows the language.

        Texts are embedded like questions: somebody waits, so they go ahead of documents."""
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
        """Whether to search by words, and by meaning. In a language that the model does not know, its vectors only
        do harm: then words stand in for them."""
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
                present = await self._languages_of(connection, search.project_id)
                languages = _query_languages(search.language, present)
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
            return _query_languages(search.language, await self._languages_of(connection, search.project_id))

    async def _languages_of(self, connection: DirectConnection, project_id: UUID) -> list[str]:
        """The project's languages as they were a moment ago: they hardly ever change."""
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

    async def _by_meaning(self, search: _Search, before: _Meaning, depth: int, *, wanted: bool) -> _Meaning:
        if not wanted or self._embedder is None:
            return before
        vector = before.vector
        if vector is None:
            vector = await self._embedder.embed_query(search.query)
        async with self._database.reading() as connection:
            breadth = await self._breadth_of(connection, search.project_id)
            fingerprint = self._embedder.fingerprint
            found = await by_meaning(
                connection, search.project_id, vector, fingerprint, depth, search.narrowed, breadth
            )
        return _Meaning(vector, found)

    async def _breadth_of(self, connection: DirectConnection, project_id: UUID) -> int | None:
        """How broad a scan of the vectors must be; None for as broad as they are anyway."""
        now = time.monotonic()
        known = self._breadths.get(project_id)
        if known is not None and known[0] > now:
            return known[1]
        if len(self._breadths) >= _MAX_REMEMBERED:
            self._breadths.clear()
        size = await size_of(connection, project_id)
        breadth = min(_BREADTH + size // _PASSAGES_A_STEP, _MOST_BREADTH) if size > _GROWN else None
        self._breadths[project_id] = (now + _REMEMBER_SIZE_SECONDS, breadth)
        return breadth

    async def _within(self, search: _Search, documents: Sequence[UUID]) -> _Within:
        """The passages of the documents that the query names best, looked up without the words that name them."""
        if search.narrowed.documents is not None:
            documents = [key for key in documents if key in search.narrowed.documents]
        documents = [key for key in documents if key not in search.narrowed.excluded]
        if not documents:
            return _Within(rows=await self._with_rows(search, wanted(search.query)))
        naming = await self.titles.naming(search.project_id, search.query, documents)
        narrowed = msgspec.structs.replace(search.narrowed, documents=tuple(documents))
        inside = replace(search, query=topic(search.query, search.language, naming), narrowed=narrowed)
        with_words, with_meaning = self._halves(search.mode, search.language)
        words, meaning, rows = await asyncio.gather(
            self._by_words(inside, _Words(), _DEPTH_WITHIN, wanted=with_words),
            self._by_meaning(inside, _Meaning(), _DEPTH_WITHIN, wanted=with_meaning),
            self._with_rows(inside, wanted(search.query)),
        )
        return _Within(words, meaning, rows)

    async def _with_rows(self, search: _Search, figures: Wanted | None) -> dict[UUID, tuple[float, int]]:
        """Chunks with rows of the figures."""
        if figures is None or search.mode != "hybrid":
            return {}
        found = await self._by_words(replace(search, query=figures.query), _Words(), _DEPTH_ROWS, wanted=True)
        async with self._direct.connect() as connection:
            texts = await texts_of(connection, search.project_id, found.ranking)
        # Many figures over many rows take long enough for other callers to notice.
        return await asyncio.to_thread(by_chunk, figures, texts)

    async def _ranked(
        self, search: _Search, words: _Words, meaning: _Meaning, named: Mapping[UUID, float], within: _Within
    ) -> Focused:
        """One ranking of chunks out of all that was found."""
        passages = [*words.ranking, *meaning.cosines, *within.words.ranking, *within.meaning.cosines]
        facts: Mapping[UUID, Facts] = {}
        trust: Mapping[PassageKey, float] = {}
        foreign = bool(meaning.cosines) and _may_be_foreign(search.language, words.languages)
        if passages and (named or foreign):
            chunks = {*(chunk for chunk, _ in passages), *within.rows}
            async with self._direct.connect() as connection:
                facts = await facts_of(connection, search.project_id, list(chunks))
                if foreign:
                    trust = await _trust(connection, search, words, within.words, facts)
        everywhere = Fusion(words.ranking, meaning.cosines, search.rrf_k, trust)
        inside = None
        if within.words.ranking or within.meaning.cosines:
            inside = Fusion(within.words.ranking, within.meaning.cosines, search.rrf_k, trust)
        return Focused(everywhere, inside, named, facts, self._weights, within.rows)

    async def _hits(self, search: _Search, fusion: Focused, cosines: Mapping[PassageKey, float]) -> list[SearchHit]:
        """The best chunks that say something new, those first that stand on pages of their own."""
        left, hits, seen = fusion.chunks, list[SearchHit](), Seen()
        most = search.limit + _BESIDE
        while left and len(hits) < most:
            # A few more than are missing: most often no second look is needed.
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


async def _configure_vector_scans(connection: psycopg.AsyncConnection[Any]) -> None:
    """An HNSW scan must bring DEPTH rows, and look further where a filter leaves too few."""
    for name, value in VECTOR_SCANS.items():
        await connection.execute(f"SET {name} = {value}".encode())


def _may_be_foreign(language: str, present: Sequence[str]) -> bool:
    """Whether the query may be in another language than some of the documents."""
    return language != UNKNOWN and any(other not in (language, UNKNOWN) for other in present)


async def _trust(
    connection: DirectConnection, search: _Search, words: _Words, within: _Words, facts: Mapping[UUID, Facts]
) -> dict[PassageKey, float]:
    """What words count of passages in another language than the query: the square of the share of its words that stand
    there. Names, numbers and codes are the same everywhere, chance hits cost the ranking a fifth."""
    foreign = [
        key
        for key in dict.fromkeys([*words.ranking, *within.ranking])
        if key[0] in facts and facts[key[0]].language not in (search.language, UNKNOWN)
    ]
    if not foreign:
        return {}
    covered = await coverage_of(connection, search.project_id, words.terms, foreign)
    count = max(len(query_terms(search.query, [search.language])), 1)
    return {key: min(covered.get(key, 0) / count, 1.0) ** 2 for key in foreign}


def _query_languages(language: str, present: Sequence[str]) -> list[str]:
    """The languages to analyse a query in: its own first, then the others of the project.

    Every document is found by the stems of its own language, whatever language the query seems to be in; a name is
    stemmed by its document's language, not by the query's. With one language in the project there is no choice to make.
    """
    own_first = sorted(present, key=lambda code: code != language)
    return own_first[:_MAX_LANGUAGES] or [language]


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
