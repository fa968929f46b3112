"""`<base>/<project>/reference/<chunk>?verbatim=<span>`: the page that a citation opens."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NoReturn
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from citewell.agent.spans import first_place
from citewell.auth.access import resolve_access
from citewell.auth.caller import Caller, caller_of_token, sign_in_of
from citewell.auth.dependencies import DatabaseParam, ResourcesParam
from citewell.auth.permissions import Permission
from citewell.db.engine import Database
from citewell.documents.views import is_drawn
from citewell.errors import CitewellError, Forbidden, NotAuthenticated, NotFound
from citewell.ingestion.blocks import ParsedDocument
from citewell.kit.downloads import Download
from citewell.kit.ids import is_uuid
from citewell.kit.places import Place, PlacedChunk, locate
from citewell.local_documents.service import check_document_readable
from citewell.models import Chunk, Document, DocumentVersion
from citewell.reference import repository
from citewell.reference.figures import ShownFigure, figures_beside
from citewell.reference.marks import MarkedPage, parts, recognised_in
from citewell.reference.page import HEADERS, Evidence, Piece, evidence_page, message_page, sign_in_page
from citewell.reference.page_image import Marks, PageImages, Source
from citewell.reference.parsed import ParsedDocuments
from citewell.reference.repository import find_figure
from citewell.resources import Resources
from citewell.storage import FileStore

router = APIRouter(include_in_schema=False)

COOKIE = "citewell_token"
_COOKIE_SECONDS = 12 * 3600
_MAX_FORM_FIELDS = 5
_MAX_PICTURES = 4


async def get_page_images(request: Request) -> PageImages:
    images: PageImages = request.app.state.page_images
    return images


async def get_parsed_documents(request: Request) -> ParsedDocuments:
    documents: ParsedDocuments = request.app.state.parsed_documents
    return documents


PageImagesParam = Annotated[PageImages, Depends(get_page_images)]
ParsedDocumentsParam = Annotated[ParsedDocuments, Depends(get_parsed_documents)]
MAX_VERBATIM = 5000  # a character may take 12 bytes in the URL, and servers read 64 KiB of it
Verbatim = Annotated[str | None, Query(max_length=MAX_VERBATIM)]


@router.get("/{project_id}/reference/{chunk_id}")
async def show(
    resources: ResourcesParam, request: Request, project_id: str, chunk_id: str, verbatim: Verbatim = None
) -> Response:
    """The passage, for callers who may see the project: by header, by session, or by the cookie of `sign_in`."""
    try:
        caller = await _caller(resources.database, request)
        cited = await find_cited(resources, caller, project_id, chunk_id)
        evidence = await _evidence(resources.database, cited, verbatim)
    except NotAuthenticated as error:
        reason = error.message if request.cookies.get(COOKIE) else None
        return _html(sign_in_page(_own_path(request), reason), 401)
    except CitewellError as error:
        return _html(message_page("This passage cannot be shown", error.message), error.status)
    return _html(evidence_page(evidence))


@router.get("/{project_id}/reference/{chunk_id}/page/{number}")
async def page(
    resources: ResourcesParam,
    images: PageImagesParam,
    documents: ParsedDocumentsParam,
    request: Request,
    project_id: str,
    chunk_id: str,
    number: int,
    verbatim: Verbatim = None,
) -> Response:
    """A page of the cited PDF with the span marked."""
    cited = await find_cited(resources, await _caller(resources.database, request), project_id, chunk_id)
    if not is_drawn(cited.version.kind) or not 1 <= number <= (cited.version.page_count or 0):
        raise NotFound("There is no such page.")
    marks = await marks_of(resources.files, documents, cited, span_of(cited.chunk, verbatim))
    async with resources.files.local_path(cited.version.file_key) as path:
        drawn = await images.draw(_source(cited, path), number, marks)
    return Response(drawn.png, media_type="image/png", headers=HEADERS)


@router.get("/{project_id}/reference/{chunk_id}/file")
async def file(resources: ResourcesParam, request: Request, project_id: str, chunk_id: str) -> Response:
    """The file of the cited version."""
    cited = await find_cited(resources, await _caller(resources.database, request), project_id, chunk_id)
    name = quote(cited.document.name, safe="")
    headers = HEADERS | {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    body = await resources.files.open(cited.version.file_key)

    async def confirm() -> None:
        await find_cited(resources, await _caller(resources.database, request), project_id, chunk_id)

    return Download(body, confirm, "application/octet-stream", headers)


@router.get("/{project_id}/reference/{chunk_id}/figure/{figure_id}")
async def figure(
    resources: ResourcesParam, request: Request, project_id: str, chunk_id: str, figure_id: str
) -> Response:
    """A picture of the cited version."""
    cited = await find_cited(resources, await _caller(resources.database, request), project_id, chunk_id)
    async with resources.database.read() as session:
        found = await find_figure(session, cited.version, UUID(figure_id)) if is_uuid(figure_id) else None
    if found is None:
        raise NotFound("There is no such figure in the cited document.")
    body = await resources.files.open(found.file_key)
    return StreamingResponse(body, media_type=found.content_type, headers=HEADERS)


@router.post("/{project_id}/reference/{chunk_id}")
async def sign_in(database: DatabaseParam, request: Request, project_id: str, chunk_id: str) -> Response:
    """Store the form's token in an HttpOnly cookie, and show the passage."""
    async with request.form(max_files=0, max_fields=_MAX_FORM_FIELDS) as form:
        token = str(form.get("token", "")).strip()
    try:
        await caller_of_token(database, token)
    except NotAuthenticated as error:
        return _html(sign_in_page(_own_path(request), error.message), 401)
    response = RedirectResponse(_own_path(request), status_code=303, headers=HEADERS)
    response.set_cookie(
        COOKIE,
        token,
        max_age=_COOKIE_SECONDS,
        path=f"/{UUID(project_id)}/reference/" if is_uuid(project_id) else "/",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response


async def _caller(database: Database, request: Request) -> Caller:
    header, token = request.headers.get("authorization"), request.cookies.get(COOKIE)
    try:
        return (await sign_in_of(database, request.method, request.headers)).caller
    except NotAuthenticated:
        if header or not token:
            raise
    return (await caller_of_token(database, token))[0]


@dataclass(frozen=True)
class Cited:
    chunk: Chunk
    document: Document
    version: DocumentVersion


async def find_cited(resources: Resources, caller: Caller, project_id: str, chunk_id: str) -> Cited:
    """Returns the chunk with its document and version, if the caller may see them."""
    if not is_uuid(project_id) or not is_uuid(chunk_id):
        _no_such_passage()
    async with resources.database.read() as session:
        access = await resolve_access(session, UUID(project_id), caller)
    if not access.allows(Permission.VIEW):
        raise Forbidden(f"You need the permission {Permission.VIEW} in this project to read its passages.")
    async with resources.database.read() as session:
        row = await repository.find_cited(session, access.project_id, UUID(chunk_id))
        if row is None:
            _no_such_passage()
        await check_document_readable(session, access, row[1])
    return Cited(*row)


async def _evidence(database: Database, cited: Cited, verbatim: str | None) -> Evidence:
    chunk, version = cited.chunk, cited.version
    span = span_of(chunk, verbatim)
    place = place_of(cited, span)
    figures: tuple[ShownFigure, ...] = ()
    if not is_drawn(version.kind):
        async with database.read() as session:
            figures = await figures_beside(session, chunk, version, place, span[0] if span else 0)
    return Evidence(
        document_name=cited.document.name,
        content=chunk.content,
        place=place.place,
        warning=place.warning,
        heading_path=place.heading_path,
        start=span[0] if span else None,
        end=span[1] if span else None,
        missing_verbatim=bool(verbatim) and span is None,
        pieces=tuple(Piece(block["type"], block["start"], block["end"]) for block in chunk.blocks),
        version=version.number,
        newer=cited.document.live_version_id not in (None, version.id),
        address=f"/{chunk.project_id}/reference/{chunk.id}",
        verbatim=verbatim or "",
        pages=_shown_pages(cited, place),
        figures=figures,
    )


def _shown_pages(cited: Cited, place: Place) -> tuple[int, ...]:
    """Returns the pages of a PDF or picture that hold the span; without a span, the chunk's first page."""
    if not is_drawn(cited.version.kind) or place.min_page is None or place.max_page is None:
        return ()
    return tuple(range(place.min_page, place.max_page + 1))[:_MAX_PICTURES]


def span_of(chunk: Chunk, verbatim: str | None) -> tuple[int, int] | None:
    """(start, end) of the words in the chunk's content; None if they are not there, character for character.

    The same place as the citation's: "12" is not the end of an earlier "2012".
    """
    start = first_place(chunk.content, verbatim) if verbatim else None
    return (start, start + len(verbatim)) if verbatim and start is not None else None


def place_of(cited: Cited, span: tuple[int, int] | None) -> Place:
    """Returns the place of the span; without a span, of the chunk's beginning."""
    chunk = cited.chunk
    start, end = span or (0, min(len(chunk.content), 1))
    placed = PlacedChunk(
        chunk.content, json.dumps(chunk.blocks), chunk.min_page, chunk.max_page, tuple(chunk.heading_path)
    )
    return locate(placed, start, end)


async def marked_pages(
    resources: Resources,
    images: PageImages,
    documents: ParsedDocuments,
    cited: Cited,
    span: tuple[int, int] | None,
) -> list[MarkedPage]:
    """Returns the boxes of the span's words on the pages of a PDF or picture; empty for other kinds of files and
    without a span.
    """
    if not is_drawn(cited.version.kind):
        return []
    marks = await marks_of(resources.files, documents, cited, span)
    async with resources.files.local_path(cited.version.file_key) as path:
        return await images.boxes(_source(cited, path), marks)


async def marks_of(files: FileStore, documents: ParsedDocuments, cited: Cited, span: tuple[int, int] | None) -> Marks:
    """Returns the lines of the span; empty without a span."""
    if span is None:
        return Marks()
    try:
        document = await documents.of(files, cited.version)
    except FileNotFoundError:
        return Marks()
    start, end = (cited.chunk.start_offset + place for place in span)
    return await asyncio.to_thread(_marks, document, start, end)


def _marks(document: ParsedDocument, start: int, end: int) -> Marks:
    found = parts(document, start, end)
    return Marks(found, recognised_in(document, found))


def _source(cited: Cited, path: Path) -> Source:
    return Source(path, cited.version.kind or "", cited.version.sha256.hex())


def _no_such_passage() -> NoReturn:
    raise NotFound("There is no such passage in this project: its document may have been deleted.")


def _own_path(request: Request) -> str:
    """This page's own path, so that no request can choose the host."""
    query = f"?{request.url.query}" if request.url.query else ""
    return f"/{request.path_params['project_id']}/reference/{request.path_params['chunk_id']}{query}"


def _html(content: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(content, status, headers=HEADERS)
