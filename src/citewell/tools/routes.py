"""Tools over HTTP: configuring them, and running one by itself."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from citewell.auth.dependencies import Admin, DatabaseParam, GuardParam, ResourcesParam, Viewer
from citewell.errors import NotFound
from citewell.kit.pagination import Page, PagingParams
from citewell.kit.urls import base_url
from citewell.tools import repository, running, service
from citewell.tools.factory import ToolConfig
from citewell.tools.running import ToolError
from citewell.tools.schemas import ToolIn, ToolOut, ToolParameterSpec, ToolRunRequest, ToolType, tool_to_wire

router = APIRouter(prefix="/projects/{project_id}/tools", tags=["Tools"])


@router.get("/", operation_id="listTools", response_model=Page[ToolOut])
async def list_tools(
    access: Viewer,
    database: DatabaseParam,
    paging: PagingParams,
    tool_type: Annotated[ToolType | None, Query()] = None,
) -> Any:
    async with database.read() as session:
        count, rows = await repository.list_tools(session, access.project_id, tool_type, paging.limit, paging.offset)
        owner = await repository.project_name(session, access.project_id)
    return paging.page(count, [tool_to_wire(row, owner) for row in rows])


@router.post("/", operation_id="createTool", status_code=201, response_model=ToolOut)
async def create_tool(access: Admin, database: DatabaseParam, body: ToolIn) -> Any:
    async with database.write() as session:
        row = await service.create_tool(session, access.project_id, body)
        await session.refresh(row)
        return tool_to_wire(row, await repository.project_name(session, access.project_id))


@router.get("/{tool_id}/", operation_id="getTool", response_model=ToolOut)
async def get_tool(access: Viewer, database: DatabaseParam, tool_id: UUID) -> Any:
    async with database.read() as session:
        row = await service.get_tool(session, access.project_id, tool_id)
        return tool_to_wire(row, await repository.project_name(session, access.project_id))


@router.put("/{tool_id}/", operation_id="updateTool", response_model=ToolOut)
async def update_tool(access: Admin, database: DatabaseParam, tool_id: UUID, body: ToolIn) -> Any:
    """Change a tool. Fields that are not sent keep their values, but with a new type all begin anew."""
    async with database.write() as session:
        row = await service.update_tool(session, access.project_id, tool_id, body)
        return tool_to_wire(row, await repository.project_name(session, access.project_id))


@router.delete("/{tool_id}/", operation_id="deleteTool", status_code=204)
async def delete_tool(access: Admin, database: DatabaseParam, tool_id: UUID) -> Response:
    """Delete a tool. Agents that list it work without it."""
    async with database.write() as session:
        await service.delete_tool(session, access, tool_id)
    return Response(status_code=204)


@router.get("/{tool_id}/parameters/", operation_id="getToolParameters", response_model=list[ToolParameterSpec])
async def get_tool_parameters(access: Viewer, resources: ResourcesParam, tool_id: UUID) -> Any:
    async with resources.database.read() as session:
        row = await service.get_tool(session, access.project_id, tool_id)
    return running.parameters(resources, access.project_id, ToolConfig.of(row))


class _ToolErrors(APIRoute):
    """Renders what is wrong with a request as the other errors of running a tool."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_with_tool_errors(request: Request) -> Response:
            try:
                return await handle(request)
            except NotFound as error:
                raise ToolError(404, "not_found", error.message) from error
            except RequestValidationError as error:
                raise _tool_error(error) from error
            except HTTPException as error:
                if error.status_code != 400:
                    raise
                raise ToolError(400, "invalid_json", "The body cannot be read as JSON.") from error

        return handle_with_tool_errors


def _tool_error(error: RequestValidationError) -> ToolError:
    problem = error.errors()[0]
    if problem["loc"][:1] == ("path",):
        return ToolError(404, "not_found", service.NO_SUCH)
    if problem["type"] == "json_invalid":
        return ToolError(400, "invalid_json", "The body is not valid JSON.")
    names = ".".join(str(part) for part in problem["loc"][1:]) or "The body"
    return ToolError(400, "invalid_arguments", f"{names}: {problem['msg']}.")


run_router = APIRouter(prefix="/projects/{project_id}/tools", tags=["Tools"], route_class=_ToolErrors)


@run_router.post("/{tool_id}/run/", operation_id="runTool", response_model=list[dict[str, Any]])
async def run_tool(
    access: Viewer,
    resources: ResourcesParam,
    guard: GuardParam,
    request: Request,
    tool_id: UUID,
    body: ToolRunRequest,
) -> Any:
    async with resources.database.read() as session:
        row = await service.get_tool(session, access.project_id, tool_id)
    arguments = body.model_dump(exclude_unset=True)
    base = base_url(request, resources.settings)
    work = running.run(resources, access.project_id, ToolConfig.of(row), arguments, base)
    return await guard.finish(work, request, access)
