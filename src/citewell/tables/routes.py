"""Tables over HTTP: their versions, and their rows."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.routing import APIRoute

from citewell.auth.dependencies import DatabaseParam, Runner, Viewer
from citewell.auth.permissions import Permission
from citewell.kit.body_limit import allow_bytes
from citewell.kit.pagination import Page, PagingParams
from citewell.tables import service
from citewell.tables.export import MEDIA_TYPES, Format, write_table
from citewell.tables.repository import tables as repository
from citewell.tables.schemas import (
    Cleared,
    ClearTable,
    DataOperation,
    DataOperationOut,
    TableCreate,
    TableOut,
    VersionChange,
    VersionChoice,
    VersionOut,
    table_to_wire,
    version_to_wire,
)

MAX_ROWS_BYTES = 64 * 1024 * 1024


class _RowsRoute(APIRoute):
    """Takes larger bodies than usual: rows of chunks hold whole passages. The caller is known by then."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_rows(request: Request) -> Response:
            allow_bytes(request, MAX_ROWS_BYTES)
            return await handle(request)

        return handle_rows


router = APIRouter(prefix="/projects/{project_id}", tags=["Tables"])
rows_router = APIRouter(prefix="/projects/{project_id}", tags=["Tables"], route_class=_RowsRoute)


@router.get("/tables/", operation_id="listTables", response_model=Page[TableOut])
async def list_tables(access: Viewer, database: DatabaseParam, paging: PagingParams) -> Any:
    """List the tables, oldest first. Every project has `chunks` and `blocks` from the start."""
    async with database.read() as session:
        count, tables = await repository.list_tables(session, access.project_id, paging.limit, paging.offset)
    return paging.page(count, [table_to_wire(table) for table in tables])


@router.post("/tables/", operation_id="createTable", response_model=TableOut, status_code=201)
async def create_table(access: Runner, database: DatabaseParam, body: TableCreate) -> Any:
    """Create a table. If the name exists, the table with that name is returned, unchanged."""
    async with database.write() as session:
        return table_to_wire(await service.create_table(session, access, body))


@router.get("/tables/{table_id}/", operation_id="getTable", response_model=TableOut)
async def get_table(access: Viewer, database: DatabaseParam, table_id: UUID) -> Any:
    async with database.read() as session:
        return table_to_wire(await service.find_table(session, access.project_id, table_id))


@router.delete("/tables/{table_id}/", operation_id="deleteTable", status_code=204)
async def delete_table(access: Runner, database: DatabaseParam, table_id: UUID) -> Response:
    """Delete the table with all its versions and rows."""
    async with database.write() as session:
        await service.delete_table(session, access, table_id)
    return Response(status_code=204)


@router.get("/tables/{table_id}/versions/", operation_id="listTableVersions", response_model=Page[VersionOut])
async def list_versions(access: Viewer, database: DatabaseParam, table_id: UUID, paging: PagingParams) -> Any:
    """List the versions of a table, newest first."""
    async with database.read() as session:
        table = await service.find_table(session, access.project_id, table_id)
        count, versions = await repository.list_versions(
            session, access.project_id, table.id, paging.limit, paging.offset
        )
    return paging.page(count, [version_to_wire(version) for version in versions])


@router.post(
    "/tables/{table_id}/versions/", operation_id="createTableVersion", response_model=VersionOut, status_code=201
)
async def create_version(access: Runner, database: DatabaseParam, table_id: UUID) -> Any:
    """Create an empty version, which becomes the newest one. The body may be empty."""
    async with database.write() as session:
        return version_to_wire(await service.create_version(session, access, table_id))


@router.get(
    "/tables/{table_id}/latest-or-deployed-version/",
    operation_id="getLatestOrDeployedTableVersion",
    response_model=VersionOut,
)
async def get_version(
    access: Viewer,
    database: DatabaseParam,
    table_id: UUID,
    use_deployed_version: Annotated[bool, Query(description="Prefer the deployed version to the newest.")] = False,
) -> Any:
    async with database.read() as session:
        found = await service.chosen_version(session, access.project_id, table_id, deployed=use_deployed_version)
        return version_to_wire(found)


@router.get(
    "/tables/{table_id}/export/",
    operation_id="exportTable",
    response_class=Response,
    responses={200: {"content": {kind: {} for kind in MEDIA_TYPES.values()}, "description": "The file."}},
)
async def export_table(
    access: Viewer,
    database: DatabaseParam,
    table_id: UUID,
    file_format: Annotated[Format, Query(alias="format")] = "xlsx",
    table_version_id: Annotated[UUID | None, Query(description="Without it, the newest version.")] = None,
) -> Response:
    """Download the rows as a file. Each extracted value has its source words, their place and its status beside it."""
    async with database.read() as session:
        exported = await service.export(session, access.project_id, table_id, table_version_id)
    content = await asyncio.to_thread(write_table, file_format, exported.columns, exported.rows, exported.documents)
    name = quote(f"{exported.name[:100]}.{file_format}", safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=MEDIA_TYPES[file_format], headers=headers)


@router.post(
    "/tables/{table_id}/set-default-version/", operation_id="setDefaultTableVersion", response_model=VersionOut
)
async def set_default_version(access: Runner, database: DatabaseParam, table_id: UUID, body: VersionChoice) -> Any:
    """Deploy this version in place of the deployed one."""
    async with database.write() as session:
        return version_to_wire(await service.deploy(session, access, table_id, body.version_id))


@router.patch("/tables-versions/{version_id}/", operation_id="updateTableVersion", response_model=VersionOut)
async def update_version(access: Runner, database: DatabaseParam, version_id: UUID, body: VersionChange) -> Any:
    """Say which versions of other tables the rows of this version refer to."""
    async with database.write() as session:
        dependencies = body.table_version_dependencies
        return version_to_wire(await service.set_dependencies(session, access, version_id, dependencies))


@router.post("/clear-table/", operation_id="clearTable", response_model=Cleared)
async def clear_table(access: Runner, database: DatabaseParam, body: ClearTable) -> Any:
    """Empty a version of a table."""
    async with database.write() as session:
        return {"deleted": await service.clear_table(session, access, body.table_name, body.version_id)}


@rows_router.post("/tables/{table_id}/data-operations/", operation_id="dataOperations", response_model=DataOperationOut)
async def data_operations(access: Viewer, database: DatabaseParam, table_id: UUID, body: DataOperation) -> Any:
    """Read, create, update or delete rows. Reading needs CAN_VIEW_DATA, the others CAN_RUN_TASKS.

    A filter is a value, a list of values, null, or operators: `{"amount": {"gte": 10, "lt": 20}}`. Reads give rows in
    the order in which they were written, or, of chunks and blocks, by document and place.
    """
    if body.operation == "read":
        async with database.read() as session:
            return await service.run_operation(session, access, table_id, body)
    access.require(Permission.RUN)
    async with database.write() as session:
        return await service.run_operation(session, access, table_id, body)
