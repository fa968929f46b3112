"""Conditions on documents by id, tag and metadata, and the documents that meet them."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Text, and_, cast, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from citewell.documents.repository.conditions import has_metadata, is_project_document
from citewell.models import Document, DocumentTag


class TagKey(NamedTuple):
    """A tag of documents. `id` is its value or the id of one of its rows. Fields that are None are not compared; if all
    three are, no document has the tag.
    """

    id: str | None
    name: str | None
    value: str | None


async def list_own_document_ids(
    session: AsyncSession, project_id: UUID, conditions: Sequence[ColumnElement[bool]]
) -> list[UUID]:
    """Returns the ids of the project's own documents that meet all conditions."""
    query = select(Document.id).where(Document.project_id == project_id, is_project_document(), *conditions)
    return list(await session.scalars(query))


def has_any_tag(project_id: UUID, tags: Sequence[TagKey]) -> ColumnElement[bool]:
    """Returns the condition that a document has one of the tags; false without any."""
    return or_(false(), *(_has_tag(project_id, tag) for tag in tags))


def has_none_of(project_id: UUID, tags: Sequence[TagKey]) -> ColumnElement[bool]:
    """Returns the condition that a document has none of the tags."""
    return and_(true(), *(~_has_tag(project_id, tag) for tag in tags))


def _has_tag(project_id: UUID, tag: TagKey) -> ColumnElement[bool]:
    mine = (DocumentTag.project_id == project_id) & (DocumentTag.document_id == Document.id)
    condition: ColumnElement[bool] = true()
    if tag.id is not None:
        named = aliased(DocumentTag)
        of_row = (
            select(named.id)
            .where(named.project_id == project_id, cast(named.id, Text) == tag.id.lower())
            .where(named.name == DocumentTag.name, named.value == DocumentTag.value)
            .exists()
        )
        condition &= or_(of_row, func.lower(DocumentTag.value) == func.lower(tag.id))
    elif tag.name is None and tag.value is None:
        return false()
    if tag.name is not None:
        condition &= func.lower(DocumentTag.name) == func.lower(tag.name)
    if tag.value is not None:
        condition &= func.lower(DocumentTag.value) == func.lower(tag.value)
    return select(DocumentTag.id).where(mine, condition).exists()


def has_attribute(pairs: Sequence[tuple[str, str | None]]) -> ColumnElement[bool]:
    """Returns the condition that a document has one of the (key, value) pairs in its metadata; without a value, the
    key.
    """
    return or_(*(has_metadata([value] if value else None, key=key) for key, value in pairs))
