"""Collections of documents over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, StringConstraints

from citewell.auth.dependencies import DatabaseParam, Runner, Viewer
from citewell.documents import collections
from citewell.kit.pagination import Page, PagingParams

router = APIRouter(prefix="/projects/{project_id}/document-collections", tags=["Documents"])

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00]*$")]


class CollectionOut(BaseModel):
    """The default collection has no id."""

    id: UUID | None
    name: str
    slug: str
    document_count: int


class CollectionIn(BaseModel, extra="forbid"):
    name: Name


class Move(BaseModel, extra="forbid"):
    document_ids: Annotated[list[UUID], Field(min_length=1, max_length=collections.MAX_MOVED)]


class Moved(BaseModel):
    """How many documents were in another collection before."""

    moved: int


@router.get("/", operation_id="listDocumentCollections", response_model=Page[CollectionOut])
async def list_all(access: Viewer, database: DatabaseParam, paging: PagingParams) -> Any:
    async with database.read() as session:
        found = await collections.list_collections(session, access.project_id)
    return paging.page(len(found), found[paging.offset : paging.offset + paging.limit])


@router.post("/", operation_id="createDocumentCollection", status_code=201, response_model=CollectionOut)
async def create(access: Runner, database: DatabaseParam, body: CollectionIn) -> Any:
    async with database.write() as session:
        row = await collections.create_collection(session, access.project_id, body.name)
    return collections.wire(row, 0)


@router.patch("/{slug}/", operation_id="renameDocumentCollection", response_model=CollectionOut)
async def rename(access: Runner, database: DatabaseParam, slug: str, body: CollectionIn) -> Any:
    """Change the name. The slug stays, so links and filters go on working."""
    async with database.write() as session:
        await collections.rename_collection(session, access.project_id, slug, body.name)
        found = await collections.list_collections(session, access.project_id)
    return next(item for item in found if item["slug"] == slug)


@router.delete("/{slug}/", operation_id="deleteDocumentCollection", status_code=204)
async def delete(access: Runner, database: DatabaseParam, slug: str) -> Response:
    """Delete a collection. Its documents move to the default collection."""
    async with database.write() as session:
        await collections.delete_collection(session, access, slug)
    return Response(status_code=204)


@router.post("/{slug}/move-documents/", operation_id="moveDocuments", response_model=Moved)
async def move(access: Runner, database: DatabaseParam, slug: str, body: Move) -> Any:
    """Moves up to 200 documents into the collection, all or none."""
    async with database.write() as session:
        moved = await collections.move_documents(session, access.project_id, slug, body.document_ids)
    return {"moved": moved}
