"""What an agent may read of a project's documents (`citewell.agent.knowledge.Knowledge`) over the tables."""

from collections.abc import Callable, Sequence
from uuid import UUID

from sqlalchemy import Select, func, or_, select

from citewell.agent.knowledge import ChunkText, Hit, Outline, OutlineEntry
from citewell.db.engine import Database
from citewell.models import Chunk, Document
from citewell.search.retrieve import Retriever, SearchHit

_PREVIEW_CHARS = 160


class ProjectKnowledge:
    """Search and reading within one project. `base_url` is the base of reference links.

    `local_to` are the conversation and the agent whose local documents are there as well; `count` is told of each
    search.
    """

    def __init__(
        self,
        database: Database,
        retriever: Retriever,
        project_id: UUID,
        base_url: str,
        *,
        local_to: Sequence[UUID] = (),
        count: Callable[[UUID], None] | None = None,
    ) -> None:
        self._database = database
        self._retriever = retriever
        self._project_id = project_id
        self._base_url = base_url
        self._local_to = tuple(local_to)
        self._count = count

    async def search(self, query: str, limit: int, document_ids: Sequence[UUID] | None = None) -> list[Hit]:
        if self._count is not None:
            self._count(self._project_id)
        found = await self._retriever.search(
            self._project_id, query, limit=limit, document_ids=document_ids, local_to=self._local_to
        )
        return [self._hit(hit) for hit in found]

    def _hit(self, hit: SearchHit) -> Hit:
        return Hit(
            chunk_id=hit.chunk_id,
            document_id=hit.document_id,
            document_name=hit.document_name,
            content=hit.content,
            passage_start=hit.passage_start,
            passage_end=hit.passage_end,
            min_page=hit.min_page,
            max_page=hit.max_page,
            heading_path=hit.heading_path,
            score=hit.score,
            similarity=hit.similarity,
            reference_url=self._reference_url(hit.chunk_id),
        )

    async def chunk(self, chunk_id: UUID) -> ChunkText | None:
        async with self._database.sessions() as session:
            query = _live_chunks(self._project_id, self._local_to).where(Chunk.id == chunk_id)
            row = (await session.execute(query)).one_or_none()
        return self._chunk_text(row[0], row[1]) if row is not None else None

    def _chunk_text(self, found: Chunk, name: str) -> ChunkText:
        return ChunkText(
            chunk_id=found.id,
            document_id=found.document_id,
            document_name=name,
            content=found.content,
            min_page=found.min_page,
            max_page=found.max_page,
            heading_path=tuple(found.heading_path),
            reference_url=self._reference_url(found.id),
        )

    async def outline(self, document_id: UUID, offset: int, limit: int) -> Outline | None:
        async with self._database.sessions() as session:
            document = await session.get(Document, (self._project_id, document_id))
            if document is None or document.status != "active" or document.local_to not in (None, *self._local_to):
                return None
            mine = (
                (Chunk.project_id == self._project_id)
                & (Chunk.document_id == document_id)
                & (Chunk.version_id == document.live_version_id)
            )
            count = await session.scalar(select(func.count()).select_from(Chunk).where(mine))
            rows = await session.scalars(select(Chunk).where(mine).order_by(Chunk.ordinal).offset(offset).limit(limit))
            entries = [_outline_entry(row) for row in rows]
        return Outline(
            document_id=document.id,
            name=document.name,
            page_count=document.page_count,
            chunk_count=count or 0,
            size=document.file_size,
            status="active" if document.live_version_id else "indexing",
            entries=entries,
        )

    def _reference_url(self, chunk_id: UUID) -> str:
        return f"{self._base_url}/{self._project_id}/reference/{chunk_id}"


def _live_chunks(project_id: UUID, local_to: Sequence[UUID]) -> Select[Chunk, str]:
    """Chunks of documents that are not deleted and not local to anything else, with the document's name."""
    return (
        select(Chunk, Document.name)
        .join(Document, (Document.project_id == Chunk.project_id) & (Document.id == Chunk.document_id))
        .where(Chunk.project_id == project_id, Document.status == "active")
        .where(or_(Document.local_to.is_(None), Document.local_to.in_(local_to)))
    )


def _outline_entry(row: Chunk) -> OutlineEntry:
    return OutlineEntry(
        chunk_id=row.id,
        ordinal=row.ordinal,
        min_page=row.min_page,
        max_page=row.max_page,
        headings=tuple(row.heading_path),
        preview=" ".join(row.content[: 2 * _PREVIEW_CHARS].split())[:_PREVIEW_CHARS],
    )
