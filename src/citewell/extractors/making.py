"""Makes the rows of one document: by rules, or by a model whose values are looked up in the text."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from citewell.agent.knowledge import ChunkText
from citewell.agent.protocol import Model
from citewell.extractors.alerting_model import STATED, state_alerts
from citewell.extractors.class_source import read_class
from citewell.extractors.engine.modelled import read_with_model
from citewell.extractors.engine.objects import read_objects
from citewell.extractors.engine.parsed import parsed_rows
from citewell.extractors.engine.rows import object_rows
from citewell.extractors.families import Family
from citewell.extractors.repository.chunks import find_start_offsets
from citewell.extractors.results import wished_model
from citewell.extractors.tagging import document_tag_rows, tag_rows
from citewell.extractors.tagging_model import document_tag_rows_with_model, tag_rows_with_model
from citewell.extractors.trees import nodes_of
from citewell.ingestion.blocks import decode
from citewell.ingestion.chunking import ChunkSettings, chunk
from citewell.ingestion.parsed_files import parsed_key
from citewell.ingestion.steps.chunk import stored_blocks
from citewell.kit.ids import new_id
from citewell.kit.places import blocks_with_contents
from citewell.models import DocumentVersion, ExtractorVersion
from citewell.resources import Resources

# The rows of a document, of its chunks and its version. The model comes with each document: its answers are remembered.
Maker = Callable[[Model, Sequence[ChunkText], UUID], Awaitable[list[dict[str, Any]]]]
EXTRACTIVE = "extractive"


def model_of(resources: Resources, version: ExtractorVersion) -> Model:
    """Returns the model that the extractor's version asks for, or what serves in its place here."""
    return resources.model_of(version.project_id, wished_model(version.settings))


def maker_of(resources: Resources, family: Family, version: ExtractorVersion, model: Model) -> Maker:
    settings = version.settings
    if family.name == "object" and settings.get("extractable_pydantic_class"):
        return _with_alerts(_objects(version, model), version, model)
    if family.name == "tag":
        return _with_alerts(_tags(version, model), version, model)
    if family.name == "document-tag":
        return document_tag_maker(model, settings.get("tags") or [])
    if family.name == "chunks":
        return _chunks(resources, version)
    if family.name == "parsing":
        return _parsed(resources, version.project_id)
    return _in_thread(lambda chunks: [])


def document_tag_maker(model: Model, tags: Sequence[dict[str, Any]]) -> Maker:
    """Returns a maker that finds the tags of a document by their definitions."""
    if model.name == EXTRACTIVE:
        return _in_thread(lambda chunks: document_tag_rows(chunks, tags))

    async def rows(model: Model, chunks: Sequence[ChunkText], version_id: UUID) -> list[dict[str, Any]]:
        return await document_tag_rows_with_model(model, chunks, tags)

    return rows


def _tags(version: ExtractorVersion, model: Model) -> Maker:
    settings = version.settings
    nodes, single = nodes_of(settings.get("tagging_tree")), bool(settings.get("enforce_single_tag"))
    if model.name == EXTRACTIVE or not nodes:
        return _in_thread(lambda chunks: [row for chunk in chunks for row in tag_rows(chunk, nodes, single=single)])

    async def rows(model: Model, chunks: Sequence[ChunkText], version_id: UUID) -> list[dict[str, Any]]:
        return await tag_rows_with_model(model, chunks, nodes, settings.get("extraction_prompt") or "", single=single)

    return rows


def _with_alerts(make: Maker, version: ExtractorVersion, model: Model) -> Maker:
    """Adds to each row the alerts that a model states of it, where there are instructions for it."""
    instructions = str(version.settings.get("alerts_additional_instructions") or "").strip()
    if not instructions or model.name == EXTRACTIVE:
        return make

    async def rows(model: Model, chunks: Sequence[ChunkText], version_id: UUID) -> list[dict[str, Any]]:
        made = await make(model, chunks, version_id)
        alerts = await state_alerts(model, made, instructions)
        return [{**row, STATED: some} if some else row for row, some in zip(made, alerts, strict=True)]

    return rows


def _chunks(resources: Resources, version: ExtractorVersion) -> Maker:
    """Cuts what was parsed by other settings than the project's."""
    stated = version.settings
    named = {name: stated[name] for name in ChunkSettings.__struct_fields__ if stated.get(name) is not None}
    settings = ChunkSettings(**named | {"excluded_block_types": tuple(named.get("excluded_block_types", ()))})

    async def rows(model: Model, chunks: Sequence[ChunkText], version_id: UUID) -> list[dict[str, Any]]:
        if (data := await _parsed_file(resources, version.project_id, version_id)) is None:
            return []
        return await asyncio.to_thread(_chunk_rows, data, chunks[0].document_id, settings)

    return rows


def _parsed(resources: Resources, project_id: UUID) -> Maker:
    async def rows(model: Model, chunks: Sequence[ChunkText], version_id: UUID) -> list[dict[str, Any]]:
        if (data := await _parsed_file(resources, project_id, version_id)) is None:
            return []
        async with resources.database.read() as session:
            offsets = await find_start_offsets(session, project_id, version_id)
        return await asyncio.to_thread(lambda: parsed_rows(decode(data), chunks, offsets, version_id))

    return rows


async def _parsed_file(resources: Resources, project_id: UUID, version_id: UUID) -> bytes | None:
    """Returns the parsed content of a document's file; None for a document whose chunks came from a table."""
    async with resources.database.read() as session:
        version = await session.get_one(DocumentVersion, (project_id, version_id))
    try:
        return await resources.files.get(parsed_key(version))
    except FileNotFoundError:
        return None


def _chunk_rows(data: bytes, document_id: UUID, settings: ChunkSettings) -> list[dict[str, Any]]:
    """Returns a parsed document cut by other settings than its project's."""
    parsed = decode(data)
    return [
        {
            "id": str(new_id()),
            "document_id": str(document_id),
            "content": found.content,
            "min_page": found.min_page,
            "max_page": found.max_page,
            "blocks": blocks_with_contents(stored_blocks(parsed, found), found.content),
        }
        for found in chunk(parsed, settings)
    ]


def _in_thread(make: Callable[[Sequence[ChunkText]], list[dict[str, Any]]]) -> Maker:
    async def rows(model: Model, chunks: Sequence[ChunkText], version_id: UUID) -> list[dict[str, Any]]:
        return await asyncio.to_thread(make, chunks)

    return rows


def _objects(version: ExtractorVersion, model: Model) -> Maker:
    spec = read_class(version.settings["extractable_pydantic_class"])
    number = str(version.number)

    async def rows(model: Model, chunks: Sequence[ChunkText], version_id: UUID) -> list[dict[str, Any]]:
        if model.name == EXTRACTIVE:
            return await asyncio.to_thread(lambda: object_rows(read_objects(chunks, spec), chunks, version_id, number))
        found = await read_with_model(model, chunks, spec, version.settings)
        return await asyncio.to_thread(object_rows, found, chunks, version_id, number)

    return rows
