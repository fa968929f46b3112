"""What an agent may read of a project's documents (`citewell.agent.knowledge.Knowledge`) over the tables."""

from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, all_, any_, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agent.knowledge import ChunkText, Front, Hit, Outline, OutlineEntry
from citewell.db.engine import Database
from citewell.documents.repository.conditions import visible_documents
from citewell.documents.repository.tags import tags_of
from citewell.documents.texts import chunk_text, reference_url
from citewell.models import Chunk, Document
from citewell.search.filters import ALL_CHUNKS, ChunkScope
from citewell.search.hits import SearchHit
from citewell.search.retrieve import Mode, Retriever

_PREVIEW_CHARS = 160
_FRONT_CHARS = 4000
_FRONT_CHUNKS = 6
_MOST_FRONTS = 4000  # that a process remembers, about 4 KB each
_fronts: dict[tuple[UUID, str], Front] = {}  # by version and name


class ProjectKnowledge:
    """Search and reading within one project, in documents that meet all the conditions in `within`: others are not
    there, also for those who know their ids. `base_url` is the base of reference links.

    `local_to` are the conversation and the agent whose local documents are there as well; `count` is told of each
    search; `chunk_scope` says which chunks may be found and read.
    """

    def __init__(
        self,
        database: Database,
        retriever: Retriever,
        project_id: UUID,
        base_url: str,
        within: Sequence[ColumnElement[bool]] = (),
        mode: Mode = "hybrid",
        *,
        local_to: Sequence[UUID] = (),
        count: Callable[[UUID], None] | None = None,
        chunk_scope: Callable[[AsyncSession], Awaitable[ChunkScope]] | None = None,
    ) -> None:
        self._database = database
        self._retriever = retriever
        self._project_id = project_id
        self._base_url = base_url
        self._within = tuple(within)
        self._mode = mode
        self._local_to = tuple(local_to)
        self._count = count
        self._chunk_scope = chunk_scope

    @cached_property
    def _there(self) -> ColumnElement[bool]:
        """Put together when it is needed: most answers need no more than the search."""
        return visible_documents(self._project_id, self._within, self._local_to)

    async def search(self, query: str, limit: int, document_ids: Sequence[UUID] | None = None) -> list[Hit]:
        if self._count is not None:
            self._count(self._project_id)
        wanted = await self._visible(document_ids) if self._within else document_ids
        found = await self._retriever.search(
            self._project_id,
            query,
            limit=limit,
            mode=self._mode,
            document_ids=wanted,
            local_to=self._local_to,
            chunks=await self._chunks(),
        )
        return [self._hit(hit) for hit in found]

    async def _chunks(self) -> ChunkScope:
        if self._chunk_scope is None:
            return ALL_CHUNKS
        async with self._database.read() as session:
            return await self._chunk_scope(session)

    async def _visible(self, document_ids: Sequence[UUID] | None) -> list[UUID]:
        query = select(Document.id).where(self._there)
        if document_ids is not None:
            query = query.where(Document.id.in_(document_ids))
        async with self._database.read() as session:
            return list(await session.scalars(query))

    def _hit(self, hit: SearchHit) -> Hit:
        return Hit.at(hit, self._reference_url(hit.chunk_id))

    async def fronts(self, limit: int) -> list[Front] | None:
        return await self._fronts(self._there, limit)

    async def fronts_of(self, document_ids: Sequence[UUID]) -> list[Front]:
        return await self._fronts(self._there & Document.id.in_(document_ids), len(document_ids)) or []

    async def _fronts(self, which: ColumnElement[bool], limit: int) -> list[Front] | None:
        """Those that were not read before are read now; the text of a version never changes."""
        query = select(Document.live_version_id, Document.name).where(which, Document.live_version_id.is_not(None))
        async with self._database.read() as session:
            rows = (await session.execute(query.limit(limit + 1))).all()
            if len(rows) > limit:
                return None
            keys = [(version_id, name) for version_id, name in rows if version_id is not None]
            if missing := [version_id for version_id, name in keys if (version_id, name) not in _fronts]:
                _remember(await self._read_fronts(session, missing))
        return [_fronts[key] for key in keys if key in _fronts]

    async def _read_fronts(self, session: AsyncSession, version_ids: Sequence[UUID]) -> dict[tuple[UUID, str], Front]:
        between: ColumnElement[str] = aggregate_order_by(literal_column(r"E'\n\n'"), Chunk.ordinal)
        query = (
            select(
                Document.live_version_id,
                Document.id,
                Document.name,
                func.string_agg(func.left(Chunk.content, _FRONT_CHARS), between),
            )
            .join(
                Chunk,
                (Chunk.project_id == Document.project_id)
                & (Chunk.document_id == Document.id)
                & (Chunk.version_id == Document.live_version_id),
            )
            .where(Document.project_id == self._project_id, Document.live_version_id.in_(version_ids))
            .where(Chunk.ordinal < _FRONT_CHUNKS)
            .group_by(Document.live_version_id, Document.id, Document.name)
        )
        rows = (await session.execute(query)).all()
        return {(version, name): Front(document, name, text[:_FRONT_CHARS]) for version, document, name, text in rows}

    async def whole(self, document_id: UUID, max_chars: int) -> list[ChunkText]:
        query = (
            select(Chunk.id, Document.name, Chunk.content, Chunk.min_page, Chunk.max_page, Chunk.heading_path)
            .join(Document, (Document.project_id == Chunk.project_id) & (Document.id == Chunk.document_id))
            .where(self._there, Document.id == document_id, Chunk.version_id == Document.live_version_id)
            .where(Chunk.start_offset < max_chars, *_in_scope(await self._chunks()))
            .order_by(Chunk.ordinal)
        )
        async with self._database.read() as session:
            rows = (await session.execute(query)).all()
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
            query = (
                select(Chunk, Document.name)
                .join(Document, (Document.project_id == Chunk.project_id) & (Document.id == Chunk.document_id))
                .where(Chunk.project_id == self._project_id, Chunk.id == chunk_id, self._there, *_in_scope(scope))
            )
            row = (await session.execute(query)).one_or_none()
        return chunk_text(row[0], row[1], self._base_url) if row is not None else None

    async def outline(self, document_id: UUID, offset: int, limit: int) -> Outline | None:
        async with self._database.read() as session:
            document = await session.scalar(select(Document).where(self._there, Document.id == document_id))
            if document is None:
                return None
            mine = (
                (Chunk.project_id == self._project_id)
                & (Chunk.document_id == document_id)
                & (Chunk.version_id == document.live_version_id)
            )
            span = func.coalesce(func.min(Chunk.start_offset), 0), func.coalesce(func.max(Chunk.end_offset), 0)
            count, start, end = (await session.execute(select(func.count(), *span).where(mine))).one()
            tags = await tags_of(session, self._project_id, [document_id])
            rows = await session.scalars(select(Chunk).where(mine).order_by(Chunk.ordinal).offset(offset).limit(limit))
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
            char_span=(start, end),
            document_tags=tags.get(document_id, []),
        )

    def _reference_url(self, chunk_id: UUID) -> str:
        return reference_url(self._base_url, self._project_id, chunk_id)


def _in_scope(scope: ChunkScope) -> list[ColumnElement[bool]]:
    """The conditions for chunks of the scope; their ids are one parameter, however many there are."""
    conditions = []
    if scope.only is not None:
        conditions.append(Chunk.id == any_(cast(list(scope.only), ARRAY(Uuid))))
    if scope.excluded:
        conditions.append(Chunk.id != all_(cast(list(scope.excluded), ARRAY(Uuid))))
    return conditions


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
