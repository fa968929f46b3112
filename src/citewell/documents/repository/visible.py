"""Finding documents that are visible from somewhere. `visible` is a condition of `visible_documents`."""

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import Document, DocumentTag

_T = TypeVar("_T")


async def find_visible(session: AsyncSession, visible: ColumnElement[bool], document_id: UUID) -> Document | None:
    found: Document | None = await session.scalar(select(Document).where(visible, Document.id == document_id))
    return found


async def visible_ids(
    session: AsyncSession, visible: ColumnElement[bool], document_ids: Sequence[UUID] | None
) -> list[UUID]:
    """Returns the ids of all, or those of `document_ids`."""
    query = select(Document.id).where(visible)
    if document_ids is not None:
        query = query.where(Document.id.in_(document_ids))
    return list(await session.scalars(query))


async def live_versions(session: AsyncSession, visible: ColumnElement[bool], limit: int) -> list[tuple[UUID, str]]:
    """(live version, name) of documents that have one."""
    query = select(Document.live_version_id, Document.name).where(visible, Document.live_version_id.is_not(None))
    rows = (await session.execute(query.limit(limit))).all()
    return [(version_id, name) for version_id, name in rows if version_id is not None]


async def live_versions_by_name(
    session: AsyncSession, visible: ColumnElement[bool], document_ids: Sequence[UUID] | None
) -> list[UUID | None]:
    """Returns the live versions of all, or of those of `document_ids`, by the documents' names."""
    query = _with_live_version(select(Document.live_version_id), visible, document_ids)
    return list(await session.scalars(query.order_by(Document.name, Document.id)))


async def ids_with_tag(
    session: AsyncSession,
    project_id: UUID,
    visible: ColumnElement[bool],
    document_ids: Sequence[UUID] | None,
    tag: str | None,
) -> tuple[int, list[UUID]]:
    """Returns the number of documents that have a live version, and the ids of those that have the tag: its value, or
    `name: value`, in whatever case. Without a tag, the ids of all.
    """
    query = _with_live_version(select(Document.id), visible, document_ids)
    total = await session.scalar(select(func.count()).select_from(query.subquery())) or 0
    return total, list(await session.scalars(query.where(_is_tagged(project_id, tag)) if tag else query))


def _with_live_version(
    query: Select[_T], visible: ColumnElement[bool], document_ids: Sequence[UUID] | None
) -> Select[_T]:
    query = query.where(visible, Document.live_version_id.is_not(None))
    return query if document_ids is None else query.where(Document.id.in_(document_ids))


def _is_tagged(project_id: UUID, tag: str) -> ColumnElement[bool]:
    value = func.lower(DocumentTag.value) == func.lower(tag)
    both = func.lower(DocumentTag.name + ": " + DocumentTag.value) == func.lower(tag)
    mine = (DocumentTag.project_id == project_id) & (DocumentTag.document_id == Document.id)
    return select(DocumentTag.id).where(mine, or_(value, both)).exists()
