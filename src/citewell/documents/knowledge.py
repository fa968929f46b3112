"""Implements `citewell.agent.knowledge.Knowledge` with SQL: the documents of a project that an agent may read."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agent.knowledge import ChunkText, Front, Hit, Outline, OutlineEntry
from citewell.db.engine import Database
from citewell.documents.readable import ReadableDocuments
from citewell.documents.repository import chunks
from citewell.documents.repository.conditions import is_one_of
from citewell.documents.repository.tags import tags_of
from citewell.documents.repository.visible import find_visible, live_versions, visible_ids
from citewell.documents.texts import chunk_text, reference_url
from citewell.models import Chunk
from citewell.search.filters import ALL_CHUNKS, ChunkScope, SearchFilter
from citewell.search.hits import SearchHit
from citewell.search.retrieve import Mode, Retriever

_PREVIEW_CHARS = 160
_FRONT_CHARS = 4000
_FRONT_CHUNKS = 6
_MOST_FRONTS = 4000  # that a process caches, about 4 KB each
_fronts: dict[tuple[UUID, str], Front] = {}  # by version and name


class ProjectKnowledge:
    """Searches and reads the documents that an agent may read.

    `base_url` is the base of reference links. `count` is called with the project's id for each search. `chunk_scope`
    limits which chunks may be found and read.
    """

    def __init__(
        self,
        database: Database,
        retriever: Retriever,
        documents: ReadableDocuments,
        base_url: str,
        mode: Mode = "hybrid",
        *,
        count: Callable[[UUID], None] | None = None,
        chunk_scope: Callable[[AsyncSession], Awaitable[ChunkScope]] | None = None,
    ) -> None:
        self._database = database
        self._retriever = retriever
        self._documents = documents
        self._project_id = documents.project_id
        self._base_url = base_url
        self._mode = mode
        self._count = count
        self._chunk_scope = chunk_scope

    async def search(self, query: str, limit: int, document_ids: Sequence[UUID] | None = None) -> list[Hit]:
        if self._count is not None:
            self._count(self._project_id)
        wanted = await self._visible(document_ids) if self._documents.within else document_ids
        found = await self._retriever.search(
            self._project_id,
            query,
            limit=limit,
            mode=self._mode,
            narrowed=SearchFilter.of(wanted, local_to=self._documents.local_to, chunks=await self._chunks()),
        )
        return [self._hit(hit) for hit in found]

    async def _chunks(self) -> ChunkScope:
        if self._chunk_scope is None:
            return ALL_CHUNKS
        async with self._database.read() as session:
            return await self._chunk_scope(session)

    async def _visible(self, document_ids: Sequence[UUID] | None) -> list[UUID]:
        async with self._database.read() as session:
            return await visible_ids(session, self._documents.condition, document_ids)

    def _hit(self, hit: SearchHit) -> Hit:
        return Hit.at(hit, self._reference_url(hit.chunk_id))

    async def fronts(self, limit: int) -> list[Front] | None:
        return await self._fronts(self._documents.condition, limit)

    async def fronts_of(self, document_ids: Sequence[UUID]) -> list[Front]:
        return await self._fronts(self._documents.condition & is_one_of(document_ids), len(document_ids)) or []

    async def _fronts(self, which: ColumnElement[bool], limit: int) -> list[Front] | None:
        """Reads the fronts that are not cached. The cache never gets stale, because the text of a version is fixed."""
        async with self._database.read() as session:
            keys = await live_versions(session, which, limit + 1)
            if len(keys) > limit:
                return None
            if missing := [version_id for version_id, name in keys if (version_id, name) not in _fronts]:
                _remember(await self._read_fronts(session, missing))
        return [_fronts[key] for key in keys if key in _fronts]

    async def _read_fronts(self, session: AsyncSession, version_ids: Sequence[UUID]) -> dict[tuple[UUID, str], Front]:
        rows = await chunks.first_texts(session, self._project_id, version_ids, _FRONT_CHUNKS, _FRONT_CHARS)
        return {(version, name): Front(document, name, text[:_FRONT_CHARS]) for version, document, name, text in rows}

    async def whole(self, document_id: UUID, max_chars: int) -> list[ChunkText]:
        scope = await self._chunks()
        async with self._database.read() as session:
            rows = await chunks.chunks_before(session, document_id, max_chars, self._documents.condition, scope)
        return [
            ChunkText(
                chunk_id=row.id,
                document_id=document_id,
                document_name=row.name,
                content=row.content,
                min_page=row.min_page,
                max_page=row.max_page,
                heading_path=tuple(row.heading_path),
                reference_url=self._reference_url(row.id),
            )
            for row in rows
        ]

    async def nearness(self, question: str, texts: Sequence[str]) -> list[float] | None:
        return await self._retriever.nearness(question, texts)

    async def chunk(self, chunk_id: UUID) -> ChunkText | None:
        scope = await self._chunks()
        async with self._database.read() as session:
            row = await chunks.find_chunk(session, self._project_id, chunk_id, self._documents.condition, scope)
        return chunk_text(row[0], row[1], self._base_url) if row is not None else None

    async def outline(self, document_id: UUID, offset: int, limit: int) -> Outline | None:
        async with self._database.read() as session:
            document = await find_visible(session, self._documents.condition, document_id)
            if document is None:
                return None
            count, span = await chunks.count_and_span(session, document)
            tags = await tags_of(session, self._project_id, [document_id])
            rows = await chunks.list_live_chunks(session, document, limit, offset)
        entries = [_outline_entry(row) for row in rows]
        return Outline(
            document_id=document.id,
            name=document.name,
            page_count=document.page_count,
            chunk_count=count,
            size=document.file_size,
            status="active" if document.live_version_id else "indexing",
            entries=entries,
            source=document.source,
            char_span=span,
            document_tags=tags.get(document_id, []),
        )

    def _reference_url(self, chunk_id: UUID) -> str:
        return reference_url(self._base_url, self._project_id, chunk_id)


def _outline_entry(row: Chunk) -> OutlineEntry:
    kinds = [block.get("type") for block in row.blocks]
    return OutlineEntry(
        chunk_id=row.id,
        ordinal=row.ordinal,
        min_page=row.min_page,
        max_page=row.max_page,
        headings=tuple(row.heading_path),
        preview=" ".join(row.content[: 2 * _PREVIEW_CHARS].split())[:_PREVIEW_CHARS],
        table_count=kinds.count("table"),
        figure_count=kinds.count("figure"),
    )


def _remember(found: dict[tuple[UUID, str], Front]) -> None:
    if len(_fronts) + len(found) > _MOST_FRONTS:
        _fronts.clear()
    _fronts.update(found)
