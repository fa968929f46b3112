"""Sources over HTTP."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from citewell.auth.dependencies import Admin, DatabaseParam, ResourcesParam
from citewell.connectors import service
from citewell.connectors.schemas import (
    ItemOut,
    ItemState,
    SourceCreate,
    SourceOut,
    SourceUpdate,
    SyncOut,
    SyncStart,
)
from citewell.kit.pagination import Page, PagingParams

router = APIRouter(prefix="/projects/{project_id}/document-sources", tags=["Sources"])


@router.get("/", operation_id="listSources", response_model=list[SourceOut])
async def list_sources(access: Admin, database: DatabaseParam) -> Any:
    """List the project's sources, oldest first, each with its last sync. A project has at most 50."""
    async with database.read() as session:
        return await service.list_sources(session, access.project_id)


@router.post("/", operation_id="createSource", status_code=201, response_model=SourceOut)
async def create_source(access: Admin, resources: ResourcesParam, body: SourceCreate) -> Any:
    """Add a source that documents come from. Its first sync begins at once."""
    async with resources.database.write() as session:
        source = await service.create_source(session, resources, access, body)
        return await service.to_wire(session, source)


@router.get("/{source_id}/", operation_id="getProjectSource", response_model=SourceOut)
async def get_source(access: Admin, database: DatabaseParam, source_id: UUID) -> Any:
    async with database.read() as session:
        return await service.to_wire(session, await service.get_source(session, access.project_id, source_id))


@router.patch("/{source_id}/", operation_id="updateSource", response_model=SourceOut)
async def update_source(access: Admin, resources: ResourcesParam, source_id: UUID, body: SourceUpdate) -> Any:
    async with resources.database.write() as session:
        source = await service.update_source(session, resources, access, source_id, body)
        return await service.to_wire(session, source)


@router.delete("/{source_id}/", operation_id="deleteSource", status_code=204)
async def delete_source(
    access: Admin, resources: ResourcesParam, source_id: UUID, delete_documents: bool = False
) -> Response:
    """Remove a source. Its documents stay unless `delete_documents` is true."""
    async with resources.database.write() as session:
        await service.remove_source(session, resources, access, source_id, delete_documents)
    return Response(status_code=204)


@router.post("/{source_id}/sync/", operation_id="syncSource", status_code=202, response_model=SyncOut)
async def sync_source(access: Admin, resources: ResourcesParam, source_id: UUID, body: SyncStart | None = None) -> Any:
    """Start a sync, and return it; if one is running, return that."""
    async with resources.database.write() as session:
        return SyncOut.model_validate(
            await service.sync_now(session, resources, access, source_id, body is not None and body.allow_empty)
        )


@router.get("/{source_id}/syncs/", operation_id="listSourceSyncs", response_model=Page[SyncOut])
async def list_syncs(access: Admin, database: DatabaseParam, source_id: UUID, paging: PagingParams) -> Any:
    """List the syncs of a source, newest first."""
    async with database.read() as session:
        count, rows = await service.list_syncs(session, access.project_id, source_id, paging.limit, paging.offset)
    return paging.page(count, [SyncOut.model_validate(row) for row in rows])


@router.get("/{source_id}/items/", operation_id="listSourceItems", response_model=Page[ItemOut])
async def list_items(
    access: Admin,
    database: DatabaseParam,
    source_id: UUID,
    paging: PagingParams,
    state: ItemState | None = None,
) -> Any:
    """List the items of a source. `state=failed` gives those that could not be read, and why."""
    async with database.read() as session:
        count, rows = await service.list_items(
            session, access.project_id, source_id, state, paging.limit, paging.offset
        )
    return paging.page(count, [ItemOut.model_validate(row) for row in rows])
