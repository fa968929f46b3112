"""The step that joins blocks to chunks, the units that answers cite. A chunk's id never changes."""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.ingestion.blocks import Block, ParsedDocument, decode
from citewell.ingestion.chunk_settings import chunk_settings
from citewell.ingestion.chunking import Chunk, ChunkSettings, chunk
from citewell.ingestion.parsed_files import parsed_key
from citewell.ingestion.repository.passages import add_chunks
from citewell.ingestion.step import Done, Result, StepContext
from citewell.models import DocumentVersion
from citewell.resources import Resources

CHUNKER_VERSION = 2  # raise it when the same blocks and settings give other chunks
_BATCH = 500  # rows in one INSERT
_BLOCK_SIZE = 500  # memory of a stored block, in characters (see Result.size)


async def run(context: StepContext) -> Result:
    resources, version = context.resources, context.version
    async with resources.database.read() as session:
        settings = await chunk_settings(session, version.project_id)
    stored = await resources.files.get(parsed_key(version))
    # In a thread: a long document takes seconds, for which the event loop must not be blocked.
    rows = await asyncio.to_thread(lambda: _rows(version, decode(stored), settings))
    size = sum(len(row["content"]) + _BLOCK_SIZE * len(row["blocks"]) for row in rows)
    return Result(rows, input_hash=chunk_key(context.input_hash, settings), size=size)


async def store(session: AsyncSession, resources: Resources, done: Sequence[Done]) -> None:
    rows = [row for one in done for row in one.result.made]
    for start in range(0, len(rows), _BATCH):
        await add_chunks(session, rows[start : start + _BATCH])


def chunk_key(parse_key: str | None, settings: ChunkSettings) -> str:
    """Returns the key of all that the chunks depend on: the parsed content, the settings and the chunker's version."""
    stated = msgspec.json.encode(settings).decode()
    return hashlib.sha256(f"{parse_key}:{stated}:{CHUNKER_VERSION}".encode()).hexdigest()


def _rows(version: DocumentVersion, parsed: ParsedDocument, settings: ChunkSettings) -> list[dict[str, Any]]:
    return [_row(version, parsed, found) for found in chunk(parsed, settings)]


def _row(version: DocumentVersion, parsed: ParsedDocument, found: Chunk) -> dict[str, Any]:
    return {
        "project_id": version.project_id,
        "id": chunk_id(version.id, found.ordinal),
        "document_id": version.document_id,
        "version_id": version.id,
        "ordinal": found.ordinal,
        "content": found.content,
        "start_offset": found.start,
        "end_offset": found.end,
        "min_page": found.min_page,
        "max_page": found.max_page,
        "heading_path": list(found.heading_path),
        "blocks": stored_blocks(parsed, found),
    }


def stored_blocks(parsed: ParsedDocument, found: Chunk) -> list[dict[str, Any]]:
    """Returns type, place, box and offsets in the chunk of each block that the chunk holds or cuts, in the form that
    `citewell.kit.places` reads.
    """
    return [_placed(block, found) for block in parsed.blocks[found.first_block : found.last_block + 1]]


def _placed(block: Block, found: Chunk) -> dict[str, Any]:
    placed: dict[str, Any] = {
        "type": block.type,
        "page": block.page,
        "place": block.place,
        "bbox": block.bbox,
        "start": max(block.start - found.start, 0),
        "end": min(block.end, found.end) - found.start,
    }
    if block.level is not None:
        placed |= {"level": block.level, "above": block.heading_path}
    if block.confidence is not None:
        placed["confidence"] = block.confidence
    parts = [
        {
            "start": max(line.start - found.start, 0),
            "end": min(line.end, found.end) - found.start,
            "page": line.page,
            "place": line.place,
        }
        for line in block.lines or ()
        if (line.page is not None or line.place) and line.start < found.end and found.start < line.end
    ]
    return placed | {"parts": parts} if parts else placed


def chunk_id(version_id: UUID, ordinal: int) -> UUID:
    """Returns the id of a chunk. It is the same however often the step runs."""
    return uuid5(version_id, f"chunk:{ordinal}")
