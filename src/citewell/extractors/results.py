"""The inputs of extractors, their kept results, and which results are still to be made."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.engine import Database
from citewell.errors import BadRequest
from citewell.extractors.input_filter import InputFilter, chunks_by_document, documents_of, read_filter
from citewell.extractors.repository.documents import find_readable
from citewell.extractors.repository.results import find_rows, find_stored, store_result
from citewell.models import ExtractorVersion, PipelineRun

# Raise it when the same settings and chunks give other rows: with the rules, or with a model.
ENGINE_VERSION, MODELLED_VERSION = 3, 2
MAX_CHARS = 2_000_000  # of one document


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
    (None: all), further narrowed by `contains` and `tagged`; of `block_types` (none: all) are the blocks that are read.
    With `table_version`, the chunks are the document's rows in that version of a table of chunks.
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
    block_types: tuple[str, ...] = ()
    table_version: UUID | None = None


class Upstream(msgspec.Struct, frozen=True):
    """What stands before an extractor in a flow.

    The documents that pass (None: all), by document the result that holds its chunks (None: its own), and the results
    whose tags decide which chunks pass.
    """

    documents: frozenset[UUID] | None = None
    chunks: Mapping[UUID, UUID] | None = None
    tagged: Sequence[tuple[Mapping[UUID, UUID], tuple[str, ...], tuple[str, ...]]] = ()


class Scope(msgspec.Struct, frozen=True):
    """What a run reads of its documents.

    These chunks of each (None: all), or its rows in a version of a table of chunks, of which `state` says whether rows
    came or went.
    """

    chunks: Mapping[UUID, Sequence[UUID]] | None = None
    table_version: UUID | None = None
    state: str = ""


async def inputs(
    session: AsyncSession,
    version: ExtractorVersion,
    model: str,
    wanted: Sequence[UUID] = (),
    upstream: Upstream = Upstream(),  # noqa: B008
    scope: Scope = Scope(),  # noqa: B008
) -> list[Input]:
    """Returns the active documents of the project, or those of them that are named; unknown ids are passed over.
    `scope` is what a run narrows them to.

    Documents that the extractor's `pre_execution_filter`, or what stands before it, leaves out are not among them.
    Raises BadRequest for a filter that cannot be read.
    """
    project_id = version.project_id
    rows = await find_readable(session, project_id, wanted)
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
        narrowed = [(row, _narrowed(row.id, upstream, by_document, chosen, scope)) for row in some]
        types = _block_types(version.settings)
        return [_input(extractor_id, row, settings, one | types) for row, one in narrowed if one is not None]

    return await asyncio.to_thread(listed)  # it takes seconds for many documents


def _narrowed(
    document_id: UUID,
    upstream: Upstream,
    by_document: Mapping[UUID, Sequence[UUID]] | None,
    chosen: InputFilter,
    scope: Scope,
) -> dict[str, Any] | None:
    """Which chunks of the document are read; None if none can be, since what they come from has left it out."""
    source = None if upstream.chunks is None else upstream.chunks.get(document_id)
    rules = [(results.get(document_id), included, excluded) for results, included, excluded in upstream.tagged]
    only = None if by_document is None else tuple(by_document.get(document_id, ()))
    if scope.chunks is not None:
        stated = scope.chunks.get(document_id, ())
        known = frozenset(stated)
        only = tuple(stated) if only is None else tuple(one for one in only if one in known)
    if (upstream.chunks is not None and source is None) or any(rule[0] is None for rule in rules) or only == ():
        return None
    tagged = tuple(TagRule(result, included, excluded) for result, included, excluded in rules if result)
    narrowed = {"source": source, "only": only, "contains": tuple(chosen.contains), "tagged": tagged}
    return narrowed | {"table_version": scope.table_version, "state": scope.state}


def _block_types(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the types of blocks that an extractor reads, where it is told to read some only."""
    types = settings.get("block_types") if settings.get("filtered_on_block_types") else None
    return {"block_types": tuple(types)} if types else {}


def _input(extractor_id: UUID, row: Any, settings: str, narrowed: Mapping[str, Any]) -> Input:
    stated = f"{settings}:{narrowed['source'] or row.input_hash}"
    if narrowed["only"] is not None or narrowed["tagged"]:
        stated += ":" + hashlib.sha256(msgspec.json.encode([narrowed["only"], narrowed["tagged"]])).hexdigest()
    if narrowed["table_version"] is not None:
        stated += f":{narrowed['table_version']}:{narrowed['state']}"
    input_hash = hashlib.sha256(stated.encode()).hexdigest()
    result_id = uuid5(row.live_version_id, f"{extractor_id}:{input_hash}")
    fields = {name: value for name, value in narrowed.items() if name != "state"}
    return Input(row.id, row.live_version_id, row.name, input_hash, result_id, **fields)


def wished_model(settings: Mapping[str, Any]) -> str:
    """Returns the name of the model that an extractor of these settings asks for; empty for the server's."""
    config = settings.get("agentic_config") if settings.get("extraction_mode") == "agentic" else None
    return str((config or {}).get("agent_llm_model") or settings.get("llm_model") or "")


def settings_hash(settings: Mapping[str, Any], model: str) -> str:
    stated = msgspec.json.encode(settings, order="sorted")
    engine = ENGINE_VERSION if model == "extractive" else MODELLED_VERSION
    return hashlib.sha256(stated + f":{model}:{engine}".encode()).hexdigest()


async def made(session: AsyncSession, project_id: UUID, some: Sequence[Input]) -> set[UUID]:
    """Returns the ids of those results that are there already."""
    return await find_stored(session, project_id, [one.result_id for one in some])


async def keep(
    database: Database,
    run: PipelineRun,
    version: ExtractorVersion,
    one: Input,
    rows: Sequence[Mapping[str, Any]] | None,
    line: str,
    *,
    table_id: UUID | None = None,
) -> bool:
    """Store what a run made of a document, with a line of its log; the model's answers about it are forgotten. A result
    that is there already stays; without rows there is none. `table_id` is that of a table whose definitions made it.

    Returns whether the run is to go on by this attempt.
    """
    values = {
        "project": version.project_id,
        "run": run.id,
        "result": one.result_id,
        "extractor": version.extractor_id if table_id is None else None,
        "table": table_id,
        "version": one.version_id,
        "hash": one.input_hash,
        "rows": None if rows is None else msgspec.json.encode(rows).decode(),
        "line": line[:2000],
        "attempt": run.attempt,
    }
    return await store_result(database, values)


async def rows_of(session: AsyncSession, project_id: UUID, some: Sequence[Input]) -> dict[UUID, list[dict[str, Any]]]:
    """Returns the kept rows by document."""
    ids = {one.result_id: one.document_id for one in some}
    return {ids[result]: rows for result, rows in (await find_rows(session, project_id, list(ids))).items()}
