"""The source of a citation as data: the text with the span, and the span's boxes on the pages."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote
from uuid import UUID

from pydantic import BaseModel

from citewell.agent.spans import find_span
from citewell.documents.views import View, is_drawn, view_of
from citewell.ingestion.blocks import Box, ParsedDocument
from citewell.reference.marks import MarkedPage, Part, parts
from citewell.reference.page_image import PageImages
from citewell.reference.parsed import ParsedDocuments
from citewell.reference.repository import chunks_that_contain
from citewell.reference.routes import Cited, marked_pages, place_of, span_of
from citewell.resources import Resources

_MAX_CHUNKS = 2000  # chunks of a new version that are searched for the words
_MAX_CHARACTERS = 2_000_000  # of those chunks
_LETTER = (612.0, 792.0)  # points; used for pages whose size was not stored


class SourceBlock(BaseModel):
    """A block of the chunk: its type, and its offsets in `content` (characters)."""

    type: str
    start: int
    end: int
    page: int | None


class MarkedPageOut(BaseModel):
    """The span on a page: boxes (left, top, right, bottom) from the page's top left, in points, or in pixels if the
    document is a picture. Where no words were asked for, the pages of the passage, without boxes."""

    page: int
    width: float
    height: float
    boxes: list[Box]


class CurrentWords(BaseModel):
    """The quoted words in the version that searches see: characters `start` to `end` of that chunk's content."""

    chunk_id: UUID
    start: int
    end: int
    verbatim: str
    reference_url: str


class SourceOut(BaseModel):
    """The chunk that a citation names, with the quoted span from `start` to `end` in `content` (characters).

    `match` is `exact` if the words are in the chunk character for character, `none` if they are not, and null if none
    were asked for. `view` is how a viewer shows a file of this kind. `version` is the cited version; `is_current` says
    whether searches still see it. If they do not, `current` locates the same words in the new version; null if they are
    gone. `warning` says why the words may be wrong: the passage was read from a scan that was hard to read.
    """

    chunk_id: UUID
    document_id: UUID
    document_name: str
    kind: str | None
    view: View
    version: int
    version_created_at: datetime
    is_current: bool
    current: CurrentWords | None
    page_count: int | None
    file_size: int | None
    content: str
    start: int | None
    end: int | None
    match: Literal["exact", "none"] | None
    place: str | None
    heading_path: list[str]
    warning: str | None
    min_page: int | None
    max_page: int | None
    blocks: list[SourceBlock]
    pages: list[MarkedPageOut]
    previous_chunk_id: UUID | None
    next_chunk_id: UUID | None


async def describe(
    resources: Resources,
    cited: Cited,
    verbatim: str | None,
    beside: tuple[UUID | None, UUID | None],
    documents: ParsedDocuments,
    images: PageImages | None,
) -> dict[str, Any]:
    """Returns the source of a citation; `beside` are the chunks before and after it.

    With `images` the boxes are exact, which takes a child process; without, they are shares of the lines' boxes."""
    chunk, version = cited.chunk, cited.version
    span = span_of(chunk, verbatim)
    shown = passage(cited, verbatim)
    place = place_of(cited, span)
    if images is not None:
        pages = [_wire(page) for page in await marked_pages(resources, images, documents, cited, span)]
    else:
        pages = await _line_pages(resources, documents, cited, span, is_quoted=bool(verbatim))
    return shown | {
        "chunk_id": chunk.id,
        "document_id": cited.document.id,
        "kind": version.kind,
        "view": view_of(version.kind),
        "version_created_at": version.created_at,
        "current": None if shown["is_current"] or not verbatim else await _current_words(resources, cited, verbatim),
        "page_count": version.page_count,
        "file_size": version.file_size,
        "min_page": place.min_page,
        "max_page": place.max_page,
        "blocks": [{name: block.get(name) for name in SourceBlock.model_fields} for block in chunk.blocks],
        "pages": pages,
        "previous_chunk_id": beside[0],
        "next_chunk_id": beside[1],
    }


