"""Routes of a document's content: its versions, and the chunks of the version that searches see."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from citewell.auth.dependencies import DatabaseParam, Viewer
from citewell.documents.repository.chunks import page_of_chunks
from citewell.documents.repository.versions import page_of_versions
from citewell.documents.service import get_document
from citewell.documents.views import View, view_of
from citewell.kit.pagination import Page, PagingParams
from citewell.models import Chunk, DocumentVersion

router = APIRouter(prefix="/projects/{project_id}/documents/{document_id}", tags=["Documents"])


class DocumentVersionOut(BaseModel):
    """`is_current` says whether searches see this version. `view` is how a viewer shows a file of this kind. If the
    version failed, `error` says why, and `error_code` is its stable name.
    """

    number: int
    created_at: datetime
    stage: str
    kind: str | None
    view: View
    language: str | None
    title: str | None
    page_count: int | None
    file_size: int | None
    is_current: bool
    error: str | None
    error_code: str | None


class BlockOut(BaseModel):
    """`start` and `end` are characters of the chunk's content; `bbox` (left, top, right, bottom) is in points from the
    page's top left."""

    model_config = ConfigDict(extra="ignore")

    type: str
    start: int
    end: int
    page: int | None = None
    place: str | None = None
    bbox: list[float] | None = None


class ChunkOut(BaseModel):
    id: UUID
    ordinal: int
    content: str
    min_page: int | None
    max_page: int | None
    heading_path: list[str]
    blocks: list[BlockOut]


@router.get("/versions/", operation_id="listDocumentVersions", response_model=Page[DocumentVersionOut])
async def list_versions(access: Viewer, database: DatabaseParam, paging: PagingParams, document_id: UUID) -> Any:
    """The versions of the document, newest first."""
    async with database.read() as session:
        document = await get_document(session, access.project_id, document_id)
        count, rows = await page_of_versions(session, access.project_id, document_id, paging.limit, paging.offset)
    return paging.page(count, [_version(row, document.live_version_id) for row in rows])


@router.get("/chunks/", operation_id="listDocumentChunks", response_model=Page[ChunkOut])
async def list_chunks(access: Viewer, database: DatabaseParam, paging: PagingParams, document_id: UUID) -> Any:
    """The chunks of the version that searches see, in the order of the text, with the blocks of each."""
    async with database.read() as session:
        document = await get_document(session, access.project_id, document_id)
        count, rows = await page_of_chunks(
            session, access.project_id, document.live_version_id, paging.limit, paging.offset
        )
    return paging.page(count, [_chunk(row) for row in rows])


def _version(row: DocumentVersion, live: UUID | None) -> dict[str, Any]:
    names = ("number", "created_at", "stage", "kind", "language", "title", "page_count", "file_size")
    failure = row.failure
    why = {"error": failure.error if failure else None, "error_code": failure.error_code if failure else None}
    return (
        {name: getattr(row, name) for name in names} | {"view": view_of(row.kind), "is_current": row.id == live} | why
    )


def _chunk(row: Chunk) -> dict[str, Any]:
    names = ("id", "ordinal", "content", "min_page", "max_page", "heading_path", "blocks")
    return {name: getattr(row, name) for name in names}
