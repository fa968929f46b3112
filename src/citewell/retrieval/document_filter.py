"""Resolves filters by tags, metadata and collections to documents."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.documents.repository.collections import in_collections
from citewell.documents.repository.conditions import is_one_of
from citewell.retrieval.repository import documents
from citewell.retrieval.repository.documents import TagKey
from citewell.retrieval.schemas import AttributeChoice, RetrievalRequest, TagChoice


async def passing_documents(session: AsyncSession, project_id: UUID, request: RetrievalRequest) -> list[UUID] | None:
    """Returns the documents to search in; None if there is no filter."""
    conditions = _conditions(project_id, request)
    return await documents.list_own_document_ids(session, project_id, conditions) if conditions else None


def _conditions(project_id: UUID, request: RetrievalRequest) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if request.selected_documents:
        found.append(is_one_of(request.selected_documents))
    if request.selected_collections:
        found.append(in_collections(project_id, request.selected_collections))
    found += tag_conditions(project_id, request.included_tags, request.excluded_tags)
    found += attribute_conditions(request.included_attributes, request.excluded_attributes)
    return found


def tag_conditions(
    project_id: UUID, included: Sequence[TagChoice], excluded: Sequence[TagChoice]
) -> list[ColumnElement[bool]]:
    """Returns the conditions on a document's tags.

    If there are tags of chunks among `included`, `scope` resolves all of them, and this returns no condition for them.
    """
    found: list[ColumnElement[bool]] = []
    if included and all(tag.is_document_tags for tag in included):
        found.append(documents.has_any_tag(project_id, document_tags(included)))
    if of_documents := document_tags(excluded):
        found.append(documents.has_none_of(project_id, of_documents))
    return found


def attribute_conditions(
    included: Sequence[AttributeChoice], excluded: Sequence[AttributeChoice]
) -> list[ColumnElement[bool]]:
    """Returns the conditions on a document's metadata."""
    found: list[ColumnElement[bool]] = []
    if included:
        found.append(documents.has_attribute([(one.key, one.value) for one in included]))
    if excluded:
        found.append(~documents.has_attribute([(one.key, one.value) for one in excluded]))
    return found


def document_tags(tags: Sequence[TagChoice]) -> list[TagKey]:
    """Returns those of the tags that are tags of documents, not of chunks."""
    return [TagKey(tag.id, tag.tag_name, tag.tag_value) for tag in tags if tag.is_document_tags]
