"""Figures of documents over HTTP: listing them, looking at one, adding some."""

import json
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.datastructures import FormData, UploadFile
from starlette.responses import StreamingResponse

from citewell.auth.dependencies import DatabaseParam, FilesParam, ResourcesParam, Runner, Viewer
from citewell.documents.file_links import FileLinks, file_links
from citewell.errors import InvalidFields
from citewell.figures import repository, service
from citewell.figures.service import NewFigure
from citewell.kit.downloads import Download
from citewell.kit.forms import FILE, multipart, multipart_body
from citewell.kit.pagination import Page, PagingParams
from citewell.models import ExtractedFigure

router = APIRouter(prefix="/projects/{project_id}/extracted-figures", tags=["Documents"])

_FIELDS = ("id", "document_id", "page", "bbox", "caption", "width", "height", "content_type", "file_size", "created_at")
# The file holds only pixels from our own encoder. Still, nothing in it may run.
_SAFE = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Content-Disposition": "inline",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, max-age=86400",
}


class FigureOut(BaseModel):
    """`figure` is the address of the picture, PNG or JPEG. `bbox` is [left, top, right, bottom] in points from the top
    left of the page, where the format has pages."""

    id: UUID
    document_id: UUID
    figure: str
    page: int | None
    bbox: list[float] | None = Field(min_length=4, max_length=4)
    caption: str
    width: int
    height: int
    content_type: str
    file_size: int
    created_at: datetime


@router.get("/", operation_id="listExtractedFigures", response_model=Page[FigureOut])
async def list_figures(
    access: Viewer,
    resources: ResourcesParam,
    paging: PagingParams,
    request: Request,
    document_id: Annotated[UUID | None, Query(description="Only those of this document, in its order.")] = None,
) -> Any:
    count, rows = await repository.list_figures(
        resources.database, access.project_id, document_id, paging.limit, paging.offset
    )
    links = file_links(request, resources)
    return paging.page(count, [_wire(row, links) for row in rows])


@router.post(
    "/",
    operation_id="createExtractedFigure",
    status_code=201,
    response_model=FigureOut,
    openapi_extra=multipart_body(["document_id", "figure"], {"document_id": {"type": "string"}, "figure": FILE}),
)
async def create_figure(access: Runner, resources: ResourcesParam, request: Request) -> Any:
    """Add a picture to a document (multipart: `document_id`, and the file as `figure`). It is encoded anew."""
    async with multipart(request, "document_id", "figure") as form:
        file = form.get("figure")
        if not isinstance(file, UploadFile):
            raise InvalidFields({"figure": ["Send a picture in this field, as multipart/form-data."]})
        document_id = _ids([form.get("document_id")], "document_id")[0]
        new = [NewFigure(document_id, file.file)]
        [row] = await service.add_figures(resources, access.project_id, new, "figure")
    return _wire(row, file_links(request, resources))


@router.post(
    "/bulk-upload/",
    operation_id="bulkUploadExtractedFigures",
    status_code=201,
    response_model=list[FigureOut],
    openapi_extra=multipart_body(
        ["files", "document_ids"],
        {"files": {"type": "array", "items": FILE}, "document_ids": {"type": "string", "description": "JSON array"}},
    ),
)
async def bulk_upload(access: Runner, resources: ResourcesParam, request: Request) -> Any:
    """Add pictures (multipart: `files`, several times, and `document_ids`, a JSON array with one id for each file)."""
    async with multipart(request, "files", "document_ids", max_files=service.MAX_AT_ONCE) as form:
        rows = await service.add_figures(resources, access.project_id, _several(form), "files")
    links = file_links(request, resources)
    return [_wire(row, links) for row in rows]


@router.get("/{figure_id}/file/", operation_id="downloadExtractedFigure", response_class=StreamingResponse)
async def download(
    access: Viewer, database: DatabaseParam, files: FilesParam, request: Request, figure_id: UUID
) -> StreamingResponse:
    async def find() -> ExtractedFigure:
        async with database.read() as session:
            return await service.readable_figure(session, access, figure_id)

    async def confirm() -> None:
        await request.state.confirm_right()
        await find()

    figure = await find()
    headers = _SAFE | {"Content-Length": str(figure.file_size)}
    content = await files.open(figure.file_key)
    return Download(content, confirm, figure.content_type, headers)


def _several(form: FormData) -> list[NewFigure]:
    files = [item for item in form.getlist("files") if isinstance(item, UploadFile)]
    if not files:
        raise InvalidFields({"files": ["No file was sent: add at least one picture in a field named files."]})
    try:
        listed = json.loads(str(form.get("document_ids", "")))
    except (ValueError, RecursionError):
        listed = None
    if not isinstance(listed, list) or len(listed) != len(files):
        raise InvalidFields({"document_ids": [f"Send a JSON array with an id for each file: {len(files)} of them."]})
    ids = _ids(listed, "document_ids")
    return [NewFigure(document_id, file.file) for document_id, file in zip(ids, files, strict=True)]


def _ids(values: list[Any], field: str) -> list[UUID]:
    try:
        return [UUID(str(value)) for value in values]
    except ValueError:
        raise InvalidFields({field: ["Must be the id of a document: a UUID."]}) from None


def _wire(row: Any, links: FileLinks) -> dict[str, Any]:
    """Renders a figure, or the row of a list with its columns."""
    return {name: getattr(row, name) for name in _FIELDS} | {"figure": links.figure(row)}
