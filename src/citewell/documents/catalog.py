"""Implements `citewell.agent.knowledge.Catalog` with SQL: lists and counts of the project's documents."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agent.knowledge import DocumentEntry, DocumentList, Group, Grouping, Measure, Tally
from citewell.db.engine import Database
from citewell.documents.readable import ReadableDocuments
from citewell.documents.repository import catalog as repository
from citewell.documents.repository.conditions import is_one_of
from citewell.documents.repository.tags import tags_of
from citewell.models import Document

_MAX_LABEL = 200  # characters of a group's label
_TAGS_EACH = 20  # tags of each document in a list


class ProjectCatalog:
    """Lists and counts the documents that an agent may read. Deleted documents are left out."""

    def __init__(self, database: Database, documents: ReadableDocuments) -> None:
        self._database = database
        self._documents = documents
        self._project_id = documents.project_id

    def _among(self, document_ids: Sequence[UUID] | None) -> ColumnElement[bool]:
        visible = self._documents.condition
        return visible if document_ids is None else visible & is_one_of(document_ids)

    async def documents(
        self, contains: str, offset: int, limit: int, document_ids: Sequence[UUID] | None = None
    ) -> DocumentList:
        async with self._database.read() as session:
            total, rows = await repository.page_by_name(session, self._among(document_ids), contains, limit, offset)
            entries = await self._entries(session, [(row, None) for row in rows])
        return DocumentList(total, entries)

    async def by_name(
        self, words: Sequence[str], limit: int, document_ids: Sequence[UUID] | None = None
    ) -> list[DocumentEntry]:
        async with self._database.read() as session:
            found = await repository.rank_by_name(session, self._among(document_ids), words, limit)
            return await self._entries(session, found)

    async def by_tags(
        self, words: Sequence[str], limit: int, document_ids: Sequence[UUID] | None = None
    ) -> list[DocumentEntry]:
        async with self._database.read() as session:
            among = self._among(document_ids)
            found = await repository.rank_by_tags(session, self._project_id, among, words, limit)
            return await self._entries(session, found)

    async def _entries(
        self, session: AsyncSession, found: Sequence[tuple[Document, float | None]]
    ) -> list[DocumentEntry]:
        tags = await tags_of(session, self._project_id, [document.id for document, _ in found])
        return [
            DocumentEntry(
                document_id=document.id,
                name=document.name,
                content_type=document.content_type,
                page_count=document.page_count,
                size=document.file_size,
                tags=tags.get(document.id, [])[:_TAGS_EACH],
                score=round(score, 4) if score is not None else None,
            )
            for document, score in found
        ]

    async def tally(self, measure: Measure, grouping: Grouping, key: str, limit: int) -> Tally:
        async with self._database.read() as session:
            total = await repository.total_amount(session, self._documents.condition, measure)
            if grouping == "none":
                return Tally(total, [], False)
            rows = await repository.amounts_by_label(
                session, self._documents.condition, measure, grouping, key, limit + 1
            )
        groups = [Group(label[:_MAX_LABEL], count) for label, count in rows[:limit]]
        return Tally(total, groups, len(rows) > limit)
