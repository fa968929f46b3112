"""Uploads to a signed address over HTTP: asking for one, sending the file there, confirming it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, Field, StringConstraints
from starlette.requests import ClientDisconnect

from citewell.auth.dependencies import ResourcesParam, Runner
from citewell.documents import presigned
from citewell.documents.file_links import file_links
from citewell.documents.routes import clean_name
from citewell.documents.schemas import DocumentOut, full
from citewell.errors import TooLarge
from citewell.kit.body_limit import allow_upload
from citewell.kit.urls import base_url

router = APIRouter(prefix="/projects/{project_id}/documents", tags=["Documents"])
storage = APIRouter(prefix="/storage/uploads", include_in_schema=False)

Signature = Annotated[str, Query(max_length=200)]


class UploadRequest(BaseModel, extra="forbid"):
    filename: Annotated[str, StringConstraints(min_length=1, max_length=1000)]
    content_type: Annotated[str, StringConstraints(max_length=200)] = "application/octet-stream"


class UploadFields(BaseModel):
    method: Literal["PUT", "POST"] = "PUT"
    headers: dict[str, str] = {}
    form_fields: dict[str, str] = {}


class UploadAddress(BaseModel):
    """Send the file to `upload_url` with the method, then confirm with `document_id`. It needs no token."""

    upload_url: str
    document_id: UUID
    file_key: str
    additional_fields: UploadFields = Field(default_factory=UploadFields)


class Confirmation(BaseModel, extra="forbid"):
    document_id: UUID
    skip_parsing: bool = False


class Confirmed(BaseModel):
    document: DocumentOut
    message: str
    pipeline_run_id: UUID | None = None


@router.post("/generate-presigned-upload-url/", operation_id="generatePresignedUploadUrl", response_model=UploadAddress)
async def generate(access: Runner, resources: ResourcesParam, request: Request, body: UploadRequest) -> Any:
    """An address that takes one file, for a day. A transfer that broke off goes on with `Content-Range`, behind the
    bytes that HEAD on the address counts in `Upload-Offset`."""
    row, secret = await presigned.announce(
        resources, access.project_id, access.acting.user_id, clean_name(body.filename), body.content_type
    )
    address = f"{base_url(request, resources.settings)}{storage.prefix}/{access.project_id}/{row.id}"
    return {
        "upload_url": f"{address}?signature={secret}",
        "document_id": row.id,
        "file_key": f"{access.project_id}/{row.id}/original",
    }


@router.post("/confirm-upload/", operation_id="confirmUpload", response_model=Confirmed)
async def confirm(access: Runner, resources: ResourcesParam, request: Request, body: Confirmation) -> Any:
    """Take the file that was sent into the project."""
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
    path = await presigned.open_upload(resources, project_id, upload_id, signature)
    return _answer(presigned.received(path), 200)


@storage.put("/{project_id}/{upload_id}")
async def put(
    resources: ResourcesParam,
    request: Request,
    project_id: UUID,
    upload_id: UUID,
    signature: Signature = "",
    content_range: Annotated[str | None, Header()] = None,
) -> Response:
    """200 when the file is complete; 308 with `Upload-Offset` when more is to follow."""
    path = await presigned.open_upload(resources, project_id, upload_id, signature)
    allow_upload(request)
    part, limit = presigned.parse_range(content_range), resources.settings.max_upload_bytes
    if part is not None and part.total is not None and part.total > limit:
        raise TooLarge(f"The file is too large: at most {limit:,} bytes are accepted.")
    try:
        there = await presigned.receive(path, request.stream(), part, limit)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody reads it; what came in is kept
    return _answer(there, 200 if there.complete else 308)


def _answer(there: presigned.Received, status: int) -> Response:
    headers = {"Upload-Offset": str(there.size), "Upload-Complete": "?1" if there.complete else "?0"}
    if not there.complete and there.size:
        headers["Range"] = f"bytes=0-{there.size - 1}"
    return Response(status_code=status, headers=headers)
