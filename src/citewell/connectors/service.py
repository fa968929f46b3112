"""Adding, changing, syncing and removing sources."""

import asyncio
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.audit.log import entry_of
from citewell.auth.access import Access
from citewell.connectors import repository
from citewell.connectors.folder import allowed
from citewell.connectors.kinds import checked, context_of, kind_named, sealed
from citewell.connectors.protocol import SourceError
from citewell.connectors.schemas import SourceCreate, SourceOut, SourceUpdate, SyncOut
from citewell.connectors.sync import begin_sync
from citewell.errors import BadRequest, InvalidFields, NotFound
from citewell.jobs.publishing import defer
from citewell.kit.ids import new_id
from citewell.kit.public_http import Refused
from citewell.kit.time import now
from citewell.models import Project, Source, SourceItem, SourceSync
from citewell.resources import Resources

MOST = 50  # of one project


async def list_sources(session: AsyncSession, project_id: UUID) -> list[dict[str, Any]]:
    return [await to_wire(session, source) for source in await repository.list_sources(session, project_id)]


async def to_wire(session: AsyncSession, source: Source) -> dict[str, Any]:
    sync = await repository.find_last_sync(session, source)
    names = set(SourceOut.model_fields) - {"has_credentials", "last_sync"}
    shown: dict[str, Any] = {name: getattr(source, name) for name in names}
    return shown | {
        "has_credentials": source.sealed_credentials is not None,
        "last_sync": SyncOut.model_validate(sync) if sync is not None else None,
    }


async def get_source(session: AsyncSession, project_id: UUID, source_id: UUID, *, lock: bool = False) -> Source:
    options = repository.WITHOUT_CHECKPOINT
    found = await session.get(Source, (project_id, source_id), with_for_update=lock or None, options=options)
    if found is None:
        raise NotFound("There is no such source in this project.")
    return found


async def create_source(session: AsyncSession, resources: Resources, access: Access, request: SourceCreate) -> Source:
    """Add a source and begin its first sync. Raises InvalidFields for a wrong config, BadRequest for too many."""
    source = Source(
        project_id=access.project_id,
        id=new_id(),
        kind=request.kind,
        name=request.name,
        enabled=request.enabled,
        every_minutes=request.every_minutes,
        next_sync_at=now() if request.every_minutes else None,
        created_by=access.acting.user_id,
    )
    _configure(resources, source, request.config, request.credentials)
    await _check(resources, source)
    await session.get_one(Project, access.project_id, with_for_update={"key_share": True})  # one after the other
    if await repository.count_sources(session, access.project_id) >= MOST:
        raise BadRequest(f"The project has {MOST} sources already: remove one that is not used.")
    session.add(source)
    session.add(entry_of(access, "source_created", "source", source.id, kind=source.kind, name=source.name))
    await session.flush()
    await session.refresh(source)
    if source.enabled:
        await begin_sync(session, resources, source, allow_empty=False)
    return source


async def update_source(
    session: AsyncSession, resources: Resources, access: Access, source_id: UUID, changes: SourceUpdate
) -> Source:
    source = await get_source(session, access.project_id, source_id, lock=True)
    if changes.config is not None or changes.credentials is not None:
        _configure(resources, source, changes.config, changes.credentials)
        await _check(resources, source)
        source.checkpoint = {}
        await repository.forget_position(session, source)
    if changes.name is not None:
        source.name = changes.name
    if changes.enabled is not None:
        source.enabled = changes.enabled
    if "every_minutes" in changes.model_fields_set:
        source.every_minutes = changes.every_minutes
        source.next_sync_at = now() if changes.every_minutes else None
    session.add(entry_of(access, "source_changed", "source", source.id, fields=sorted(changes.model_fields_set)))
    await session.flush()
    await session.refresh(source)
    return source


async def remove_source(
    session: AsyncSession, resources: Resources, access: Access, source_id: UUID, delete_documents: bool
) -> None:
    """Remove a source in the background, after a sync that is running."""
    source = await get_source(session, access.project_id, source_id, lock=True)
    source.enabled = False
    session.add(entry_of(access, "source_removed", "source", source.id, name=source.name, documents=delete_documents))
    await defer(
        session,
        resources.queue,
        "connectors:remove",
        lock=f"source:{source.id}",
        project_id=str(source.project_id),
        source_id=str(source.id),
        delete_documents=delete_documents,
    )


async def sync_now(
    session: AsyncSession, resources: Resources, access: Access, source_id: UUID, allow_empty: bool
) -> SourceSync:
    source = await get_source(session, access.project_id, source_id, lock=True)
    if not source.enabled:
        raise BadRequest("The source is switched off: set enabled to true first.")
    session.add(entry_of(access, "source_sync", "source", source.id, allow_empty=allow_empty))
    return await begin_sync(session, resources, source, allow_empty)


async def list_syncs(
    session: AsyncSession, project_id: UUID, source_id: UUID, limit: int, offset: int
) -> tuple[int, list[SourceSync]]:
    """Returns (number of the source's syncs, page of them, newest first)."""
    await get_source(session, project_id, source_id)
    return await repository.list_syncs(session, project_id, source_id, limit, offset)


async def list_items(
    session: AsyncSession, project_id: UUID, source_id: UUID, state: str | None, limit: int, offset: int
) -> tuple[int, list[SourceItem]]:
    await get_source(session, project_id, source_id)
    return await repository.list_items(session, project_id, source_id, state, limit, offset)


def _configure(resources: Resources, source: Source, config: Any, credentials: Any) -> None:
    """Check what is new and store it. Raises InvalidFields."""
    kind = kind_named(source.kind)
    if config is not None:
        new = checked(kind.Config, config, "config")
        if source.config and credentials is None and source.sealed_credentials is not None:
            old = kind.Config.model_validate(source.config)
            # otherwise changing the address would send the stored credentials elsewhere
            if kind.target(old) != kind.target(new):
                raise InvalidFields({"credentials": ["Send the credentials again for this address."]})
        source.config = new.model_dump(mode="json")
    needed = any(field.is_required() for field in kind.Secrets.model_fields.values())
    if credentials is not None or (needed and source.sealed_credentials is None):
        given = checked(kind.Secrets, credentials or {}, "credentials")
        source.sealed_credentials = sealed(resources, given) if credentials else None


async def _check(resources: Resources, source: Source) -> None:
    """Refuse at once what no sync would be allowed. Raises InvalidFields."""
    context, config = context_of(resources, source), source.config
    address = config.get("endpoint") or config.get("url") or ""
    try:
        if source.kind == "folder" or address.startswith("/"):
            await asyncio.to_thread(allowed, str(config["path"]) if source.kind == "folder" else address, context)
        elif address:
            resources.outside.check(address, ("https", "http"))
    except SourceError as error:
        raise InvalidFields({"config.path" if source.kind == "folder" else "config.url": [str(error)]}) from None
    except Refused as error:
        name = "config.endpoint" if config.get("endpoint") else "config.url"
        raise InvalidFields({name: [str(error)]}) from None
