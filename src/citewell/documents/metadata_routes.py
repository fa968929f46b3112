"""Metadata and tags of documents over HTTP, and the lists that are filtered by them."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, StringConstraints
from starlette.requests import Request

from citewell.auth.dependencies import DatabaseParam, ResourcesParam, Runner, Viewer
from citewell.documents import metadata, tags
from citewell.documents.file_links import file_links
from citewell.documents.repository import conditions
from citewell.documents.repository.documents import list_documents, newest_ids
from citewell.documents.schemas import (
    MAX_LISTED,
    MAX_METADATA_CHARS,
    DocumentMinimal,
    DocumentOut,
    Limit,
    Offset,
    full,
    minimal,
    parse_ids,
)
from citewell.kit.pagination import Page, PagingParams

router = APIRouter(prefix="/projects/{project_id}", tags=["Documents"])

Key = Annotated[str, StringConstraints(min_length=1, max_length=MAX_METADATA_CHARS, pattern=r"^[^\x00]*$")]
Value = Annotated[str, StringConstraints(max_length=MAX_METADATA_CHARS, pattern=r"^[^\x00]*$")]
Values = Annotated[list[Value], Field(min_length=1, max_length=1000)]


class KeyValue(BaseModel, extra="forbid"):
    key: Key
    value: Value


class JustKey(BaseModel, extra="forbid"):
    key: Key


class TagValues(BaseModel, extra="forbid"):
    tag_values: Values


class MetadataValues(BaseModel, extra="forbid"):
    metadata_values: Values


class PairRemoved(BaseModel):
    removed: bool
    document: DocumentOut


class KeyRemoved(BaseModel):
    removed_count: int
    document: DocumentOut


class ValuesOfKey(BaseModel):
    key: str
    values: list[str]


@router.post("/documents/filter-by-tag/", operation_id="filterDocumentsByTag", response_model=Page[DocumentMinimal])
async def filter_by_tag(access: Viewer, database: DatabaseParam, paging: PagingParams, body: TagValues) -> Any:
    """Documents with a tag of one of these values, whatever the case."""
    wanted = conditions.has_tag(access.project_id, body.tag_values)
    async with database.read() as session:
        count, rows = await list_documents(session, access.project_id, paging.limit, paging.offset, wanted)
    return paging.page(count, [minimal(row) for row in rows])


@router.post(
    "/documents/filter-by-metadata/",
    operation_id="filterDocumentsByMetadata",
    response_model=Page[DocumentMinimal],
)
async def filter_by_metadata(
    access: Viewer, database: DatabaseParam, paging: PagingParams, body: MetadataValues
) -> Any:
    """Documents with one of these values in their metadata, under whatever key and in whatever case."""
    wanted = conditions.has_metadata(body.metadata_values)
    async with database.read() as session:
        count, rows = await list_documents(session, access.project_id, paging.limit, paging.offset, wanted)
    return paging.page(count, [minimal(row) for row in rows])


@router.get("/available-document-tags/", operation_id="getAvailableDocumentTags")
async def available_tags(access: Viewer, database: DatabaseParam) -> dict[str, list[str]]:
    async with database.read() as session:
        return await tags.available(session, access.project_id)


@router.get("/available-document-metadata/", operation_id="getAvailableDocumentMetadata")
async def available_metadata(access: Viewer, database: DatabaseParam) -> dict[str, list[str]]:
    async with database.read() as session:
        return await metadata.available(session, access.project_id)


@router.get("/document-tags-by-document/", operation_id="getDocumentTagsByDocument")
async def tags_by_document(
    access: Viewer,
    database: DatabaseParam,
    document_ids: Annotated[str | None, Query()] = None,
    include_deleted_rows: Annotated[Literal["true", "false"], Query()] = "false",
    limit: Limit = MAX_LISTED,
    offset: Offset = 0,
) -> dict[str, Any]:
    """The tags of documents (`document_ids` with commas between them, or all), with the rows that they come from."""
    wanted, deleted = parse_ids(document_ids), include_deleted_rows == "true"
    async with database.read() as session:
        if wanted is not None:
            return await tags.by_document(session, access.project_id, wanted, deleted=deleted)
        some = await newest_ids(session, access.project_id, limit, offset)
        found = await tags.by_document(session, access.project_id, some, deleted=deleted)
    return {document: tagged for document, tagged in found.items() if tagged["tags"]}


@router.post("/documents/{document_id}/metadata-add/", operation_id="addDocumentMetadata", response_model=DocumentOut)
async def add(access: Runner, resources: ResourcesParam, request: Request, document_id: UUID, body: KeyValue) -> Any:
    async with resources.database.write() as session:
        row = await metadata.add_pair(session, access.project_id, document_id, body.key, body.value)
    return full(row, file_links(request, resources))


@router.post(
    "/documents/{document_id}/metadata-remove-pair/",
    operation_id="removeDocumentMetadataPair",
    response_model=PairRemoved,
)
async def remove_pair(
    access: Runner, resources: ResourcesParam, request: Request, document_id: UUID, body: KeyValue
) -> Any:
    async with resources.database.write() as session:
        removed, row = await metadata.remove_pair(session, access.project_id, document_id, body.key, body.value)
    return {"removed": removed, "document": full(row, file_links(request, resources))}


@router.post(
    "/documents/{document_id}/metadata-remove-key/",
    operation_id="removeDocumentMetadataKey",
    response_model=KeyRemoved,
)
async def remove_key(
    access: Runner, resources: ResourcesParam, request: Request, document_id: UUID, body: JustKey
) -> Any:
    async with resources.database.write() as session:
        removed, row = await metadata.remove_key(session, access.project_id, document_id, body.key)
    return {"removed_count": removed, "document": full(row, file_links(request, resources))}


@router.get(
    "/documents/{document_id}/metadata-values/",
    operation_id="getDocumentMetadataValues",
    response_model=ValuesOfKey,
)
async def values(access: Viewer, database: DatabaseParam, document_id: UUID, key: Annotated[Key, Query()]) -> Any:
    async with database.read() as session:
        found = await metadata.values_of(session, access.project_id, document_id, key)
    return {"key": key, "values": found}
