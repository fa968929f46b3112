"""Documents over HTTP."""

from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID, uuid5

from fastapi import APIRouter, Query, Request, Response
from starlette.datastructures import FormData, UploadFile
from starlette.responses import StreamingResponse

from citewell.auth.dependencies import Runner, RuntimeParam, Viewer
from citewell.documents import service
from citewell.documents.schemas import (
    DocumentMinimal,
    DocumentOut,
    IndexingStatus,
    full,
    indexing_status,
    minimal,
    parse_metadata,
)
from citewell.errors import BadRequest, InvalidFields
from citewell.kit.pagination import Page, PagingParams
from citewell.kit.urls import base_url
from citewell.models import Document, DocumentVersion

router = APIRouter(prefix="/projects/{project_id}/documents", tags=["Documents"])

MAX_STATUS_IDS = 1000
_MAX_FIELD_BYTES = 8 * 1024 * 1024

_UPLOAD_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                        "files_metadata": {"type": "string"},
                        "skip_parsing": {"type": "string", "enum": ["true", "false"], "default": "false"},
                    },
                }
            }
        },
    }
}


@router.post(
    "/bulk-upload/",
    operation_id="bulkUploadDocuments",
    status_code=201,
    response_model=list[DocumentOut],
    openapi_extra=_UPLOAD_BODY,
)
async def bulk_upload(access: Runner, runtime: RuntimeParam, request: Request) -> Any:
    """Upload files (`files`, several times). Answers at once; `indexing-status` shows how far each one is."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise BadRequest('Send the files as multipart/form-data, in one or more fields named "files".')
    limit = runtime.settings.max_files_per_upload
    async with request.form(max_files=limit, max_fields=20, max_part_size=_MAX_FIELD_BYTES) as form:
        uploads = _uploads(form)
        skip = str(form.get("skip_parsing", "false")).lower() == "true"
        rows = await service.add_documents(
            runtime, access.project_id, access.acting.user_id, uploads, skip_parsing=skip
        )
    return [full(row, base_url(request, runtime.settings)) for row in rows]


def _uploads(form: FormData) -> list[service.Upload]:
    files = [item for item in form.getlist("files") if isinstance(item, UploadFile)]
    if not files:
        raise InvalidFields({"files": ["No file was sent: add at least one file in a field named files."]})
    metadata_text = form.get("files_metadata")
    metadata = parse_metadata(metadata_text if isinstance(metadata_text, str) else None, len(files))
    return [
        service.Upload(
            name=_clean_name(file.filename),
            content_type=(file.content_type or "application/octet-stream")[:200],
            file=file.file,
            metadata=pairs,
        )
        for file, pairs in zip(files, metadata, strict=True)
    ]


def _clean_name(name: str | None) -> str:
    """The last part of what the client called the file, without characters that no name should have."""
    last = (name or "").replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(char for char in last if char.isprintable()).strip()
    return kept[: service.MAX_NAME] or "unnamed"


@router.get("/", operation_id="listDocuments", response_model=Page[DocumentOut])
async def list_documents(access: Viewer, runtime: RuntimeParam, paging: PagingParams, request: Request) -> Any:
    async with runtime.database.sessions() as session:
        count, rows = await service.list_documents(session, access.project_id, paging.limit, paging.offset)
    return paging.page(count, [full(row, base_url(request, runtime.settings)) for row in rows])


@router.get("/get-without-file/", operation_id="listDocumentsWithoutFile", response_model=Page[DocumentMinimal])
async def list_without_file(access: Viewer, runtime: RuntimeParam, paging: PagingParams) -> Any:
    async with runtime.database.sessions() as session:
        count, rows = await service.list_documents(session, access.project_id, paging.limit, paging.offset)
    return paging.page(count, [minimal(row) for row in rows])


@router.get("/indexing-status/", operation_id="getDocumentIndexingStatus", response_model=list[IndexingStatus])
async def get_indexing_status(
    access: Viewer,
    runtime: RuntimeParam,
    document_ids: Annotated[str | None, Query(description="Ids, separated by commas; all if absent.")] = None,
) -> Any:
    wanted = _ids(document_ids)
    async with runtime.database.sessions() as session:
        rows = await service.indexing_rows(session, access.project_id, wanted)
    return [_status(document, version) for document, version in rows]


def _ids(text: str | None) -> list[UUID] | None:
    if text is None or not text.strip():
        return None
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) > MAX_STATUS_IDS:
        raise InvalidFields({"document_ids": [f"At most {MAX_STATUS_IDS} ids at once; {len(parts)} were sent."]})
    try:
        return [UUID(part) for part in parts]
    except ValueError:
        raise InvalidFields({"document_ids": ["Must be document ids (UUIDs), separated by commas."]}) from None


def _status(document: Document, version: DocumentVersion) -> IndexingStatus:
    # Until extractors can be made, a project has one: its ids follow from the project's.
    extractor = uuid5(document.project_id, "chunks-extractor")
    failed = version.stage == "failed" and document.status == "active"
    error = {"code": version.failure_code or "", "message": version.failure_reason or ""} if failed else None
    return IndexingStatus(
        document_id=document.id,
        document_name=document.name,
        extractor_id=extractor,
        extractor_version_id=uuid5(extractor, "1"),
        status=indexing_status(document, version),
        stage=version.stage,
        attempts=version.attempts,
        error=error,
    )


@router.delete("/{document_id}/", operation_id="deleteDocument", status_code=204)
async def delete_document(access: Runner, runtime: RuntimeParam, document_id: UUID) -> Response:
    await service.delete_document(runtime, access.project_id, document_id)
    return Response(status_code=204)


@router.get("/{document_id}/file/", operation_id="downloadDocument", response_class=StreamingResponse)
async def download(access: Viewer, runtime: RuntimeParam, document_id: UUID) -> StreamingResponse:
    """The file as it was uploaded. Always a download: an uploaded page must never run in the reader's browser."""
    async with runtime.database.sessions() as session:
        document = await service.get_document(session, access.project_id, document_id)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(document.name, safe='')}",
        "Content-Length": str(document.file_size),
        "X-Content-Type-Options": "nosniff",
    }
    body = runtime.files.stream(document.file_key)
    return StreamingResponse(body, media_type="application/octet-stream", headers=headers)
