"""The rules of extractors: making one with its tables, changing it into a new version, running it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

import procrastinate
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agent.models.pool import ModelPool
from citewell.audit.log import entry_of
from citewell.auth.access import Access
from citewell.errors import NotFound
from citewell.extractors import results
from citewell.extractors.families import Family, TableSpec
from citewell.extractors.repository import extractors as repository
from citewell.extractors.repository.pushed import tables_named
from citewell.extractors.run_jobs import ExtractionJob, defer_extraction
from citewell.extractors.schemas import ExtractorRun
from citewell.ingestion.chunk_settings import CHUNK_DEFAULTS
from citewell.kit.ids import new_id
from citewell.models import Extractor, ExtractorVersion, KnowledgeTable, PipelineRun, Project
from citewell.tables.document_tags import forget_table

_CHUNKING = "default_chunking_"
_MOST_LISTED = 10_000  # documents named in statistics
_START_SECONDS = 10.0  # that a run's first job is estimated to take


async def add_chunks_extractor(session: AsyncSession, project_id: UUID) -> None:
    """The chunks extractor that comes with a project: it shows how the project cuts its documents."""
    extractor = Extractor(
        project_id=project_id, id=uuid5(project_id, "chunks-extractor"), family="chunks", name="Chunks", is_default=True
    )
    session.add(extractor)
    await session.flush()
    await repository.add_version(session, extractor, {}, default=True)


async def find_extractor(
    session: AsyncSession, project_id: UUID, family: str, extractor_id: UUID, *, lock: bool = False
) -> Extractor:
    """Returns the extractor, locked if wished. Raises NotFound, also for one of another family."""
    found = await session.get(Extractor, (project_id, extractor_id), with_for_update=lock or None)
    if found is None or found.family != family:
        raise NotFound("There is no such extractor in this project.")
    return found


async def find_version(session: AsyncSession, extractor: Extractor, version_id: UUID | None) -> ExtractorVersion:
    """Returns the version of this id; without one, the default version. Raises NotFound."""
    found = await repository.find_version(session, extractor, version_id)
    if found is None:
        told = "This extractor has no such version."
        raise NotFound(told if version_id else "This extractor has no version yet: a PATCH makes one.")
    return found


async def create_extractor(session: AsyncSession, access: Access, family: Family, request: BaseModel) -> Extractor:
    """Returns the new extractor with its tables and, except in an import, a first version."""
    sent = request.model_dump(mode="json")
    name, is_import = sent.pop("name") or family.title, sent.pop("import_mode", False)
    extractor = Extractor(
        project_id=access.project_id, id=new_id(), family=family.name, name=name, settings=sent, is_default=False
    )
    session.add(extractor)
    await session.flush()
    if not is_import:
        await repository.add_version(session, extractor, _versioned(family, sent), default=True)
    for spec in family.tables:
        if not spec.late:
            session.add(make_table(spec, extractor))
    session.add(entry_of(access, "extractor_created", "extractor", extractor.id, family=family.name, name=name))
    await session.flush()
    await session.refresh(extractor)
    return extractor


def make_table(spec: TableSpec, extractor: Extractor) -> KnowledgeTable:
    """Returns the table of an extractor, not yet stored."""
    return KnowledgeTable(
        project_id=extractor.project_id,
        name=spec.named(extractor.id),
        object_type=spec.object_type,
        columns=[{"name": column, "type": kind} for column, kind in spec.columns],
        object_metadata=_metadata(spec.object_type, extractor),
    )


async def change_extractor(
    session: AsyncSession, access: Access, family: Family, extractor_id: UUID, request: BaseModel, *, default: bool
) -> Extractor:
    """Changes an extractor; fields that were not sent stay.

    A changed field that decides results makes a new version, the default one if wished.
    """
    extractor = await find_extractor(session, access.project_id, family.name, extractor_id, lock=True)
    sent = {name: value for name, value in request.model_dump(mode="json").items() if name in request.model_fields_set}
    sent.pop("import_mode", None)
    if (name := sent.pop("name", None)) is not None:
        extractor.name = name
    before = _versioned(family, await settings_of(session, extractor, family))
    if extractor.is_default:
        await _set_chunking(session, access.project_id, sent)
    extractor.settings = extractor.settings | sent
    after = _versioned(family, before | sent)
    if after != before or not await repository.has_version(session, extractor):
        await repository.add_version(session, extractor, after, default=default)
    session.add(entry_of(access, "extractor_changed", "extractor", extractor.id, family=family.name))
    await session.flush()
    await session.refresh(extractor)
    return extractor


async def delete_extractor(session: AsyncSession, access: Access, family: Family, extractor_id: UUID) -> None:
    """Delete it with its versions and its own tables; `chunks` and `blocks` stay. Raises NotFound."""
    extractor = await find_extractor(session, access.project_id, family.name, extractor_id, lock=True)
    for table in (await tables_of(session, access.project_id, family, [extractor.id]))[extractor.id].values():
        await forget_table(session, table)
        await session.delete(table)
    session.add(entry_of(access, "extractor_deleted", "extractor", extractor.id, family=family.name))
    await session.delete(extractor)


async def tables_of(
    session: AsyncSession, project_id: UUID, family: Family, ids: Sequence[UUID]
) -> dict[UUID, dict[str, KnowledgeTable]]:
    """Returns the tables of each extractor, by the field that names them."""
    names = {spec.named(one): (one, spec.field) for one in ids for spec in family.tables}
    found: dict[UUID, dict[str, KnowledgeTable]] = {one: {} for one in ids}
    for table in await tables_named(session, project_id, names):
        extractor_id, field = names[table.name]
        found[extractor_id][field] = table
    return found


async def table_of(session: AsyncSession, family: Family, extractor: Extractor, field: str) -> KnowledgeTable:
    """Returns the table that this field of the extractor names. Creates it if the extractor has none yet."""
    found = (await tables_of(session, extractor.project_id, family, [extractor.id]))[extractor.id].get(field)
    if found is None:
        found = make_table(next(one for one in family.tables if one.field == field), extractor)
        session.add(found)
        await session.flush()
    return found


async def settings_of(session: AsyncSession, extractor: Extractor, family: Family) -> dict[str, Any]:
    """Returns the fields of an extractor with defaults. The project's own chunks extractor has the project's."""
    settings = family.defaults() | extractor.settings
    if extractor.is_default:
        project = await session.get_one(Project, extractor.project_id)
        stored = CHUNK_DEFAULTS | project.settings
        settings |= {name.removeprefix(_CHUNKING): stored[name] for name in CHUNK_DEFAULTS}
    return settings


async def to_wire(session: AsyncSession, family: Family, rows: Sequence[Extractor]) -> list[dict[str, Any]]:
    """Extractors as they are shown: all fields that can be set, versions, and the tables that they fill."""
    if not rows:
        return []
    ids = [row.id for row in rows]
    versions = await repository.versions_of(session, rows[0].project_id, ids)
    tables = await tables_of(session, rows[0].project_id, family, ids)
    shown = []
    for row in rows:
        settings = await settings_of(session, row, family)
        default = next((one for one in versions[row.id] if one.is_default), None)
        shown.append(
            {
                "blocks_table_version": None,
                "chunks_table_version": None,
                **settings,
                "id": row.id,
                "name": row.name,
                "prompt_generation_status": "completed",
                "default_version": _version_to_wire(default) if default else None,
                "versions": [_version_to_wire(one) for one in versions[row.id]],
                **{spec.field: _id_of(tables[row.id].get(spec.field)) for spec in family.tables},
                "created_at": row.created_at,
                "updated_at": row.updated_at,
            }
        )
    return shown


async def start_run(
    session: AsyncSession,
    queue: procrastinate.App,
    access: Access,
    extractor: Extractor,
    wanted: ExtractorRun,
    options: Mapping[str, Any],
    *,
    publishes: bool,
) -> UUID:
    """Starts a run of the extractor in the background, and returns the run's id.

    `options` are `RunOptions` as JSON. With `publishes`, the run deploys what it makes. Raises NotFound.
    """
    version = await find_version(session, extractor, wanted.version_id)
    run = PipelineRun(
        project_id=access.project_id,
        id=new_id(),
        pipeline_name=f"{extractor.family}-extraction",
        mode="publish" if publishes else "recreate-all",
        user_id=access.acting.user_id,
    )
    session.add(run)
    await session.flush()
    job = ExtractionJob(access.project_id, run.id, version.id, wanted.document_ids, options=dict(options))
    await defer_extraction(session, queue, extractor.id, job, _START_SECONDS)
    return run.id


def _without_model(settings: Mapping[str, Any]) -> dict[str, Any] | None:
    config = settings.get("agentic_config")
    return None if config is None else {name: value for name, value in config.items() if name != "agent_llm_model"}


async def node_stats(
    session: AsyncSession,
    models: ModelPool,
    access: Access,
    family: Family,
    extractor_id: UUID,
    wanted: ExtractorRun,
    scope: results.Scope = results.Scope(),  # noqa: B008
) -> dict[str, Any]:
    """Returns for which documents a run would make the result anew, and for how many it would take the kept one."""
    extractor = await find_extractor(session, access.project_id, family.name, extractor_id)
    version = with_model(await find_version(session, extractor, wanted.version_id), wanted.llm_model)
    model = models.get(results.wished_model(version.settings))
    some = await results.inputs(session, version, model.name, wanted.document_ids, scope=scope)
    made = await results.made(session, access.project_id, some)
    missing = [one.document_id for one in some if one.result_id not in made]
    return {
        "documents": len(some),
        "reused": len(some) - len(missing),
        "recomputed": len(missing),
        "recomputed_documents": missing[:_MOST_LISTED],
    }


def with_model(version: ExtractorVersion, model: str | None) -> ExtractorVersion:
    """Returns the version with the model of one run, if that names one; not to be stored."""
    if not model:
        return version
    return ExtractorVersion(
        project_id=version.project_id,
        id=version.id,
        extractor_id=version.extractor_id,
        number=version.number,
        settings=version.settings | {"llm_model": model, "agentic_config": _without_model(version.settings)},
    )


def _versioned(family: Family, settings: Mapping[str, Any]) -> dict[str, Any]:
    defaults = family.defaults()
    return {name: settings.get(name, defaults.get(name)) for name in sorted(family.versioned)}


def _metadata(object_type: str, extractor: Extractor) -> dict[str, Any]:
    settings = extractor.settings
    if object_type == "object":
        return {"object_name": extractor.name, "object_pydantic_class": settings.get("extractable_pydantic_class")}
    if object_type == "tag":
        return {"tag_name": extractor.name, "tagging_tree": settings.get("tagging_tree")}
    if object_type == "document_tags":
        return {"tags": settings.get("tags", [])}
    return {}


async def _set_chunking(session: AsyncSession, project_id: UUID, sent: Mapping[str, Any]) -> None:
    """Changes of the project's own chunks extractor are the project's settings: the next upload is cut by them."""
    changed = {f"{_CHUNKING}{name}": value for name, value in sent.items() if f"{_CHUNKING}{name}" in CHUNK_DEFAULTS}
    if changed:
        project = await session.get_one(Project, project_id, with_for_update=True)
        project.settings = project.settings | changed


def _version_to_wire(version: ExtractorVersion) -> dict[str, Any]:
    return {"id": str(version.id), "version": version.number, "is_default": version.is_default}


def _id_of(table: KnowledgeTable | None) -> str | None:
    return str(table.id) if table is not None else None
