"""Sources as data, and their files in pieces: what a viewer beside an answer needs."""

from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Request
from sqlalchemy import select
from starlette.responses import Response

from citewell.auth.dependencies import CallerParam, ResourcesParam, Viewer
from citewell.models import Chunk
from citewell.reference.ranges import file_response
from citewell.reference.routes import MAX_VERBATIM, Cited, PageImagesParam, find_cited
from citewell.reference.sources import SourceOut, describe
from citewell.resources import Resources

router = APIRouter(prefix="/projects/{project_id}/sources/{chunk_id}", tags=["Sources"])


@router.get("/", operation_id="getSource", response_model=SourceOut)
async def get_source(
    access: Viewer,
    caller: CallerParam,
    resources: ResourcesParam,
    images: PageImagesParam,
    chunk_id: UUID,
    verbatim: Annotated[
        str | None, Query(max_length=MAX_VERBATIM, description="The quoted words, as they stand in the chunk.")
    ] = None,
    exact: Annotated[
        bool, Query(description="Boxes of the very words, which takes up to a second; else shares of their lines.")
    ] = False,
) -> Any:
    """The passage that a citation names: its text with the quoted span, and where that stands on the pages."""
    cited = await find_cited(resources, caller, str(access.project_id), str(chunk_id))
    return await describe(resources, cited, verbatim, await _beside(resources, cited), images if exact else None)


@router.get("/file/", operation_id="downloadSource", response_class=Response)
async def download_source(
    access: Viewer, caller: CallerParam, resources: ResourcesParam, request: Request, chunk_id: UUID
) -> Response:
    """The file of the version that was cited; with a `Range` header, that part of it (206)."""
    cited = await find_cited(resources, caller, str(access.project_id), str(chunk_id))
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(cited.document.name, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=3600",
        "ETag": f'"{cited.version.sha256.hex()}"',
    }
    return await file_response(resources.files, cited.version.file_key, request.headers.get("range"), headers)


async def _beside(resources: Resources, cited: Cited) -> tuple[UUID | None, UUID | None]:
    """The chunks before and after this one in the same version."""
    chunk = cited.chunk
    query = select(Chunk.ordinal, Chunk.id).where(
        Chunk.project_id == chunk.project_id,
        Chunk.version_id == chunk.version_id,
        Chunk.ordinal.in_((chunk.ordinal - 1, chunk.ordinal + 1)),
    )
    async with resources.database.read() as session:
        rows = (await session.execute(query)).tuples()
        found = dict(rows.all())
    return found.get(chunk.ordinal - 1), found.get(chunk.ordinal + 1)
