"""The text of a project's documents as it stands (`citewell.agent.texts.Texts`) over the tables."""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import date
from uuid import UUID

from citewell.agent.knowledge import ChunkText
from citewell.agent.texts import Narrowed, Narrowing, PagePart, PageRange
from citewell.db.engine import Database
from citewell.documents.readable import ReadableDocuments
from citewell.documents.repository.chunks import chunks_on_pages, chunks_with_word
from citewell.documents.repository.visible import find_visible, ids_with_tag, live_versions_by_name
from citewell.models import Chunk
from citewell.search.title_cache import TitleCache

_DOCUMENTS_AT_ONCE = 50
_CHUNKS_AT_ONCE = 500


class ProjectTexts:
    """Reads the text of the documents that an agent may read. `base_url` is the base of reference links."""

    def __init__(self, database: Database, titles: TitleCache, documents: ReadableDocuments, base_url: str) -> None:
        self._database = database
        self._titles = titles
        self._documents = documents
        self._project_id = documents.project_id
        self._base_url = base_url

    async def narrow(self, narrowing: Narrowing, document_ids: Sequence[UUID] | None = None) -> Narrowed:
        async with self._database.read() as session:
            total, passing = await ids_with_tag(
                session, self._project_id, self._documents.condition, document_ids, narrowing.tag
            )
        undated = 0
        if narrowing.about or narrowing.since or narrowing.until:
            known = await self._titles.titles(self._project_id)
            if narrowing.about:
                about = known.about(narrowing.about)
                passing = [key for key in passing if key in about]
            if narrowing.since or narrowing.until:
                dates = {key: known.date(key) for key in passing}
                undated = sum(found is None for found in dates.values())
                passing = [key for key, found in dates.items() if found is not None and _between(found, narrowing)]
        return Narrowed(passing, total, undated)

    async def scan(self, word: str, document_ids: Sequence[UUID] | None = None) -> AsyncIterator[list[ChunkText]]:
        async with self._database.read() as session:
            versions = await live_versions_by_name(session, self._documents.condition, document_ids)
        for start in range(0, len(versions), _DOCUMENTS_AT_ONCE):
            some = versions[start : start + _DOCUMENTS_AT_ONCE]
            after: tuple[str, UUID, int] | None = None
            while True:
                async with self._database.read() as session:
                    found = await chunks_with_word(session, self._project_id, some, word, after, _CHUNKS_AT_ONCE)
                if found:
                    yield [chunk_text(row, name, self._base_url) for row, name in found]
                if len(found) < _CHUNKS_AT_ONCE:
                    break
                last, name = found[-1]
                after = (name, last.version_id, last.ordinal)

    async def pages(self, document_id: UUID, first: int, last: int) -> PageRange | None:
        async with self._database.read() as session:
            document = await find_visible(session, self._documents.condition, document_id)
            if document is None:
                return None
            chunks = await chunks_on_pages(session, document, first, last)
        parts = [part for found in chunks if (part := self._part(found, document.name, first, last)) is not None]
        return PageRange(document.id, document.name, document.page_count, parts)

    def _part(self, found: Chunk, name: str, first: int, last: int) -> PagePart | None:
        inside = [block for block in found.blocks if block["page"] is not None and first <= block["page"] <= last]
        if not inside:
            return None
        start, end = min(block["start"] for block in inside), max(block["end"] for block in inside)
        pages = [block["page"] for block in inside]
        return PagePart(chunk_text(found, name, self._base_url), start, end, min(pages), max(pages))


def chunk_text(found: Chunk, name: str, base_url: str) -> ChunkText:
    """Returns the whole chunk, of a document of that name."""
    return ChunkText(
        chunk_id=found.id,
        document_id=found.document_id,
        document_name=name,
        content=found.content,
        min_page=found.min_page,
        max_page=found.max_page,
        heading_path=tuple(found.heading_path),
        reference_url=reference_url(base_url, found.project_id, found.id),
        blocks=json.dumps(found.blocks),
    )


def reference_url(base_url: str, project_id: UUID, chunk_id: UUID) -> str:
    return f"{base_url}/{project_id}/reference/{chunk_id}"


def _between(found: int, narrowing: Narrowing) -> bool:
    """Whether a date (see `citewell.search.periods.date_of`) may lie in the range: a year without a day may be any."""
    earliest, latest = (found, found) if found % 10_000 else (found + 101, found + 1231)
    since, until = (_number(day) for day in (narrowing.since, narrowing.until))
    return (since is None or latest >= since) and (until is None or earliest <= until)


def _number(day: date | None) -> int | None:
    return None if day is None else day.year * 10_000 + day.month * 100 + day.day
