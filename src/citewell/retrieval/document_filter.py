"""From filters by tags, metadata and collections to the documents that pass them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from citewell.documents.collections import in_collections
from citewell.documents.conditions import has_metadata
from citewell.documents.repository import is_project_document
from citewell.models import Document, DocumentTag
from citewell.retrieval.schemas import AttributeChoice, RetrievalRequest, TagChoice


async def passing_documents(session: AsyncSession, project_id: UUID, request: RetrievalRequest) -> list[UUID] | None:
    """The documents to search in; None where nothing is filtered."""
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
    if request.included_tags:
        found.append(or_(*(tagged(project_id, tag) for tag in request.included_tags)))
    if request.excluded_tags:
        found.append(and_(*(~tagged(project_id, tag) for tag in request.excluded_tags)))
    if request.included_attributes:
        found.append(_has_one(request.included_attributes))
    if request.excluded_attributes:
        found.append(~_has_one(request.excluded_attributes))
    if request.included_objects:
        found.append(false())  # there are no objects that a chunk could belong to
    return found


def tagged(project_id: UUID, tag: TagChoice) -> ColumnElement[bool]:
    """Whether the document has the tag: one with the name and value of the row that is named, or of those given."""
    if not tag.is_document_tags:
        return false()  # no chunk has tags of its own
    mine = (DocumentTag.project_id == project_id) & (DocumentTag.document_id == Document.id)
    condition: ColumnElement[bool] = true()
    if tag.id is not None:
        named = aliased(DocumentTag)
        condition &= (
            select(named.id)
            .where(named.project_id == project_id, named.id == tag.id)
            .where(named.name == DocumentTag.name, named.value == DocumentTag.value)
            .exists()
        )
    elif tag.tag_name is None and tag.tag_value is None:
        return false()
    if tag.tag_name is not None:
        condition &= func.lower(DocumentTag.name) == func.lower(tag.tag_name)
    if tag.tag_value is not None:
        condition &= func.lower(DocumentTag.value) == func.lower(tag.tag_value)
    return select(DocumentTag.id).where(mine, condition).exists()


def _has_one(attributes: Sequence[AttributeChoice]) -> ColumnElement[bool]:
    return or_(*(has_metadata([choice.value] if choice.value else None, key=choice.key) for choice in attributes))
