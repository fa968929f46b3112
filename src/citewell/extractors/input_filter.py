"""Filters of what an extractor reads: documents by tags, metadata, collections and names, chunks by tags and words.

The fields are those of searches, so that a branch of a flow and a search that is narrowed alike see the same.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.extractors.repository.chunks import find_live_chunks
from citewell.extractors.repository.documents import find_ids_by_part_of_name
from citewell.retrieval.chunk_scope import chunk_scope
from citewell.retrieval.document_filter import passing_documents
from citewell.retrieval.schemas import Attributes, Documents, RetrievalRequest, TagChoice, Value

_MAX_CHOICES = 1000


def _listed(value: Any) -> Any:
    return [] if value is None or value == {} else [value] if isinstance(value, str) else value


def _tags(value: Any) -> Any:
    """A tag may be sent as its id alone."""
    return [{"id": one} if isinstance(one, str) else one for one in _listed(value)]


Values = Annotated[list[Value], BeforeValidator(_listed), Field(max_length=_MAX_CHOICES)]
TagChoices = Annotated[list[TagChoice], BeforeValidator(_tags), Field(max_length=_MAX_CHOICES)]


class InputFilter(BaseModel, extra="forbid"):
    """A filter whose fields must all match; the values of one field are alternatives.

    `name` is a part of the document's name; `contains` are words of which a chunk must hold one, in any case.
    """

    selected_documents: Documents = []
    selected_collections: Values = []
    included_tags: TagChoices = []
    excluded_tags: TagChoices = []
    included_attributes: Attributes = []
    excluded_attributes: Attributes = []
    name: Value = ""
    contains: Values = []

    @property
    def included_ids(self) -> tuple[str, ...]:
        """The tags of chunks that are wanted."""
        return tuple(sorted(tag.id for tag in self.included_tags if tag.id and not tag.is_document_tags))

    @property
    def excluded_ids(self) -> tuple[str, ...]:
        return tuple(sorted(tag.id for tag in self.excluded_tags if tag.id and not tag.is_document_tags))


def read_filter(stated: Mapping[str, Any] | None, *, of_chunks: bool = False) -> InputFilter:
    """Returns the filter as it is stored; with `of_chunks`, tags are those of chunks where it does not say so.

    Raises ValueError that names the place of what is wrong and what there is.
    """
    values = dict(stated or {})
    if of_chunks:
        for field in ("included_tags", "excluded_tags"):
            values[field] = [{"is_document_tags": False, **one} for one in _tags(values.get(field))]
    try:
        return InputFilter.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        told = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            told = f"no such filter; there are {', '.join(InputFilter.model_fields)}"
        raise ValueError(f"{place}: {told}") from None


async def documents_of(session: AsyncSession, project_id: UUID, wanted: InputFilter) -> frozenset[UUID] | None:
    """Returns the documents that pass; None if all do."""
    of_documents = wanted.included_tags if not wanted.included_ids else []
    request = RetrievalRequest(
        selected_documents=wanted.selected_documents,
        selected_collections=wanted.selected_collections,
        included_tags=of_documents,
        excluded_tags=[tag for tag in wanted.excluded_tags if tag.is_document_tags],
        included_attributes=wanted.included_attributes,
        excluded_attributes=wanted.excluded_attributes,
    )
    found = await passing_documents(session, project_id, request)
    passing = None if found is None else frozenset(found)
    if wanted.name:
        named = await find_ids_by_part_of_name(session, project_id, wanted.name)
        passing = named if passing is None else passing & named
    return passing


async def chunks_by_document(
    session: AsyncSession, project_id: UUID, wanted: InputFilter
) -> Mapping[UUID, Sequence[UUID]] | None:
    """Returns the chunks that pass by their tags, as these are deployed, by document; None where tags of chunks are not
    filtered by.
    """
    if not wanted.included_ids and not wanted.excluded_ids:
        return None
    included = wanted.included_tags if wanted.included_ids else []
    scope = await chunk_scope(session, project_id, included, wanted.excluded_tags)
    found: dict[UUID, list[UUID]] = {}
    for chunk, document in await find_live_chunks(session, project_id, scope.only, scope.excluded):
        found.setdefault(document, []).append(chunk)
    return found
