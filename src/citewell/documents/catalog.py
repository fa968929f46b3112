"""The project's documents as lists and numbers (`citewell.agent.knowledge.Catalog`) over the tables."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    Text,
    and_,
    case,
    cast,
    column,
    distinct,
    func,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agent.knowledge import DocumentEntry, DocumentList, Group, Grouping, Measure, Tally
from citewell.db.engine import Database
from citewell.documents.repository.collections import DEFAULT_NAME
from citewell.documents.repository.conditions import visible_documents
from citewell.documents.repository.tags import tags_of
from citewell.models import Chunk, Collection, Document, DocumentTag

_MAX_LABEL = 200  # characters of a group's label
_TAGS_EACH = 20  # of a document in a list


class ProjectCatalog:
    """The documents of one project that are not deleted and meet all the conditions in `within`, and those that are
    local to one of `local_to`."""

    def __init__(
        self,
        database: Database,
        project_id: UUID,
        within: Sequence[ColumnElement[bool]] = (),
        local_to: Sequence[UUID] = (),
    ) -> None:
        self._database = database
        self._project_id = project_id
        self._within = tuple(within)
        self._local_to = tuple(local_to)

    @cached_property
    def _mine(self) -> ColumnElement[bool]:
        """Put together when it is needed: an agent has the tools for it, and seldom asks."""
        return visible_documents(self._project_id, self._within, self._local_to)

    async def documents(self, contains: str, offset: int, limit: int) -> DocumentList:
        wanted = self._mine
        if contains:
            wanted = and_(wanted, func.strpos(func.lower(Document.name), func.lower(contains)) > 0)
        query = select(Document, null()).where(wanted).order_by(func.lower(Document.name), Document.id)
        async with self._database.read() as session:
            total = await session.scalar(select(func.count()).select_from(Document).where(wanted))
            entries = await self._entries(session, query.offset(offset).limit(limit))
        return DocumentList(total or 0, entries)

    async def by_name(self, words: Sequence[str], limit: int) -> list[DocumentEntry]:
        found = [func.strpos(func.lower(Document.name), word) > 0 for word in words]
        return await self._best(found, limit)

    async def by_tags(self, words: Sequence[str], limit: int) -> list[DocumentEntry]:
        tags = (
            select(func.string_agg(func.lower(DocumentTag.name + " " + DocumentTag.value), "\n"))
            .where(DocumentTag.project_id == self._project_id, DocumentTag.document_id == Document.id)
            .scalar_subquery()
        )
        return await self._best([func.strpos(tags, word) > 0 for word in words], limit)

    async def _best(self, found: Sequence[ColumnElement[bool]], limit: int) -> list[DocumentEntry]:
        """The documents that meet the most of the conditions, best first. The score is the share of conditions that
        hold."""
        share: ColumnElement[Any] = sum((case((one, 1.0), else_=0.0) for one in found), start=literal(0.0)) / len(found)
        query = select(Document, share).where(self._mine, or_(*found))
        ordered = query.order_by(share.desc(), func.length(Document.name), func.lower(Document.name), Document.id)
        async with self._database.read() as session:
            return await self._entries(session, ordered.limit(limit))

    async def _entries(self, session: AsyncSession, query: Select[Document, Any]) -> list[DocumentEntry]:
        rows = (await session.execute(query)).all()
        tags = await tags_of(session, self._project_id, [document.id for document, _ in rows])
        return [
            DocumentEntry(
                document_id=document.id,
                name=document.name,
                content_type=document.content_type,
                page_count=document.page_count,
                size=document.file_size,
                tags=tags.get(document.id, [])[:_TAGS_EACH],
                score=round(float(score), 4) if score is not None else None,
            )
            for document, score in rows
        ]

    async def tally(self, measure: Measure, grouping: Grouping, key: str, limit: int) -> Tally:
        counted = select(Document.id, self._amount(measure).label("amount")).where(self._mine).subquery()
        async with self._database.read() as session:
            total = await session.scalar(select(func.coalesce(func.sum(counted.c.amount), 0)))
            if grouping == "none":
                return Tally(int(total or 0), [], False)
            labels = self._labels(grouping, key)
            size = func.sum(counted.c.amount)
            query = (
                select(labels.c.label, size)
                .join(counted, counted.c.id == labels.c.id)
                .group_by(labels.c.label)
                .order_by(size.desc(), labels.c.label)
            )
            rows = (await session.execute(query.limit(limit + 1))).all()
        groups = [Group(str(label)[:_MAX_LABEL], int(count)) for label, count in rows[:limit]]
        return Tally(int(total or 0), groups, len(rows) > limit)

    def _amount(self, measure: Measure) -> ColumnElement[Any]:
        """How much of the measure one document has."""
        match measure:
            case "documents":
                return literal(1)
            case "pages":
                return func.coalesce(Document.page_count, 0)
            case "chunks":
                live = and_(Chunk.project_id == Document.project_id, Chunk.version_id == Document.live_version_id)
                return select(func.count()).select_from(Chunk).where(live).correlate(Document).scalar_subquery()
            case "tags":
                count = func.count(distinct(func.jsonb_build_array(DocumentTag.name, DocumentTag.value)))
                return select(count).where(_tags_of_document()).correlate(Document).scalar_subquery()
            case "metadata":
                return func.jsonb_array_length(Document.metadata_pairs)

    def _labels(self, grouping: Grouping, key: str) -> Subquery:
        """(id, label) of each document, once for every label that it has."""
        if grouping == "collection":
            of = and_(Collection.project_id == Document.project_id, Collection.id == Document.collection_id)
            query = select(Document.id, func.coalesce(Collection.name, DEFAULT_NAME).label("label"))
            return query.outerjoin(Collection, of).where(self._mine).subquery()
        if grouping == "tag":
            label = _named(DocumentTag.name, DocumentTag.value, key)
            tagged = select(Document.id, label).join(DocumentTag, _tags_of_document()).where(self._mine)
            if key:
                tagged = tagged.where(func.lower(DocumentTag.name) == func.lower(key))
            return tagged.distinct().subquery()
        if grouping == "metadata":
            pair = func.jsonb_array_elements(Document.metadata_pairs).table_valued(column("pair")).render_derived()
            name, value = pair.c.pair.op("->>")(0), pair.c.pair.op("->>")(1)
            paired = select(Document.id, _named(name, value, key)).select_from(Document).join(pair, literal(True))
            paired = paired.where(self._mine)
            if key:
                paired = paired.where(func.lower(name) == func.lower(key))
            return paired.distinct().subquery()
        plain: dict[str, ColumnElement[Any]] = {
            "content_type": cast(Document.content_type, Text),
            "month": func.to_char(func.timezone("UTC", Document.created_at), "YYYY-MM"),
            # Names are not unique, documents are.
            "document": Document.name + " (" + cast(Document.id, Text) + ")",
        }
        return select(Document.id, plain[grouping].label("label")).where(self._mine).subquery()


def _tags_of_document() -> ColumnElement[bool]:
    return and_(DocumentTag.project_id == Document.project_id, DocumentTag.document_id == Document.id)


def _named(name: Any, value: Any, key: str) -> ColumnElement[str]:
    """The value alone where one name was asked for, else both."""
    both: ColumnElement[str] = value if key else name + ": " + value
    return both.label("label")
