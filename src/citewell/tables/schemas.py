"""Tables, versions and data operations on the wire."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator

from citewell.kit.pagination import MAX_OFFSET
from citewell.models import KnowledgeTable, TableVersion
from citewell.tables.columns import ColumnType

ObjectType = Literal[
    "chunk",
    "block",
    "object",
    "tag",
    "document_tags",
    "object_alert",
    "tag_alert",
    "status",
    "custom",
    "parsed_document",
]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]
# What may be a column's name: a word, so that it can be written in filters and in the header of a file.
ColumnName = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\W\d][\w .:/-]*$")]
Dependencies = Annotated[dict[Name, UUID | None], Field(max_length=100)]
MAX_ROWS_WRITTEN = 10_000


class Column(BaseModel):
    model_config = ConfigDict(extra="ignore")

    name: ColumnName
    type: ColumnType = "text"


class TableCreate(BaseModel):
    """Columns may be sent as plain names, as older exports hold them: they are of type text."""

    model_config = ConfigDict(extra="ignore")

    name: Name
    columns: Annotated[list[Column], Field(max_length=500)] = []
    object_type: ObjectType = "custom"
    object_metadata: dict[str, Any] | None = None
    table_version_dependencies: Dependencies | None = None

    @field_validator("object_type", mode="before")
    @classmethod
    def _chosen(cls, value: Any) -> Any:
        return "custom" if value is None else value

    @field_validator("columns", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        if value is None:
            return []
        if not isinstance(value, list):
            return value
        return [{"name": one} if isinstance(one, str) else one for one in value]

    @field_validator("columns")
    @classmethod
    def _distinct(cls, value: Sequence[Column]) -> Sequence[Column]:
        names = [column.name for column in value]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f'The column "{twice}" appears twice.')
        return value


class TableOut(BaseModel):
    id: UUID
    name: str
    columns: list[dict[str, str]]
    object_type: str
    object_metadata: dict[str, Any]
    table_version_dependencies: dict[str, Any]
    created_at: datetime
    updated_at: datetime


class VersionOut(BaseModel):
    """`version` counts from 1. `row_count` is null where the rows are read from the documents."""

    id: UUID
    version: int
    deployed: bool
    table_version_dependencies: dict[str, Any]
    row_count: int | None
    created_at: datetime
    updated_at: datetime


class VersionChange(BaseModel, extra="ignore"):
    table_version_dependencies: Dependencies


class VersionChoice(BaseModel, extra="forbid"):
    version_id: UUID


class ClearTable(BaseModel, extra="forbid"):
    """Clears a version; without `version_id`, the newest."""

    table_name: Name
    version_id: UUID | None = None


class Cleared(BaseModel):
    deleted: int


class DataOperation(BaseModel, extra="forbid"):
    """Reads or writes a version; without `table_version_id`, the newest.

    A read returns 10,000 rows at most, fewer where they are large: `has_next` says whether more follow.
    """

    operation: Literal["read", "create", "update", "delete"]
    data: Annotated[list[dict[str, Any]], Field(max_length=MAX_ROWS_WRITTEN)] | None = None
    filters: Annotated[dict[Name, Any], Field(max_length=20)] | None = None
    columns: Annotated[list[Name], Field(max_length=500)] | None = None
    override: Annotated[bool, BeforeValidator(lambda value: False if value is None else value)] = False
    table_version_id: UUID | None = None
    limit: Annotated[int, Field(ge=1)] | None = None
    offset: Annotated[int, Field(ge=0, le=MAX_OFFSET)] | None = None

    @field_validator("data", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return [value] if isinstance(value, dict) else value


class ReadResult(BaseModel):
    results: list[dict[str, Any]]
    count: int
    has_next: bool


class CreateResult(BaseModel):
    created: int


class UpdateResult(BaseModel):
    updated: int


class DeleteResult(BaseModel):
    deleted: int


class DataOperationOut(BaseModel):
    """`data` are the rows of a read; `count` how many rows there are, or were changed."""

    result: ReadResult | CreateResult | UpdateResult | DeleteResult
    data: list[dict[str, Any]]
    count: int
    success: bool


def table_to_wire(table: KnowledgeTable) -> dict[str, Any]:
    return {
        "id": table.id,
        "name": table.name,
        "columns": table.columns,
        "object_type": table.object_type,
        "object_metadata": table.object_metadata,
        "table_version_dependencies": table.dependencies,
        "created_at": table.created_at,
        "updated_at": table.updated_at,
    }


def version_to_wire(version: TableVersion) -> dict[str, Any]:
    return {
        "id": version.id,
        "version": version.number,
        "deployed": version.deployed,
        "table_version_dependencies": version.dependencies,
        "row_count": None if version.live else version.row_count,
        "created_at": version.created_at,
        "updated_at": version.updated_at,
    }