def passage(cited: Cited, verbatim: str | None) -> dict[str, Any]:
    """Returns the part of a source that database rows alone give: its text with the span, and its place in words.

    It reads no file and no other chunk, so anonymous visitors may ask for it.
    """
    chunk, version = cited.chunk, cited.version
    span = span_of(chunk, verbatim)
    place = place_of(cited, span)
    return {
        "document_name": cited.document.name,
        "version": version.number,
        "is_current": cited.document.live_version_id in (None, version.id),
        "content": chunk.content,
        "start": span[0] if span else None,
        "end": span[1] if span else None,
        "match": ("exact" if span else "none") if verbatim else None,
        "place": place.place,
        "heading_path": list(place.heading_path),
        "warning": place.warning,
    }


async def _current_words(resources: Resources, cited: Cited, verbatim: str) -> dict[str, Any] | None:
    """Returns the words in the document's live version: exact, else normalised (white space and the like)."""
    project_id = cited.chunk.project_id
    async with resources.database.read() as session:
        rows = await chunks_that_contain(session, project_id, cited.document.live_version_id, verbatim, _MAX_CHUNKS)
    found = await asyncio.to_thread(_first_span, rows, verbatim)
    if found is None:
        return None
    chunk_id, start, end, words = found
    address = f"/{project_id}/reference/{chunk_id}?verbatim={quote(words, safe='')}"
    return {"chunk_id": chunk_id, "start": start, "end": end, "verbatim": words, "reference_url": address}


def _first_span(rows: Sequence[tuple[UUID, str]], verbatim: str) -> tuple[UUID, int, int, str] | None:
    """Returns the first chunk that has the words, their offsets in it, and the kind of match.

    Takes seconds for a long document.
    """
    looked_at = 0
    for chunk_id, content in rows:
        if span := find_span(content, verbatim):
            return chunk_id, span.start, span.end, content[span.start : span.end]
        looked_at += len(content)
        if looked_at > _MAX_CHARACTERS:
            break
    return None


def _wire(page: MarkedPage) -> dict[str, Any]:
    return {name: getattr(page, name) for name in MarkedPageOut.model_fields}


async def _line_pages(
    resources: Resources, documents: ParsedDocuments, cited: Cited, span: tuple[int, int] | None, *, is_quoted: bool
) -> list[dict[str, Any]]:
    if not is_drawn(cited.version.kind) or (span is None and is_quoted):
        return []
    try:
        document = await documents.of(resources.files, cited.version)
    except FileNotFoundError:
        return []
    if span is None:
        first_page, last_page = cited.chunk.min_page or 1, cited.chunk.max_page or 1
        return [_page(document, page, []) for page in range(first_page, last_page + 1)]
    first = cited.chunk.start_offset
    return await asyncio.to_thread(line_pages, document, first + span[0], first + span[1])


def line_pages(document: ParsedDocument, start: int, end: int) -> list[dict[str, Any]]:
    """Returns the boxes of the span from `start` to `end` of the document's text, page by page, from the boxes of lines
    alone.
    """
    by_page: dict[int, list[Part]] = {}
    for part in parts(document, start, end):
        by_page.setdefault(part.page, []).append(part)
    return [_page(document, page, found) for page, found in sorted(by_page.items())]


def _page(document: ParsedDocument, page: int, found: list[Part]) -> dict[str, Any]:
    sizes = document.page_sizes
    width, height = sizes[page - 1] if page <= len(sizes) else _LETTER
    return {"page": page, "width": width, "height": height, "boxes": [_share(part) for part in found]}


def _share(part: Part) -> Box:
    """Returns the part of a line's box between two characters, assuming equal widths."""
    left, top, right, bottom = part.box
    width = (right - left) / max(len(part.text), 1)
    return (left + width * part.start, top, left + width * part.end, bottom)
