"""Resolves filters by tags, metadata and collections to documents."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Text, and_, cast, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from citewell.documents.collections import in_collections
from citewell.documents.conditions import has_metadata
from citewell.documents.repository import is_project_document
from citewell.models import Document, DocumentTag
from citewell.retrieval.schemas import AttributeChoice, RetrievalRequest, TagChoice


async def passing_documents(session: AsyncSession, project_id: UUID, request: RetrievalRequest) -> list[UUID] | None:
    """The documents to search in; None if there is no filter."""
    conditions = _conditions(project_id, request)
    if not conditions:
        return None
    query = select(Document.id).where(Document.project_id == project_id, is_project_document(), *conditions)
    return list(await session.scalars(query))


def _conditions(project_id: UUID, request: RetrievalRequest) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if request.selected_documents:
        found.append(Document.id.in_(request.selected_documents))
    if request.selected_collections:
        found.append(in_collections(project_id, request.selected_collections))
    if request.included_tags and all(tag.is_document_tags for tag in request.included_tags):
        found.append(or_(*(tagged(project_id, tag) for tag in request.included_tags)))
    if documents := [tag for tag in request.excluded_tags if tag.is_document_tags]:
        found.append(and_(*(~tagged(project_id, tag) for tag in documents)))
    if request.included_attributes:
        found.append(has_attribute(request.included_attributes))
    if request.excluded_attributes:
        found.append(~has_attribute(request.excluded_attributes))
    return found


def tagged(project_id: UUID, tag: TagChoice) -> ColumnElement[bool]:
    """The condition that a document has the tag: by value, by the id of a row, or by name and value."""
    if not tag.is_document_tags:
        return false()  # tags of chunks are not tags of documents: see `scope`
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
    elif tag.tag_name is None and tag.tag_value is None:
        return false()
    if tag.tag_name is not None:
        condition &= func.lower(DocumentTag.name) == func.lower(tag.tag_name)
    if tag.tag_value is not None:
        condition &= func.lower(DocumentTag.value) == func.lower(tag.tag_value)
    return select(DocumentTag.id).where(mine, condition).exists()


def has_attribute(attributes: Sequence[AttributeChoice]) -> ColumnElement[bool]:
    """The condition that a document has one of the pairs in its metadata."""
    return or_(*(has_metadata([choice.value] if choice.value else None, key=choice.key) for choice in attributes))
