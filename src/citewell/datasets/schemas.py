"""Datasets and import-export operations on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, StringConstraints

from citewell.models import ImportExport, TempDataset

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00/\\]+$")]


class UploadRequest(BaseModel, extra="ignore"):
    filename: Name
    content_type: Annotated[str, StringConstraints(max_length=200)] = "application/json"


class Upload(BaseModel):
    """PUT the file to `upload_url` with the headers in `additional_fields`, then confirm."""

    temp_dataset_id: UUID
    upload_url: str
    file_key: str
    additional_fields: dict[str, Any]


class Confirmation(BaseModel, extra="ignore"):
    temp_dataset_id: UUID
    file_key: Annotated[str, StringConstraints(max_length=500)] = ""


class DatasetOut(BaseModel):
    """`file` can be read without a token for as long as it is signed."""

    id: UUID
    name: str
    content_type: str
    size: int | None
    status: str
    created_at: datetime
    expires_at: datetime


class Confirmed(BaseModel):
    temp_dataset: DatasetOut


class ImportOptions(BaseModel, extra="ignore"):
    """`override` empties the version first."""

    override: bool = False


class OperationRequest(BaseModel, extra="ignore"):
    """An export writes the rows of `table_version` into `output_dataset`, or into a new one; an import adds those of
    `input_dataset`, a JSON array of objects, to it."""

    job_type: Literal["export", "import"]
    scope: Literal["table_version"] = "table_version"
    table_version: UUID
    input_dataset: UUID | None = None
    output_dataset: UUID | None = None
    options: ImportOptions | None = None


class OperationOut(BaseModel):
    id: UUID
    job_type: str
    scope: str
    table_version: UUID
    input_dataset: UUID | None
    output_dataset: UUID | None
    options: dict[str, Any]
    status: str
    error_message: str | None
    row_count: int | None
    created_at: datetime
    updated_at: datetime


def dataset_to_wire(row: TempDataset) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "content_type": row.content_type,
        "size": row.file_size,
        "status": row.status,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
    }


def operation_to_wire(row: ImportExport) -> dict[str, Any]:
    is_import = row.job_type == "import"
    return {
        "id": row.id,
        "job_type": row.job_type,
        "scope": row.scope,
        "table_version": row.table_version_id,
        "input_dataset": row.dataset_id if is_import else None,
        "output_dataset": None if is_import else row.dataset_id,
        "options": row.options,
        "status": row.status,
        "error_message": row.error_message,
        "row_count": row.row_count,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }
