"""Lists and numbers of documents. `visible` is a condition of `visible_documents`: only these documents count."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Subquery,
    Text,
    and_,
    case,
    cast,
    column,
    distinct,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agent.knowledge import Grouping, Measure
from citewell.db.pages import select_page
from citewell.documents.repository.collections import DEFAULT_NAME
from citewell.models import Chunk, Collection, Document, DocumentTag


async def page_by_name(
    session: AsyncSession, visible: ColumnElement[bool], contains: str, limit: int, offset: int
) -> tuple[int, list[Document]]:
    """Returns the number of documents whose names contain the text, in whatever case, and a page of them, by name."""
    query = select(Document).where(visible)
    if contains:
        query = query.where(func.strpos(func.lower(Document.name), func.lower(contains)) > 0)
    return await select_page(session, query, limit, offset, func.lower(Document.name), Document.id)


async def rank_by_name(
    session: AsyncSession, visible: ColumnElement[bool], words: Sequence[str], limit: int
) -> list[tuple[Document, float]]:
    """Returns the documents whose names have the most of the words, which are lower case, best first.

    The score is the share of words that they have."""
    return await _rank(session, visible, [func.strpos(func.lower(Document.name), word) > 0 for word in words], limit)


async def rank_by_tags(
    session: AsyncSession, project_id: UUID, visible: ColumnElement[bool], words: Sequence[str], limit: int
) -> list[tuple[Document, float]]:
    """Like `rank_by_name`, by the names and values of the documents' tags."""
    tags = (
        select(func.string_agg(func.lower(DocumentTag.name + " " + DocumentTag.value), "\n"))
        .where(DocumentTag.project_id == project_id, DocumentTag.document_id == Document.id)
        .scalar_subquery()
    )
    return await _rank(session, visible, [func.strpos(tags, word) > 0 for word in words], limit)


async def _rank(
    session: AsyncSession, visible: ColumnElement[bool], found: Sequence[ColumnElement[bool]], limit: int
) -> list[tuple[Document, float]]:
    """Returns the documents that meet the most of the conditions `found`, best first.

    The score is the share that they meet.
    """
    share: ColumnElement[Any] = sum((case((one, 1.0), else_=0.0) for one in found), start=literal(0.0)) / len(found)
    query = select(Document, share).where(visible, or_(*found))
    ordered = query.order_by(share.desc(), func.length(Document.name), func.lower(Document.name), Document.id)
    rows = (await session.execute(ordered.limit(limit))).all()
    return [(document, float(score)) for document, score in rows]


async def total_amount(session: AsyncSession, visible: ColumnElement[bool], measure: Measure) -> int:
    """Returns the sum of the measure over the documents."""
    amounts = _amounts(visible, measure)
    return int(await session.scalar(select(func.coalesce(func.sum(amounts.c.amount), 0))) or 0)


async def amounts_by_label(
    session: AsyncSession, visible: ColumnElement[bool], measure: Measure, grouping: Grouping, key: str, limit: int
) -> list[tuple[str, int]]:
    """Returns the sum of the measure for each label, the largest first.

    A document may have several labels (tags), or none. `key` is the only name of tags or metadata to look at; empty for
    all.
    """
    amounts, labels = _amounts(visible, measure), _labels(visible, grouping, key)
    size = func.sum(amounts.c.amount)
    query = (
        select(labels.c.label, size)
        .join(amounts, amounts.c.id == labels.c.id)
        .group_by(labels.c.label)
        .order_by(size.desc(), labels.c.label)
    )
    return [(str(label), int(amount)) for label, amount in (await session.execute(query.limit(limit))).all()]


def _amounts(visible: ColumnElement[bool], measure: Measure) -> Subquery:
    """(id, amount) of each document."""
    return select(Document.id, _amount(measure).label("amount")).where(visible).subquery()


def _amount(measure: Measure) -> ColumnElement[Any]:
    """Returns the expression of the measure of one document."""
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


def _labels(visible: ColumnElement[bool], grouping: Grouping, key: str) -> Subquery:
    """(id, label) of each document, once for every label that it has."""
    if grouping == "collection":
        of = and_(Collection.project_id == Document.project_id, Collection.id == Document.collection_id)
        query = select(Document.id, func.coalesce(Collection.name, DEFAULT_NAME).label("label"))
        return query.outerjoin(Collection, of).where(visible).subquery()
    if grouping == "tag":
        label = _named(DocumentTag.name, DocumentTag.value, key)
        tagged = select(Document.id, label).join(DocumentTag, _tags_of_document()).where(visible)
        if key:
            tagged = tagged.where(func.lower(DocumentTag.name) == func.lower(key))
        return tagged.distinct().subquery()
    if grouping == "metadata":
        pair = func.jsonb_array_elements(Document.metadata_pairs).table_valued(column("pair")).render_derived()
        name, value = pair.c.pair.op("->>")(0), pair.c.pair.op("->>")(1)
        paired = select(Document.id, _named(name, value, key)).select_from(Document).join(pair, literal(True))
        paired = paired.where(visible)
        if key:
            paired = paired.where(func.lower(name) == func.lower(key))
        return paired.distinct().subquery()
    plain: dict[str, ColumnElement[Any]] = {
        "content_type": cast(Document.content_type, Text),
        "month": func.to_char(func.timezone("UTC", Document.created_at), "YYYY-MM"),
        # Names are not unique, documents are.
        "document": Document.name + " (" + cast(Document.id, Text) + ")",
    }
    return select(Document.id, plain[grouping].label("label")).where(visible).subquery()


def _tags_of_document() -> ColumnElement[bool]:
    return and_(DocumentTag.project_id == Document.project_id, DocumentTag.document_id == Document.id)


def _named(name: Any, value: Any, key: str) -> ColumnElement[str]:
    """Returns the value alone where one name was asked for, else both."""
    both: ColumnElement[str] = value if key else name + ": " + value
    return both.label("label")
