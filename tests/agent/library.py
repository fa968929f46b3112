"""A knowledge store in memory with a real ranking (BM25 over analysed words), and factories for its parts."""

import math
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from uuid import UUID, uuid5

from citewell.agent.knowledge import ChunkText, Front, Hit, Outline, OutlineEntry
from citewell.agent.protocol import Finished, Model, ModelEvent, ModelRequest, TextDelta
from citewell.agent.sources import Sources
from citewell.search.analyse import analyse, query_terms

BASE = "http://localhost/p/reference"
PASSAGE = 600
FRONT = 4000
_SPACE = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")


def chunk(content: str, name: str = "report.pdf", page: int | None = 1, path: Sequence[str] = ()) -> ChunkText:
    chunk_id = uuid5(_SPACE, f"{name}/{content}")
    return ChunkText(
        chunk_id=chunk_id,
        document_id=uuid5(_SPACE, name),
        document_name=name,
        content=content,
        min_page=page,
        max_page=page,
        heading_path=tuple(path),
        reference_url=f"{BASE}/{chunk_id}",
    )


def sources_of(*contents: str) -> Sources:
    """Sources that have shown these chunks, as c1, c2, ..."""
    sources = Sources()
    for content in contents:
        sources.label(chunk(content))
    return sources


class Saying:
    """A model that says these pieces of a text."""

    name = "saying"
    takes_tools = True

    def __init__(self, pieces: Sequence[str]) -> None:
        self._pieces = pieces

    async def stream(self, request: ModelRequest) -> AsyncIterator[Sequence[ModelEvent]]:
        for piece in self._pieces:
            yield [TextDelta(piece)]
        yield [Finished("stop")]

    async def aclose(self) -> None:
        """Nothing to close."""


class Library:
    def __init__(self, chunks: Iterable[ChunkText], language: str = "en") -> None:
        self.chunks = list(chunks)
        self._language = language
        self._counts = [Counter(analyse(chunk.content, language)) for chunk in self.chunks]
        self._holding = Counter(term for counts in self._counts for term in counts)
        self._average = sum(map(Counter.total, self._counts)) / max(len(self._counts), 1)

    async def search(self, query: str, limit: int, document_ids: Sequence[UUID] | None = None) -> list[Hit]:
        terms = query_terms(query, [self._language])
        scored = [
            (self._score(terms, counts), chunk)
            for chunk, counts in zip(self.chunks, self._counts, strict=True)
            if document_ids is None or chunk.document_id in document_ids
        ]
        best = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: pair[0], reverse=True)
        return [_hit(chunk, score, self._passage(chunk, set(terms))) for score, chunk in best[:limit]]

    def _score(self, terms: Sequence[str], counts: Counter[str]) -> float:
        length = 0.25 + 0.75 * counts.total() / self._average
        return sum(
            math.log(1 + (len(self.chunks) - self._holding[term] + 0.5) / (self._holding[term] + 0.5))
            * (2.2 * counts[term] / (counts[term] + 1.2 * length))
            for term in terms
            if counts[term]
        )

    def _passage(self, chunk: ChunkText, terms: set[str]) -> int:
        """Where the window of PASSAGE characters with the most of the terms begins."""
        starts = range(0, max(len(chunk.content) - PASSAGE // 2, 1), PASSAGE // 2)
        return max(starts, key=lambda at: len(terms & set(analyse(chunk.content[at : at + PASSAGE], self._language))))

    async def fronts(self, limit: int) -> list[Front] | None:
        found = list(dict.fromkeys(chunk.document_id for chunk in self.chunks))
        return await self.fronts_of(found) if len(found) <= limit else None

    async def fronts_of(self, document_ids: Sequence[UUID]) -> list[Front]:
        documents = [await self.whole(document_id, FRONT) for document_id in document_ids]
        texts = [(chunks[0], "\n\n".join(chunk.content for chunk in chunks)[:FRONT]) for chunks in documents]
        return [Front(first.document_id, first.document_name, text) for first, text in texts]

    async def whole(self, document_id: UUID, max_chars: int) -> list[ChunkText]:
        return [chunk for chunk in self.chunks if chunk.document_id == document_id]

    async def nearness(self, question: str, texts: Sequence[str]) -> list[float] | None:
        return None

    async def chunk(self, chunk_id: UUID) -> ChunkText | None:
        return next((chunk for chunk in self.chunks if chunk.chunk_id == chunk_id), None)

    async def outline(self, document_id: UUID, offset: int, limit: int) -> Outline | None:
        mine = [chunk for chunk in self.chunks if chunk.document_id == document_id]
        if not mine:
            return None
        entries = [
            OutlineEntry(one.chunk_id, number, one.min_page, one.max_page, one.heading_path, one.content[:40])
            for number, one in enumerate(mine)
        ]
        return Outline(
            document_id, mine[0].document_name, 1, len(mine), 1000, "active", entries[offset : offset + limit]
        )


def document(name: str, *pages: str) -> Library:
    """A library of one document, of which each page is a chunk."""
    return Library([chunk(text, name, page) for page, text in enumerate(pages, 1)])


def _hit(chunk: ChunkText, score: float, start: int) -> Hit:
    return Hit(
        chunk_id=chunk.chunk_id,
        document_id=chunk.document_id,
        document_name=chunk.document_name,
        content=chunk.content,
        passage_start=start,
        passage_end=min(start + PASSAGE, len(chunk.content)),
        min_page=chunk.min_page,
        max_page=chunk.max_page,
        heading_path=chunk.heading_path,
        score=score,
        similarity=None,
        reference_url=chunk.reference_url,
    )


APPLE = chunk(
    "Total net sales were $81,797 million in the third quarter of 2023. Services net sales were $21,213 million.\n"
    "The Company's gross margin percentage was 44.5 % (see “Products”).",
    "2023 Q3 AAPL.pdf",
    5,
    ("Item 2", "Results of operations"),
)
LIGHTHOUSE = chunk(
    "The lighthouse keeper must clean the lens every Monday. The lamp burns rapeseed oil.", "handbook.md", 2
)
LIBRARY = Library([APPLE, LIGHTHOUSE])


async def all_events(model: Model, request: ModelRequest) -> list[ModelEvent]:
    return [event async for batch in model.stream(request) for event in batch]
