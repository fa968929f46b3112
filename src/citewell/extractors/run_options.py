"""The options of a run beside its documents: chunks, tags that chunks carry, a table of chunks, a model."""

import contextlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.errors import InvalidFields, NotFound
from citewell.extractors.families import BY_NAME
from citewell.extractors.pushing import pushed_version
from citewell.extractors.repository.chunks import find_live_chunks
from citewell.extractors.repository.table_rows import find_documents_of_rows, find_tagged_chunks
from citewell.extractors.results import Scope
from citewell.extractors.schemas import ExtractorRun
from citewell.extractors.service import find_extractor, tables_of
from citewell.models import KnowledgeTable, TableVersion
from citewell.tables.service import find_table, find_version

_MAX_CHUNKS = 100_000
_READ_TABLES = {"chunks_table_version_id": "chunk", "blocks_table_version": "block"}


class RunOptions(BaseModel):
    """The options that a run's job carries."""

    chunk_ids: list[UUID] = []
    llm_model: str | None = None
    compute_alerts: bool | None = None
    filtering_tag_extractor: UUID | None = None
    filtering_value: str | None = None
    chunks_table_version_id: UUID | None = None  # or the version of a table of blocks
    keeps_others: bool = False


async def options_of(
    session: AsyncSession, project_id: UUID, wanted: ExtractorRun, settings: Mapping[str, Any]
) -> RunOptions:
    """Returns the options of a run of an extractor with these settings.

    Raises InvalidFields that names what a run names and the project lacks.
    """
    if wanted.filtering_tag_extractor is not None:
        try:
            await find_extractor(session, project_id, "tag", wanted.filtering_tag_extractor)
        except NotFound as error:
            raise InvalidFields({"filtering_tag_extractor": [error.message]}) from None
        if not (wanted.filtering_value or wanted.filtering_key):
            raise InvalidFields({"filtering_value": ["Name the tag that chunks must carry."]})
    for field, object_type in _READ_TABLES.items():
        if (stated := getattr(wanted, field)) is not None:
            await _check_version(session, project_id, stated, field, object_type)
    return RunOptions(
        chunk_ids=wanted.chunk_ids,
        llm_model=wanted.llm_model,
        compute_alerts=wanted.compute_alerts,
        filtering_tag_extractor=wanted.filtering_tag_extractor,
        filtering_value=wanted.filtering_value or wanted.filtering_key,
        chunks_table_version_id=wanted.blocks_table_version
        or wanted.chunks_table_version_id
        or await _of_extractor(session, project_id, settings),
        keeps_others=wanted.mode.startswith("upsert"),
    )


async def _check_version(
    session: AsyncSession, project_id: UUID, version_id: UUID, field: str, object_type: str
) -> None:
    try:
        version = await find_version(session, project_id, version_id)
    except NotFound as error:
        raise InvalidFields({field: [error.message]}) from None
    table = await find_table(session, project_id, version.table_id)
    if table.object_type != object_type:
        told = f'This is a version of "{table.name}", a table of type {table.object_type}, not of {object_type}s.'
        raise InvalidFields({field: [told]})


async def _of_extractor(session: AsyncSession, project_id: UUID, settings: Mapping[str, Any]) -> UUID | None:
    """Returns the version of a table that the extractor is set to read, for as long as it is there."""
    for field, object_type in (("blocks_table_version", "block"), ("chunks_table_version", "chunk")):
        if (stated := settings.get(field)) is not None:
            with contextlib.suppress(InvalidFields):
                await _check_version(session, project_id, UUID(str(stated)), field, object_type)
                return UUID(str(stated))
    return None


async def scope_of(session: AsyncSession, project_id: UUID, options: RunOptions) -> Scope:
    """Returns what the run reads of its documents now."""
    ids: set[UUID] | None = set(options.chunk_ids) or None
    if options.filtering_tag_extractor is not None:
        tagged = await _tagged(session, project_id, options.filtering_tag_extractor, options.filtering_value or "")
        ids = tagged if ids is None else ids & tagged
    version = None
    if options.chunks_table_version_id is not None:
        version = await session.get(TableVersion, (project_id, options.chunks_table_version_id))
    if version is None or version.live:
        return Scope(None if ids is None else await _by_document(session, project_id, ids))
    chunks = None if ids is None else await _by_row(session, version, ids)
    return Scope(chunks, version.id, f"{version.next_position}:{version.row_count}:{version.updated_at.isoformat()}")


async def _tagged(session: AsyncSession, project_id: UUID, extractor_id: UUID, tag: str) -> set[UUID]:
    """Returns the chunks that carry the tag, or one below it, in the deployed (else newest) version of its table."""
    tables = await tables_of(session, project_id, BY_NAME["tag"], [extractor_id])
    table: KnowledgeTable | None = tables[extractor_id].get("extracted_tags_table")
    version = await pushed_version(session, table) if table is not None else None
    if version is None:
        return set()
    return {UUID(one) for one in await find_tagged_chunks(session, project_id, version.id, tag, _MAX_CHUNKS)}


async def _by_document(session: AsyncSession, project_id: UUID, ids: set[UUID]) -> dict[UUID, list[UUID]]:
    return _grouped(await find_live_chunks(session, project_id, ids))


async def _by_row(session: AsyncSession, version: TableVersion, ids: set[UUID]) -> dict[UUID, list[UUID]]:
    rows = await find_documents_of_rows(session, version, ids)
    return _grouped((UUID(chunk), UUID(document)) for chunk, document in rows)


def _grouped(pairs: Any) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = {}
    for chunk, document in pairs:
        found.setdefault(document, []).append(chunk)
    return found
