"""The chunks that an extractor reads of one document."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid5

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agent.knowledge import ChunkText
from citewell.db.engine import Database
from citewell.extractors.repository.chunks import fetch_chunks
from citewell.extractors.repository.table_rows import fetch_rows_of_document
from citewell.extractors.results import MAX_CHARS, Input, NotMade, TagRule
from citewell.kit.ids import is_uuid
from citewell.kit.places import page_of, placed_blocks
from citewell.models import ExtractionResult


async def chunks_of(database: Database, project_id: UUID, one: Input) -> list[ChunkText]:
    """Returns the chunks that are read of the document with their blocks, in its order, up to 2,000,000 characters.
    Raises NotMade where a result that they come from, or whose tags choose them, is not there.

    All is read from the primary, so that a standby which is behind does not leave out chunks."""
    chunks = await _read(database, project_id, one)
    if one.tagged:
        async with database.write() as session:
            rules = [await _tagged(session, project_id, rule) for rule in one.tagged]
        chunks = [chunk for chunk in chunks if all(passes(str(chunk.chunk_id)) for passes in rules)]
    if one.only is not None:
        only = frozenset(one.only)
        chunks = [chunk for chunk in chunks if chunk.chunk_id in only]
    if one.block_types:
        chunks = [kept for chunk in chunks if (kept := _of_types(chunk, one.block_types)) is not None]
    if one.contains:
        words = [word.casefold() for word in one.contains]
        chunks = [chunk for chunk in chunks if any(word in chunk.content.casefold() for word in words)]
    return chunks


async def _read(database: Database, project_id: UUID, one: Input) -> list[ChunkText]:
    if one.source is not None:
        async with database.write() as session:
            return [_chunk_of_row(row, one) for row in await _kept_rows(session, project_id, one.source)]
    if one.table_version is not None:
        rows = await fetch_rows_of_document(database, project_id, one.table_version, one.document_id)
        return [_chunk_of_row(row.data, one) for row in rows]
    return [_chunk_text(row, one) for row in await fetch_chunks(database, project_id, one.version_id, MAX_CHARS)]


def _of_types(chunk: ChunkText, types: tuple[str, ...]) -> ChunkText | None:
    """Returns the chunk with blanks in place of its other blocks, so that places in it stay; None if nothing is
    left.
    """
    content, kept = list(" " * len(chunk.content)), False
    for block in msgspec.json.decode(chunk.blocks):
        if block.get("type") in types and isinstance(start := block.get("start"), int):
            content[start : block["end"]] = chunk.content[start : block["end"]]
            kept = True
    return msgspec.structs.replace(chunk, content="".join(content)) if kept else None


async def _kept_rows(session: AsyncSession, project_id: UUID, result_id: UUID) -> list[dict[str, Any]]:
    kept = await session.get(ExtractionResult, (project_id, result_id))
    if kept is None:
        raise NotMade(str(result_id))
    return kept.rows


async def _tagged(session: AsyncSession, project_id: UUID, rule: TagRule) -> Callable[[str], bool]:
    """Whether a chunk passes the rule, by its id."""
    tags: dict[str, set[str]] = {}
    for row in await _kept_rows(session, project_id, rule.result_id):
        metadata = row.get("metadata") or {}
        tags.setdefault(str(row.get("chunk_id")), set()).update([str(row["id"]), *(metadata.get("tags") or ())])
    included, excluded = set(rule.included), set(rule.excluded)

    def passes(chunk_id: str) -> bool:
        has = tags.get(chunk_id, set())
        return (not included or bool(has & included)) and not has & excluded

    return passes


def _chunk_of_row(row: Mapping[str, Any], one: Input) -> ChunkText:
    """Returns a row of a table of chunks; or of blocks, each read as a chunk of its own. The rows may be a client's."""
    stated = row.get("content")
    content = stated if isinstance(stated, str) else ""
    return ChunkText(
        chunk_id=_id_of(row, one),
        document_id=one.document_id,
        document_name=one.name,
        content=content,
        min_page=page_of(row.get("min_page", row.get("page"))),
        max_page=page_of(row.get("max_page", row.get("page"))),
        heading_path=(),
        reference_url="",
        blocks=msgspec.json.encode(_blocks_of(row, content)).decode(),
    )


def _id_of(row: Mapping[str, Any], one: Input) -> UUID:
    stated = str(row["id"])
    return UUID(stated) if is_uuid(stated) else uuid5(one.document_id, stated)


def _blocks_of(row: Mapping[str, Any], content: str) -> list[dict[str, Any]]:
    if "blocks" in row or not isinstance(row.get("type"), str):
        return placed_blocks(row.get("blocks"), len(content))
    block = {"start": 0, "end": len(content), "type": row["type"], "page": page_of(row.get("page"))}
    return placed_blocks([block | {"bbox": row.get("bbox")}], len(content))


def _chunk_text(row: Any, one: Input) -> ChunkText:
    return ChunkText(
        chunk_id=row.id,
        document_id=one.document_id,
        document_name=one.name,
        content=row.content,
        min_page=row.min_page,
        max_page=row.max_page,
        heading_path=tuple(row.heading_path),
        reference_url="",
        blocks=row.blocks,
    )
