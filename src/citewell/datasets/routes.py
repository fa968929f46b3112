"""Datasets and import-export operations over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from citewell.auth.dependencies import DatabaseParam, FilesParam, ResourcesParam, Runner, SettingsParam, Viewer
from citewell.datasets import repository, service
from citewell.datasets.schemas import (
    Confirmation,
    Confirmed,
    DatasetOut,
    OperationOut,
    OperationRequest,
    Upload,
    UploadRequest,
    dataset_to_wire,
    operation_to_wire,
)
from citewell.errors import NotFound
from citewell.kit.body_limit import allow_upload
from citewell.kit.pagination import Page, PagingParams
from citewell.kit.urls import base_url
from citewell.models import ImportExport

router = APIRouter(prefix="/projects/{project_id}", tags=["Datasets"])
storage = APIRouter(prefix="/storage/datasets", include_in_schema=False)


@router.post("/temp-datasets/generate-presigned-upload-url/", operation_id="announceTempDataset", response_model=Upload)
async def announce(
    access: Runner, database: DatabaseParam, settings: SettingsParam, request: Request, body: UploadRequest
) -> Any:
    """Get an upload URL for a file of rows. The URL needs no token."""
    async with database.write() as session:
        row, secret = await service.announce(session, access, body)
    base = f"{base_url(request, settings)}{storage.prefix}/{access.project_id}/{row.id}"
    return {
        "temp_dataset_id": row.id,
        "upload_url": f"{base}?signature={secret}",
        "file_key": row.file_key,
        "additional_fields": {"method": "PUT", "headers": {"Content-Type": body.content_type}},
    }


@router.post("/temp-datasets/confirm-upload/", operation_id="confirmTempDataset", response_model=Confirmed)
async def confirm(access: Runner, resources: ResourcesParam, body: Confirmation) -> Any:
    """Confirm that the file was uploaded."""
    async with resources.database.write() as session:
        dataset = await service.confirm(session, resources, access, body.temp_dataset_id)
    return {"temp_dataset": dataset_to_wire(dataset)}


@router.get("/temp-datasets/", operation_id="listTempDatasets", response_model=Page[DatasetOut])
async def list_datasets(access: Viewer, database: DatabaseParam, paging: PagingParams) -> Any:
    """List the datasets, newest first. Datasets are deleted after seven days."""
    async with database.read() as session:
        count, rows = await repository.list_datasets(session, access.project_id, paging.limit, paging.offset)
    return paging.page(count, [dataset_to_wire(row) for row in rows])


@router.get("/temp-datasets/{dataset_id}/", operation_id="getTempDataset", response_model=DatasetOut)
async def get_dataset(access: Viewer, database: DatabaseParam, dataset_id: UUID) -> Any:
    async with database.read() as session:
        return dataset_to_wire(await service.find_dataset(session, access.project_id, dataset_id))


@router.get("/temp-datasets/{dataset_id}/file/", operation_id="downloadTempDataset", response_class=Response)
async def download(access: Viewer, database: DatabaseParam, files: FilesParam, dataset_id: UUID) -> Response:
    """Download the rows as JSON."""
    async with database.read() as session:
        row = await service.find_dataset(session, access.project_id, dataset_id)
    if row.status != "ready":
        raise NotFound("This dataset has no file yet.")
    headers = {"Content-Disposition": 'attachment; filename="rows.json"', "X-Content-Type-Options": "nosniff"}
    return Response(await files.get(row.file_key), media_type="application/json", headers=headers)


@router.delete("/temp-datasets/{dataset_id}/", operation_id="deleteTempDataset", status_code=204)
async def delete_dataset(access: Runner, resources: ResourcesParam, dataset_id: UUID) -> Response:
    async with resources.database.write() as session:
        await service.delete_dataset(session, resources, access, dataset_id)
    return Response(status_code=204)


@router.post(
    "/import-export-operations/", operation_id="createImportExport", response_model=OperationOut, status_code=201
)
async def start(access: Runner, resources: ResourcesParam, body: OperationRequest) -> Any:
    """Copy rows between a table version and a dataset, in the background."""
    async with resources.database.write() as session:
        return operation_to_wire(await service.start_operation(session, resources, access, body))


@router.get("/import-export-operations/{operation_id}/", operation_id="getImportExport", response_model=OperationOut)
async def get_operation(access: Viewer, database: DatabaseParam, operation_id: UUID) -> Any:
    """The state of an import or export. It ends `completed`, or `failed` with the reason in `error_message`."""
    async with database.read() as session:
        row = await session.get(ImportExport, (access.project_id, operation_id))
    if row is None:
        raise NotFound("There is no such operation in this project.")
    return operation_to_wire(row)


@storage.put("/{project_id}/{dataset_id}")
async def put(
    resources: ResourcesParam,
    request: Request,
    project_id: UUID,
    dataset_id: UUID,
    signature: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Upload the file of a dataset."""
    allow_upload(request)
    await service.receive(resources, project_id, dataset_id, signature, request.stream())
    return Response(status_code=200)
