"""Files at signed addresses: clients fetch them without a token."""

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import RedirectResponse, Response, StreamingResponse

from citewell.auth.dependencies import ResourcesParam
from citewell.db.engine import Database
from citewell.documents.file_links import PREFIX, Kind, file_tag
from citewell.errors import FileMissing, NotFound
from citewell.kit.answers import NO_STORE
from citewell.kit.downloads import Confirm, Download
from citewell.models import DesignTemplateFile, Document, ExtractedFigure, Project
from citewell.resources import Resources

# Time in which a download must begin; it may last longer.
_DIRECT_SECONDS = 300.0

storage = APIRouter(prefix=PREFIX, include_in_schema=False)


@storage.get("/{project_id}/{kind}/{row_id}/{name:path}", response_class=StreamingResponse)
async def get_file(
    resources: ResourcesParam,
    project_id: UUID,
    kind: Kind,
    row_id: UUID,
    name: str,
    file: Annotated[str, Query(max_length=64)] = "",
    expires: Annotated[int, Query(ge=0, le=2**53)] = 0,
    signature: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """The file, or the way to it in an object store.

    Raises Forbidden for a signature that is not good for this file, NotFound if it is not there any more.
    """
    resources.signer.check(expires, signature, project_id, kind, row_id, file)
    key, media_type, size = await _file_of(resources.database, project_id, kind, row_id)
    if key is None or file_tag(key) != file:
        raise NotFound("This file no longer exists: get the document again for its new address.")
    if not resources.files.gives_addresses:

        async def confirm() -> None:
            if (await _file_of(resources.database, project_id, kind, row_id))[0] != key:
                raise NotFound("This file no longer exists.")

        return await download(resources, key, name, size, confirm, media_type)
    if not await resources.files.exists(key):
        raise FileMissing("The file is missing from the server's store: upload the document again.")
    address = await resources.files.address("GET", key, _DIRECT_SECONDS)
    return RedirectResponse(address, status_code=307, headers=NO_STORE)


async def _file_of(
    database: Database, project_id: UUID, kind: Kind, row_id: UUID
) -> tuple[str | None, str, int | None]:
    """Returns (key, media type, size). The key is None if there is no such file."""
    binary = "application/octet-stream"
    async with database.read() as session:
        project = await session.get(Project, project_id)
        if project is None or project.deleted_at is not None:
            return None, binary, None
        if kind == "template-file":
            file = await session.get(DesignTemplateFile, (project_id, row_id))
            return (file.file_key, binary, file.file_size) if file is not None else (None, binary, None)
        figure = await session.get(ExtractedFigure, (project_id, row_id)) if kind == "figure" else None
        document_id = figure.document_id if figure is not None else row_id
        document = await session.get(Document, (project_id, document_id))
    if document is None or document.status != "active" or (kind == "figure" and figure is None):
        return None, binary, None
    if figure is not None:
        return figure.file_key, figure.content_type, figure.file_size
    if kind == "computed-pdf":
        return document.computed_pdf_key, binary, None
    return document.file_key, binary, document.file_size


async def download(
    resources: Resources,
    key: str,
    name: str,
    size: int | None,
    confirm: Confirm,
    media_type: str = "application/octet-stream",
) -> StreamingResponse:
    """Returns the file as an attachment, so that an uploaded web page never runs in the reader's browser. It ends when
    `confirm` raises CitewellError.

    Raises FileMissing if the store does not have it.
    """
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, max-age=300",
    }
    if size is not None:
        headers["Content-Length"] = str(size)
    return Download(await resources.files.open(key), confirm, media_type, headers)
