"""Projects over HTTP."""

from typing import Any

from fastapi import APIRouter, Response

from citewell.auth.dependencies import Admin, CallerParam, DatabaseParam, ResourcesParam, Viewer
from citewell.kit.pagination import Page, PagingParams
from citewell.projects import over_cells, service
from citewell.projects.schemas import ProjectCreate, ProjectOut, ProjectUpdate, to_wire

router = APIRouter(tags=["Projects"])


@router.get("/projects/", operation_id="listProjects", response_model=Page[ProjectOut])
async def list_projects(caller: CallerParam, resources: ResourcesParam, paging: PagingParams) -> Any:
    async with resources.database.read() as session:
        count, rows = await service.list_projects(session, caller, paging.limit, paging.offset)
    if resources.placement is not None:
        return paging.page(count, await over_cells.to_wire_from_cells(resources.placement, rows))
    return paging.page(count, [to_wire(row) for row in rows])


@router.post("/projects/", operation_id="createProject", status_code=201, response_model=ProjectOut)
async def create_project(caller: CallerParam, resources: ResourcesParam, request: ProjectCreate) -> Any:
    if resources.placement is not None:
        return to_wire(await over_cells.create_project(resources, resources.placement, caller.user_id, request))
    async with resources.database.write() as session:
        return to_wire(await service.create_project(session, resources.extensions, caller.user_id, request))


@router.get("/projects/{project_id}/", operation_id="getProject", response_model=ProjectOut)
async def get_project(access: Viewer, database: DatabaseParam) -> Any:
    async with database.read() as session:
        return to_wire(await service.get_project(session, access.project_id))


@router.patch("/projects/{project_id}/", operation_id="updateProject", response_model=ProjectOut)
async def update_project(access: Admin, database: DatabaseParam, request: ProjectUpdate) -> Any:
    async with database.write() as session:
        return to_wire(await service.update_project(session, access, request))


@router.delete("/projects/{project_id}/", operation_id="deleteProject", status_code=204)
async def delete_project(access: Admin, resources: ResourcesParam) -> Response:
    async with resources.database.write() as session:
        await service.delete_project(session, resources, access.project_id, access)
    return Response(status_code=204)
