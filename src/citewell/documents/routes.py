"""Documents over HTTP."""

import functools
import mimetypes
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any
from uuid import UUID

import procrastinate
from fastapi import APIRouter, Query, Request, Response
from pydantic import TypeAdapter
from starlette.datastructures import FormData, UploadFile
from starlette.responses import StreamingResponse

from citewell.auth.access import Access
from citewell.auth.dependencies import DatabaseParam, QueueParam, ResourcesParam, Runner, Viewer
from citewell.db.engine import Database
from citewell.documents import conflicts, removal, service, uploads
from citewell.documents.file_links import file_links
from citewell.documents.file_routes import download as file_download
from citewell.documents.repository import documents
from citewell.documents.repository.collections import in_collections
from citewell.documents.repository.versions import failed_ids, indexing_rows, settled_rows
from citewell.documents.schemas import (
    MAX_LISTED,
    DocumentMinimal,
    DocumentOut,
    IndexingStatus,
    Limit,
    Offset,
    full,
    minimal,
    parse_ids,
    parse_metadata,
    status_of,
)
from citewell.documents.waiting import waiting
from citewell.errors import InvalidFields, NotFound
from citewell.jobs.queue import outage_of
from citewell.kit.answers import json_answer
from citewell.kit.downloads import Confirm
from citewell.kit.forms import FILES, flag, multipart, multipart_body, text_field
from citewell.kit.pagination import Page, PagingParams
from citewell.models import Document
from citewell.resources import Resources
from citewell.settings import Settings

router = APIRouter(prefix="/projects/{project_id}/documents", tags=["Documents"])

_UNKNOWN = "application/octet-stream"
_STATUSES_AT_ONCE = 250
_STATUS_LIST = TypeAdapter(list[IndexingStatus])

_UPLOAD_BODY = multipart_body(
    ["files"],
    {
        "files": FILES,
        "files_metadata": {"type": "string"},
        "skip_parsing": {"type": "string", "enum": ["true", "false"], "default": "false"},
        "on_conflict": {"type": "string", "enum": ["new", "replace", "keep"], "default": "new"},
    },
)


@router.post(
    "/bulk-upload/",
    operation_id="bulkUploadDocuments",
    status_code=201,
    response_model=list[DocumentOut],
    openapi_extra=_UPLOAD_BODY,
)
async def bulk_upload(access: Runner, resources: ResourcesParam, request: Request) -> Any:
    """Upload files (form field `files`, several times). Returns at once; `indexing-status` shows the progress.

    `on_conflict` says what happens to a file whose name a document has: `new` makes another document (the default),
    `replace` a new version of that document, `keep` leaves the file out and returns that document.
    """
    async with files_form(request, resources.settings, "skip_parsing", "on_conflict") as form:
        received = await uploads_in(form)
        skip = flag(form, "skip_parsing")
        choice = conflicts.parse_on_conflict(str(form.get("on_conflict") or "new"))
        rows = await conflicts.add_or_replace(
            resources, access.project_id, access.acting.user_id, received, choice, skip_parsing=skip
        )
    return [full(row, file_links(request, resources)) for row in rows]


def files_form(request: Request, settings: Settings, *more: str) -> AbstractAsyncContextManager[FormData]:
    """Returns the form of an upload in bulk; `more` are the fields that it may have beside the files and their
    metadata.
    """
    return multipart(request, "files", "files_metadata", *more, max_files=settings.max_files_per_upload)


async def uploads_in(form: FormData) -> list[uploads.Upload]:
    files = [item for item in form.getlist("files") if isinstance(item, UploadFile)]
    if not files:
        raise InvalidFields({"files": ["No file was sent: add at least one file in a field named files."]})
    metadata = parse_metadata(await text_field(form, "files_metadata"), len(files))
    return [
        uploads.Upload(
            name=clean_name(file.filename),
            content_type=_content_type(file)[:200],
            file=file.file,
            metadata=pairs,
        )
        for file, pairs in zip(files, metadata, strict=True)
    ]


def _content_type(file: UploadFile) -> str:
    """Returns the content type that the client states, else that of the file's name; the public client states none."""
    stated = file.content_type or _UNKNOWN
    return stated if stated != _UNKNOWN else mimetypes.guess_type(clean_name(file.filename))[0] or _UNKNOWN


def clean_name(name: str | None) -> str:
    """Returns the last part of what the client called the file, without characters that no name should have."""
    last = (name or "").replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(char for char in last if char.isprintable()).strip()[: uploads.MAX_NAME]
    return kept if kept.strip(".") else "unnamed"  # "." and ".." in an address name folders


Collection = Annotated[str | None, Query(max_length=200, description="Slug of a collection: only its documents.")]


@router.get("/", operation_id="listDocuments", response_model=Page[DocumentOut])
async def list_documents(
    access: Viewer, resources: ResourcesParam, paging: PagingParams, request: Request, collection: Collection = None
) -> Any:
    chosen = [in_collections(access.project_id, [collection])] if collection else []
    async with resources.database.read() as session:
        count, rows = await documents.list_documents(session, access.project_id, paging.limit, paging.offset, *chosen)
        failed = await failed_ids(session, access.project_id, [row.id for row in rows])
    links = file_links(request, resources)
    return paging.page(count, [full(row, links, failed=row.id in failed) for row in rows])


@router.get("/get-without-file/", operation_id="listDocumentsWithoutFile", response_model=Page[DocumentMinimal])
async def list_without_file(
    access: Viewer, database: DatabaseParam, paging: PagingParams, collection: Collection = None
) -> Any:
    count, rows = await documents.list_summaries(database, access.project_id, collection, paging.limit, paging.offset)
    return json_answer(paging.page(count, [minimal(row) for row in rows]))


