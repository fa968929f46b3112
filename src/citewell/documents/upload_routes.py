"""Uploads to a signed address over HTTP: asking for one, sending the file there, confirming it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, Field, StringConstraints
from starlette.requests import ClientDisconnect

from citewell.auth.dependencies import ResourcesParam, Runner
from citewell.documents import presigned
from citewell.documents.file_links import file_links
from citewell.documents.incoming import ObjectIncoming, Received, incoming_file, parse_range
from citewell.documents.incoming.objects import PART_BYTES
from citewell.documents.routes import clean_name
from citewell.documents.schemas import DocumentOut, full
from citewell.errors import TooLarge
from citewell.kit.body_limit import allow_upload
from citewell.kit.urls import base_url
from citewell.resources import Resources
from citewell.settings import Settings

router = APIRouter(prefix="/projects/{project_id}/documents", tags=["Documents"])
storage = APIRouter(prefix="/storage/uploads", include_in_schema=False)

Signature = Annotated[str, Query(max_length=200)]
_LONGEST_SECONDS = 7 * 86_400.0  # of a signed address of S3


class UploadRequest(BaseModel, extra="forbid"):
    filename: Annotated[str, StringConstraints(min_length=1, max_length=1000)]
    content_type: Annotated[str, StringConstraints(max_length=200)] = "application/octet-stream"
    size: Annotated[int | None, Field(ge=0, le=2**62, description="Bytes; with it, large files go in parts.")] = None


class UploadFields(BaseModel):
    method: Literal["PUT", "POST"] = "PUT"
    headers: dict[str, str] = {}
    form_fields: dict[str, str] = {}


class PartAddress(BaseModel):
    """Takes the bytes `start` up to, not including, `end` with one PUT. It needs no token."""

    start: int
    end: int
    received: bool
    upload_url: str


class UploadAddress(BaseModel):
    """Send the file to `upload_url` with the method, then confirm with `document_id`. It needs no token.

    Where `parts` is not empty, the file may be sent in these instead, in any order and side by side.
    """

    upload_url: str
    document_id: UUID
    file_key: str
    additional_fields: UploadFields = Field(default_factory=UploadFields)
    parts: list[PartAddress] = []


class UploadProgress(BaseModel):
    """What has arrived of an upload. `parts` have new addresses, where the file goes straight to an object store."""

    document_id: UUID
    received: int
    complete: bool
    parts: list[PartAddress]


class Confirmation(BaseModel, extra="forbid"):
    document_id: UUID
    skip_parsing: bool = False


class Confirmed(BaseModel):
    document: DocumentOut
    message: str
    pipeline_run_id: UUID | None = None


@router.post("/generate-presigned-upload-url/", operation_id="generatePresignedUploadUrl", response_model=UploadAddress)
async def generate(access: Runner, resources: ResourcesParam, request: Request, body: UploadRequest) -> Any:
    """Get a URL that takes one file, for a day.

    Resume an interrupted transfer with `Content-Range`, behind the bytes that HEAD on the URL reports in
    `Upload-Offset`. With an object store, the URL is the store's own, and large files are sent in parts.
    """
    _check_size(resources.settings, body.size)
    row, secret = await presigned.announce(
        resources, access.project_id, access.acting.user_id, clean_name(body.filename), body.content_type
    )
    address = f"{base_url(request, resources.settings)}{storage.prefix}/{access.project_id}/{row.id}"
    answer: dict[str, Any] = {
        "upload_url": f"{address}?signature={secret}",
        "document_id": row.id,
        "file_key": f"{access.project_id}/{row.id}/original",
    }
    if resources.files.gives_addresses:
        file = ObjectIncoming(resources.files, access.project_id, row.id)
        answer["upload_url"] = await file.address(_address_seconds(resources.settings))
        answer["additional_fields"] = {"headers": resources.files.upload_headers()}
        answer["parts"] = await _parts(resources, file, body.size)
    return answer


@router.get("/presigned-uploads/{document_id}/", operation_id="getPresignedUpload", response_model=UploadProgress)
async def get_presigned_upload(
    access: Runner,
    resources: ResourcesParam,
    document_id: UUID,
    size: Annotated[int | None, Query(ge=0, le=2**62, description="Bytes of the file, as announced.")] = None,
) -> Any:
    """Returns how much of a pending upload was received, and which parts are missing, with new URLs."""
    async with resources.database.read() as session:
        await presigned.pending_upload(session, access.project_id, document_id)
    file = incoming_file(resources, access.project_id, document_id)
    received = await file.received()
    parts = await _parts(resources, file, size) if isinstance(file, ObjectIncoming) else []
    return {"document_id": document_id, "received": received.size, "complete": received.complete, "parts": parts}


async def _parts(resources: Resources, file: ObjectIncoming, size: int | None) -> list[dict[str, Any]]:
    """Returns the parts; None for a file that fits into one. Raises TooLarge."""
    _check_size(resources.settings, size)
    if not resources.files.gives_addresses or size is None or size <= PART_BYTES:
        return []
    parts = await file.parts(size, _address_seconds(resources.settings))
    return [{"start": p.start, "end": p.end, "received": p.received, "upload_url": p.address} for p in parts]


def _address_seconds(settings: Settings) -> float:
    return min(settings.upload_url_seconds, _LONGEST_SECONDS)


def _check_size(settings: Settings, size: int | None) -> None:
    limit = settings.max_upload_bytes
    if size is not None and size > limit:
        raise TooLarge(f"The file is too large: at most {limit:,} bytes are accepted (CITEWELL_MAX_UPLOAD_BYTES).")


@router.post("/confirm-upload/", operation_id="confirmUpload", response_model=Confirmed)
async def confirm(access: Runner, resources: ResourcesParam, request: Request, body: Confirmation) -> Any:
    """Add the uploaded file to the project."""
    document, run_id = await presigned.confirm(
        resources, access.project_id, access.acting.user_id, body.document_id, skip_parsing=body.skip_parsing
    )
    return {
        "document": full(document, file_links(request, resources)),
        "message": "The upload is confirmed.",
        "pipeline_run_id": run_id,
    }


@storage.head("/{project_id}/{upload_id}")
async def progress(resources: ResourcesParam, project_id: UUID, upload_id: UUID, signature: Signature = "") -> Response:
    async with resources.database.read() as session:
        file = await presigned.open_upload(session, resources, project_id, upload_id, signature)
    return _answer(await file.received(), 200)


@storage.put("/{project_id}/{upload_id}")
async def put(
    resources: ResourcesParam,
    request: Request,
    project_id: UUID,
    upload_id: UUID,
    signature: Signature = "",
    content_range: Annotated[str | None, Header()] = None,
) -> Response:
    """Receive the file or a part of it: 200 when it is complete, 308 with `Upload-Offset` while parts are missing."""
    async with resources.database.read() as session:
        file = await presigned.open_upload(session, resources, project_id, upload_id, signature)
    allow_upload(request)
    part, limit = parse_range(content_range), resources.settings.max_upload_bytes
    _check_size(resources.settings, part.total if part is not None else None)
    try:
        received = await file.receive(request.stream(), part, limit)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody reads it; what came in is kept
    return _answer(received, 200 if received.complete else 308)


def _answer(received: Received, status: int) -> Response:
    headers = {"Upload-Offset": str(received.size), "Upload-Complete": "?1" if received.complete else "?0"}
    if not received.complete and received.size:
        headers["Range"] = f"bytes=0-{received.size - 1}"
    return Response(status_code=status, headers=headers)
