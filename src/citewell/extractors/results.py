"""What extractors read and what they made of it: inputs, kept results, and which of them are still to be made."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agent.knowledge import ChunkText
from citewell.models import Chunk, Document, ExtractionResult, ExtractorVersion, VersionStep

ENGINE_VERSION = 1  # raise it when the same settings and chunks give other rows
_MAX_CHARS = 2_000_000  # of one document
_AT_ONCE = 5000  # ids of one query


class Input(msgspec.Struct, frozen=True):
    """A published document version that an extractor reads; `result_id` is that of what it makes of it."""

    document_id: UUID
    version_id: UUID
    name: str
    input_hash: str
    result_id: UUID


async def inputs(
    session: AsyncSession, version: ExtractorVersion, model: str, wanted: Sequence[UUID] = ()
) -> list[Input]:
    """The active documents of the project, or those of them that are named; unknown ids are passed over."""
    query = (
        select(Document.id, Document.name, Document.live_version_id, VersionStep.input_hash)
        .outerjoin(
            VersionStep,
            (VersionStep.project_id == Document.project_id)
            & (VersionStep.version_id == Document.live_version_id)
            & (VersionStep.step == "chunk"),
        )
        .where(Document.project_id == version.project_id, Document.status == "active", Document.local_to.is_(None))
        .where(Document.live_version_id.is_not(None))
    )
    if wanted:
        query = query.where(Document.id.in_(wanted))
    rows = await session.execute(query.order_by(Document.id))
    settings = settings_hash(version.settings, model)
    return [
        _input(version.extractor_id, row.id, row.live_version_id, row.name, f"{settings}:{row.input_hash}")
        for row in rows
        if row.live_version_id is not None
    ]


def _input(extractor_id: UUID, document_id: UUID, version_id: UUID, name: str, stated: str) -> Input:
    input_hash = hashlib.sha256(stated.encode()).hexdigest()
    return Input(document_id, version_id, name, input_hash, uuid5(version_id, f"{extractor_id}:{input_hash}"))


def settings_hash(settings: Mapping[str, Any], model: str) -> str:
    stated = msgspec.json.encode(settings, order="sorted")
    return hashlib.sha256(stated + f":{model}:{ENGINE_VERSION}".encode()).hexdigest()


async def made(session: AsyncSession, project_id: UUID, some: Sequence[Input]) -> set[UUID]:
    """The ids of those results that are there already."""
    found: set[UUID] = set()
    for start in range(0, len(some), _AT_ONCE):
        ids = [one.result_id for one in some[start : start + _AT_ONCE]]
        query = select(ExtractionResult.id).where(
            ExtractionResult.project_id == project_id, ExtractionResult.id.in_(ids)
        )
        found |= set(await session.scalars(query))
    return found


async def keep(session: AsyncSession, version: ExtractorVersion, one: Input, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store the result; one that is there already stays."""
    values = {
        "project_id": version.project_id,
        "id": one.result_id,
        "extractor_id": version.extractor_id,
        "document_version_id": one.version_id,
        "input_hash": one.input_hash,
        "rows": list(rows),
    }
    await session.execute(insert(ExtractionResult).values(**values).on_conflict_do_nothing())


async def rows_of(session: AsyncSession, project_id: UUID, some: Sequence[Input]) -> dict[UUID, list[dict[str, Any]]]:
    """The kept rows by document."""
    ids = {one.result_id: one.document_id for one in some}
    query = select(ExtractionResult.id, ExtractionResult.rows).where(
        ExtractionResult.project_id == project_id, ExtractionResult.id.in_(ids)
    )
    return {ids[row.id]: row.rows for row in await session.execute(query)}


async def chunks_of(session: AsyncSession, project_id: UUID, one: Input) -> list[ChunkText]:
    """The chunks of the version with their blocks, in its order, up to 2,000,000 characters."""
    query = (
        select(Chunk)
        .where(Chunk.project_id == project_id, Chunk.version_id == one.version_id, Chunk.start_offset < _MAX_CHARS)
        .order_by(Chunk.ordinal)
    )
    return [_chunk_text(chunk, one) for chunk in await session.scalars(query)]


def _chunk_text(chunk: Chunk, one: Input) -> ChunkText:
    return ChunkText(
        chunk_id=chunk.id,
        document_id=one.document_id,
        document_name=one.name,
        content=chunk.content,
        min_page=chunk.min_page,
        max_page=chunk.max_page,
        heading_path=tuple(chunk.heading_path),
        reference_url="",
        blocks=msgspec.json.encode(chunk.blocks).decode(),
    )
