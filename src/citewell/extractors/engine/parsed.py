"""The parsed content of a document as rows: its blocks, each with its evidence, and the document itself."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

import msgspec

from citewell.agent.knowledge import ChunkText
from citewell.extractors.engine.evidence import MISSING, Found, Source
from citewell.ingestion.blocks import Block, ParsedDocument

PARSED = "parsed_document"  # key of a document's first row, with the row of the document itself
_MAX_CONTENT = 100_000  # characters of a block and of a document
_MAX_CELLS = 100_000  # bytes of a table's cells
Offsets = Mapping[UUID, int]


def parsed_rows(
    parsed: ParsedDocument, chunks: Sequence[ChunkText], offsets: Offsets, version_id: UUID
) -> list[dict[str, Any]]:
    """Returns a row for each block, in the order of the document. `offsets` says where chunks begin in its text.

    The n-th block of a document has the same id in every run.
    """
    placed = sorted(((offsets[chunk.chunk_id], chunk) for chunk in chunks), key=lambda pair: pair[0])
    rows, first = list[dict[str, Any]](), 0
    for number, block in enumerate(parsed.blocks):
        while first < len(placed) and placed[first][0] + len(placed[first][1].content) <= block.start:
            first += 1
        rows.append(_row(block, number, chunks[0].document_id, _evidence(block, placed[first:], version_id)))
    if rows:
        rows[0][PARSED] = _document(parsed, chunks[0], version_id)
    return rows


def _row(block: Block, number: int, document_id: UUID, evidence: Mapping[str, Any]) -> dict[str, Any]:
    cells = block.rows if block.rows and len(msgspec.json.encode(block.rows)) <= _MAX_CELLS else None
    return {
        "id": str(uuid5(document_id, f"block:{number}")),
        "document_id": str(document_id),
        "number": number,
        "type": block.type,
        "page": block.page,
        "place": block.place,
        "bbox": block.bbox,
        "content": block.text[:_MAX_CONTENT],
        "heading_path": list(block.heading_path),
        "rows": cells,
        "confidence": block.confidence,
        "evidence": {"/content": evidence},
    }


def _evidence(block: Block, placed: Sequence[tuple[int, ChunkText]], version_id: UUID) -> dict[str, Any]:
    """Returns the block's words where the chunks have them; `missing` for a block that no chunk has."""
    sources: list[Source] = []
    for start, chunk in placed:
        if start >= min(block.end, block.start + _MAX_CONTENT):
            break
        low, high = max(block.start - start, 0), min(block.end - start, len(chunk.content))
        if low < high:
            sources.append(Source(chunk, low, high))
    if len(sources) > 1:
        sources = [Source(one.chunk, one.start, one.end, "input") for one in sources]
    return Found(block.text, tuple(sources), 1.0).to_wire(version_id) if sources else dict(MISSING)


def _document(parsed: ParsedDocument, chunk: ChunkText, version_id: UUID) -> dict[str, Any]:
    return {
        "id": str(uuid5(chunk.document_id, "parsed")),
        "document_id": str(chunk.document_id),
        "document_version_id": str(version_id),
        "name": chunk.document_name,
        "title": parsed.title,
        "content": parsed.text[:_MAX_CONTENT],
        "page_count": parsed.page_count,
        "block_count": len(parsed.blocks),
        "warnings": parsed.warnings,
    }
