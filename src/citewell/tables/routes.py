"""Tables over HTTP: what a project's documents were cut into, row by row."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from citewell.auth.dependencies import ResourcesParam, Viewer
from citewell.errors import BadRequest
from citewell.kit.pagination import MAX_LIMIT, MAX_OFFSET, Page, PagingParams
from citewell.models import Project
from citewell.tables.tables import TABLES, ColumnType, find, read

router = APIRouter(prefix="/projects/{project_id}/tables", tags=["Tables"])

Name = Annotated[str, Field(max_length=200)]


class ColumnOut(BaseModel):
    name: str
    type: ColumnType


class TableOut(BaseModel):
    id: UUID
    name: str
    columns: list[ColumnOut]
    object_type: str
    object_metadata: dict[str, Any]
    table_version_dependencies: dict[str, Any]
    created_at: datetime
    updated_at: datetime


class DataOperation(BaseModel):
    """Filters are a value or a list of values by column. A page has 1,000 rows at most: `has_next` says if more
    follow. The tables have one version each, so `table_version_id` chooses nothing."""

    operation: Literal["read", "create", "update", "delete"]
    data: Annotated[list[dict[str, Any]], Field(max_length=10_000)] | None = None
    filters: Annotated[dict[Name, Any], Field(max_length=20)] | None = None
    columns: Annotated[list[Name], Field(max_length=50)] | None = None
    override: bool = False
    table_version_id: UUID | None = None
    limit: Annotated[int, Field(ge=1)] | None = None
    offset: Annotated[int, Field(ge=0, le=MAX_OFFSET)] | None = None


class ReadResult(BaseModel):
    results: list[dict[str, Any]]
    count: int
    has_next: bool


class DataOperationOut(BaseModel):
    result: ReadResult
    data: list[dict[str, Any]]
    count: int
    success: bool


@router.get("/", operation_id="listTables", response_model=Page[TableOut])
async def list_tables(access: Viewer, resources: ResourcesParam, paging: PagingParams) -> Any:
    """The tables that every project has: `chunks` and `blocks`."""
    async with resources.database.read() as session:
        project = await session.get_one(Project, access.project_id)
    shown = TABLES[paging.offset : paging.offset + paging.limit]
    return paging.page(len(TABLES), [table.to_wire(project.id, project.created_at) for table in shown])


@router.get("/{table_id}/", operation_id="getTable", response_model=TableOut)
async def get_table(access: Viewer, resources: ResourcesParam, table_id: UUID) -> Any:
    table = find(access.project_id, table_id)
    async with resources.database.read() as session:
        project = await session.get_one(Project, access.project_id)
    return table.to_wire(project.id, project.created_at)


@router.post("/{table_id}/data-operations/", operation_id="dataOperations", response_model=DataOperationOut)
async def data_operations(access: Viewer, resources: ResourcesParam, table_id: UUID, body: DataOperation) -> Any:
    """Read rows, those of published documents, in the order of documents and places."""
    table = find(access.project_id, table_id)
    if body.operation != "read":
        raise BadRequest(
            f"The table {table.name} is made from documents and can only be read: "
            "upload, reprocess or delete documents to change it."
        )
    limit, offset = min(body.limit or 100, MAX_LIMIT), body.offset or 0
    count, rows = await read(
        resources.database,
        access.project_id,
        table,
        columns=body.columns,
        filters=body.filters or {},
        limit=limit,
        offset=offset,
    )
    result = {"results": rows, "count": count, "has_next": offset + len(rows) < count}
    return {"result": result, "data": rows, "count": count, "success": True}
