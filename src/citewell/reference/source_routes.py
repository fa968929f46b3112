"""Sources as data, and their files in ranges, for a viewer beside the answer."""

import asyncio
from typing import Annotated, Any, TypeVar
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from citewell.auth.dependencies import CallerParam, ResourcesParam, Viewer
from citewell.documents.views import View, view_of
from citewell.errors import NotFound
from citewell.ingestion.blocks import ParsedDocument
from citewell.reference.parsed import ParsedDocuments
from citewell.reference.ranges import file_response
from citewell.reference.repository import neighbours
from citewell.reference.routes import MAX_VERBATIM, Cited, PageImagesParam, ParsedDocumentsParam, find_cited, span_of
from citewell.reference.sheets import SheetOut, sheet_of
from citewell.reference.slides import SlideOut, slide_of
from citewell.reference.sources import SourceOut, describe
from citewell.storage import FileStore

router = APIRouter(prefix="/projects/{project_id}/sources/{chunk_id}", tags=["Sources"])

_MOST_ROWS = 500
Part = TypeVar("Part", SlideOut, SheetOut)
_Words = Annotated[str | None, Query(max_length=MAX_VERBATIM, description="The quoted words, to be marked.")]
_Number = Annotated[int, Path(ge=1, le=1_000_000, description="Counts from 1.")]


@router.get("/", operation_id="getSource", response_model=SourceOut)
async def get_source(
    access: Viewer,
    caller: CallerParam,
    resources: ResourcesParam,
    images: PageImagesParam,
    documents: ParsedDocumentsParam,
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
    async with resources.database.read() as session:
        beside = await neighbours(session, cited.chunk)
    return await describe(resources, cited, verbatim, beside, documents, images if exact else None)


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

    async def confirm() -> None:
        await request.state.confirm_right()
        await find_cited(resources, caller, str(access.project_id), str(chunk_id))

    asked = request.headers.get("range")
    return await file_response(resources.files, cited.version.file_key, asked, headers, confirm)


@router.get("/slides/{number}/", operation_id="getSourceSlide", response_model=SlideOut)
async def get_slide(
    access: Viewer,
    caller: CallerParam,
    resources: ResourcesParam,
    documents: ParsedDocumentsParam,
    chunk_id: UUID,
    number: _Number,
    verbatim: _Words = None,
) -> Any:
    """A slide of the deck that was cited: its text, lists, tables and notes, with the quoted words."""
    cited = await find_cited(resources, caller, str(access.project_id), str(chunk_id))
    span = _span_in_document(cited, verbatim)
    document = await _parsed(resources.files, documents, cited, "slides", "slide")
    return _found(await asyncio.to_thread(slide_of, document, number, span), "slide")


@router.get("/sheets/{number}/", operation_id="getSourceSheet", response_model=SheetOut)
async def get_sheet(
    access: Viewer,
    caller: CallerParam,
    resources: ResourcesParam,
    documents: ParsedDocumentsParam,
    chunk_id: UUID,
    number: _Number,
    verbatim: _Words = None,
    offset: Annotated[int, Query(ge=0, le=10_000_000, description="Rows to leave out, blank ones not counted.")] = 0,
    limit: Annotated[int, Query(ge=1, le=_MOST_ROWS)] = 200,
) -> Any:
    """Rows of a sheet of the workbook that was cited, and which cells hold the quoted words. A CSV has one sheet."""
    cited = await find_cited(resources, caller, str(access.project_id), str(chunk_id))
    span = _span_in_document(cited, verbatim)
    document = await _parsed(resources.files, documents, cited, "sheets", "sheet")
    return _found(await asyncio.to_thread(sheet_of, document, number, span, offset, limit), "sheet")


def _span_in_document(cited: Cited, verbatim: str | None) -> tuple[int, int] | None:
    """(start, end) of the words in the document's text, in characters."""
    span, first = span_of(cited.chunk, verbatim), cited.chunk.start_offset
    return (first + span[0], first + span[1]) if span else None


async def _parsed(files: FileStore, documents: ParsedDocuments, cited: Cited, view: View, noun: str) -> ParsedDocument:
    """Returns the parsed document. Raises NotFound if it is of another kind, or not parsed."""
    if view_of(cited.version.kind) != view:
        raise _missing(noun)
    try:
        return await documents.of(files, cited.version)
    except FileNotFoundError:
        raise _missing(noun) from None


def _found(part: Part | None, noun: str) -> Part:
    if part is None:
        raise _missing(noun)
    return part


def _missing(noun: str) -> NotFound:
    return NotFound(f"There is no such {noun} in this document.")
