"""What extractors read and what they made of it: inputs, kept results, and which of them are still to be made."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agent.knowledge import ChunkText
from citewell.errors import BadRequest
from citewell.extractors.filters import InputFilter, chunks_by_document, documents_of, read_filter
from citewell.models import Chunk, Document, ExtractionResult, ExtractorVersion, VersionStep

ENGINE_VERSION = 1  # raise it when the same settings and chunks give other rows
_MAX_CHARS = 2_000_000  # of one document
_AT_ONCE = 5000  # ids of one query


class NotMade(LookupError):
    """A result that another one is made of is not there: the model had no answer for its document, say."""


class TagRule(msgspec.Struct, frozen=True):
    """Which chunks pass by the tags that a kept result gave them."""

    result_id: UUID
    included: tuple[str, ...]
    excluded: tuple[str, ...]


class Input(msgspec.Struct, frozen=True):
    """A published document version that an extractor reads; `result_id` is that of what it makes of it.

    `source` is a kept result whose chunks are read in place of the document's own; `only` are the chunks that are read
    (None: all), further narrowed by `contains` and `tagged`.
    """

    document_id: UUID
    version_id: UUID
    name: str
    input_hash: str
    result_id: UUID
    source: UUID | None = None
    only: tuple[UUID, ...] | None = None
    contains: tuple[str, ...] = ()
    tagged: tuple[TagRule, ...] = ()


class Upstream(msgspec.Struct, frozen=True):
    """What stands before an extractor in a flow: the documents that pass (None: all), by document the result that
    holds its chunks (None: its own), and the results whose tags decide which chunks pass."""

    documents: frozenset[UUID] | None = None
    chunks: Mapping[UUID, UUID] | None = None
    tagged: Sequence[tuple[Mapping[UUID, UUID], tuple[str, ...], tuple[str, ...]]] = ()


async def inputs(
    session: AsyncSession,
    version: ExtractorVersion,
    model: str,
    wanted: Sequence[UUID] = (),
    upstream: Upstream = Upstream(),  # noqa: B008
) -> list[Input]:
    """The active documents of the project, or those of them that are named; unknown ids are passed over.

    Documents that the extractor's `pre_execution_filter`, or what stands before it, leaves out are not among them.
    Raises BadRequest for a filter that cannot be read.
    """
    project_id = version.project_id
    query = (
        select(Document.id, Document.name, Document.live_version_id, VersionStep.input_hash)
        .outerjoin(
            VersionStep,
            (VersionStep.project_id == Document.project_id)
            & (VersionStep.version_id == Document.live_version_id)
            & (VersionStep.step == "chunk"),
        )
        .where(Document.project_id == project_id, Document.status == "active", Document.local_to.is_(None))
        .where(Document.live_version_id.is_not(None))
    )
    if wanted:
        query = query.where(Document.id.in_(wanted))
    rows = list(await session.execute(query.order_by(Document.id)))
    try:
        chosen = read_filter(version.settings.get("pre_execution_filter"))
    except ValueError as error:
        raise BadRequest(f"pre_execution_filter: {error}") from None
    passing, by_document = upstream.documents, await chunks_by_document(session, project_id, chosen)
    if (found := await documents_of(session, project_id, chosen)) is not None:
        passing = found if passing is None else passing & found
    settings, extractor_id = settings_hash(version.settings, model), version.extractor_id

    def listed() -> list[Input]:
        some = [row for row in rows if passing is None or row.id in passing]
        narrowed = [(row, _narrowed(row.id, upstream, by_document, chosen)) for row in some]
        return [_input(extractor_id, row, settings, one) for row, one in narrowed if one is not None]

    return await asyncio.to_thread(listed)  # it takes seconds for many documents


def _narrowed(
    document_id: UUID,
    upstream: Upstream,
    by_document: Mapping[UUID, Sequence[UUID]] | None,
    chosen: InputFilter,
) -> dict[str, Any] | None:
    """Which chunks of the document are read; None where none can be, since what they come from has left it out."""
    source = None if upstream.chunks is None else upstream.chunks.get(document_id)
    rules = [(results.get(document_id), included, excluded) for results, included, excluded in upstream.tagged]
    only = None if by_document is None else tuple(by_document.get(document_id, ()))
    if (upstream.chunks is not None and source is None) or any(rule[0] is None for rule in rules) or only == ():
        return None
    tagged = tuple(TagRule(result, included, excluded) for result, included, excluded in rules if result)
    return {"source": source, "only": only, "contains": tuple(chosen.contains), "tagged": tagged}


def _input(extractor_id: UUID, row: Any, settings: str, narrowed: Mapping[str, Any]) -> Input:
    stated = f"{settings}:{narrowed['source'] or row.input_hash}"
    if narrowed["only"] is not None or narrowed["tagged"]:
        stated += ":" + hashlib.sha256(msgspec.json.encode([narrowed["only"], narrowed["tagged"]])).hexdigest()
    input_hash = hashlib.sha256(stated.encode()).hexdigest()
    result_id = uuid5(row.live_version_id, f"{extractor_id}:{input_hash}")
    return Input(row.id, row.live_version_id, row.name, input_hash, result_id, **narrowed)


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


async def keep(
    session: AsyncSession,
    version: ExtractorVersion,
    one: Input,
    rows: Sequence[Mapping[str, Any]],
    *,
    table_id: UUID | None = None,
) -> None:
    """Store the result; one that is there already stays. `table_id` is that of a table whose definitions made it."""
    values = {
        "project_id": version.project_id,
        "id": one.result_id,
        "extractor_id": version.extractor_id if table_id is None else None,
        "table_id": table_id,
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
    """The chunks that are read of the document with their blocks, in its order, up to 2,000,000 characters. Raises
    NotMade where a result that they come from, or whose tags choose them, is not there."""
    if one.source is not None:
        chunks = [_chunk_of_row(row, one) for row in await _kept_rows(session, project_id, one.source)]
    else:
        query = (
            select(Chunk)
            .where(Chunk.project_id == project_id, Chunk.version_id == one.version_id, Chunk.start_offset < _MAX_CHARS)
            .order_by(Chunk.ordinal)
        )
        chunks = [_chunk_text(chunk, one) for chunk in await session.scalars(query)]
    if one.only is not None:
        chunks = [chunk for chunk in chunks if chunk.chunk_id in one.only]
    for rule in one.tagged:
        passing = await _tagged(session, project_id, rule)
        chunks = [chunk for chunk in chunks if passing(str(chunk.chunk_id))]
    if one.contains:
        words = [word.casefold() for word in one.contains]
        chunks = [chunk for chunk in chunks if any(word in chunk.content.casefold() for word in words)]
    return chunks


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
    return ChunkText(
        chunk_id=UUID(str(row["id"])),
        document_id=one.document_id,
        document_name=one.name,
        content=str(row.get("content") or ""),
        min_page=row.get("min_page"),
        max_page=row.get("max_page"),
        heading_path=(),
        reference_url="",
        blocks=msgspec.json.encode(row.get("blocks") or []).decode(),
    )


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