@router.get("/indexing-status/", operation_id="getDocumentIndexingStatus", response_model=list[IndexingStatus])
async def get_indexing_status(
    access: Viewer,
    database: DatabaseParam,
    queue: QueueParam,
    document_ids: Annotated[str | None, Query(description="Ids, separated by commas; all if absent.")] = None,
    limit: Limit = MAX_LISTED,
    offset: Offset = 0,
) -> Any:
    wanted = parse_ids(document_ids)
    async with database.read() as session:
        if wanted is None:
            wanted = await documents.newest_ids(session, access.project_id, limit, offset)
    listed = sorted(set(wanted))
    # In batches: reading 10,000 at once would hold the event loop, and so every answer, for a second.
    starts = range(0, len(listed), _STATUSES_AT_ONCE)
    parts = [
        await _statuses(access.project_id, database, queue, listed[start : start + _STATUSES_AT_ONCE])
        for start in starts
    ]
    return Response(b"[%b]" % b",".join(filter(None, parts)), media_type="application/json")


async def _statuses(project_id: UUID, database: Database, queue: procrastinate.App, ids: Sequence[UUID]) -> bytes:
    """Returns the statuses as JSON, without the brackets of the list."""
    async with database.read() as session:
        settled = await settled_rows(session, project_id, ids)
        found = [status_of(row, row, None) for row in settled]
        known = {row.id for row in settled}
        others = [one for one in ids if one not in known]
        rows = await indexing_rows(session, project_id, others) if others else []
        live = [version for document, version in rows if document.status == "active"]
        waits = await waiting(session, live, outage_of(queue))
        found += [status_of(document, version, waits.get(version.id)) for document, version in rows]
    found.sort(key=lambda status: status.document_id)
    return _STATUS_LIST.dump_json(found)[1:-1]


@router.delete("/{document_id}/", operation_id="deleteDocument", status_code=204)
async def delete_document(access: Runner, resources: ResourcesParam, document_id: UUID) -> Response:
    async with resources.database.write() as session:
        await removal.delete_document(session, resources, access, document_id)
    return Response(status_code=204)


@router.get("/{document_id}/", operation_id="getDocument", response_model=DocumentOut)
async def get_document(access: Viewer, resources: ResourcesParam, request: Request, document_id: UUID) -> Any:
    async with resources.database.read() as session:
        row = await service.get_document(session, access.project_id, document_id)
        failed = await failed_ids(session, access.project_id, [row.id])
    return full(row, file_links(request, resources), failed=bool(failed))


@router.patch("/{document_id}/", operation_id="updateDocument", response_model=DocumentOut)
async def update_document(access: Runner, resources: ResourcesParam, request: Request, document_id: UUID) -> Any:
    """Add a PDF that was made of the document (multipart, field `computed_pdf_file`)."""
    async with multipart(request, "computed_pdf_file") as form:
        file = form.get("computed_pdf_file")
        if not isinstance(file, UploadFile):
            raise InvalidFields({"computed_pdf_file": ["Send a PDF in this field, as multipart/form-data."]})
        if not (await file.read(5)).startswith(b"%PDF-"):
            raise InvalidFields({"computed_pdf_file": ["This is not a PDF."]})
        await file.seek(0)
        row = await uploads.set_computed_pdf(resources, access.project_id, document_id, file.file)
    return full(row, file_links(request, resources))


@router.post("/{document_id}/versions/", operation_id="addDocumentVersion", status_code=201, response_model=DocumentOut)
async def add_version(access: Runner, resources: ResourcesParam, request: Request, document_id: UUID) -> Any:
    """Upload a new version (multipart, field `file`). Searches find the old one until the new one is complete."""
    async with multipart(request, "file") as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise InvalidFields({"file": ["Send the new version in this field, as multipart/form-data."]})
        upload = uploads.Upload(clean_name(file.filename), "", file.file, [])
        row = await uploads.add_version(resources, access.project_id, access.acting.user_id, document_id, upload)
    return full(row, file_links(request, resources))


@router.get("/{document_id}/file/", operation_id="downloadDocument", response_class=StreamingResponse)
async def download(access: Viewer, resources: ResourcesParam, request: Request, document_id: UUID) -> StreamingResponse:
    """Download the original file of the version that searches find."""
    find = functools.partial(_find, access, resources, document_id)
    document = await find()
    confirm = _confirmation(request, find)
    return await file_download(resources, document.file_key, document.name, document.file_size, confirm)


@router.get("/{document_id}/computed-pdf-file/", operation_id="downloadComputedPdf", response_class=StreamingResponse)
async def download_computed_pdf(
    access: Viewer, resources: ResourcesParam, request: Request, document_id: UUID
) -> StreamingResponse:
    find = functools.partial(_find, access, resources, document_id)
    document = await find()
    if document.computed_pdf_key is None:
        raise NotFound("Nobody has made a PDF of this document.")
    confirm = _confirmation(request, find)
    return await file_download(resources, document.computed_pdf_key, f"{document.name}.pdf", None, confirm)


async def _find(access: Access, resources: Resources, document_id: UUID) -> Document:
    async with resources.database.read() as session:
        return await service.get_document(session, access.project_id, document_id)


def _confirmation(request: Request, find: Callable[[], Awaitable[object]]) -> Confirm:
    """Checks that the reader still has the right, and that the document is still there."""

    async def confirm() -> None:
        await request.state.confirm_right()
        await find()

    return confirm
