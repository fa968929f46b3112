"""Ground truths over HTTP."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from citewell.auth.dependencies import DatabaseParam, Runner, Viewer
from citewell.ground_truths import repository, service
from citewell.ground_truths.schemas import GroundTruthCreate, GroundTruthOut, GroundTruthUpdate
from citewell.kit.pagination import Page, PagingParams

router = APIRouter(prefix="/projects/{project_id}/ground-truths", tags=["Ground Truths"])


@router.get("/", operation_id="listGroundTruths", response_model=Page[GroundTruthOut])
async def list_ground_truths(access: Viewer, database: DatabaseParam, paging: PagingParams) -> Any:
    """List the ground truths, newest first."""
    async with database.read() as session:
        count, rows = await repository.list_ground_truths(session, access.project_id, paging.limit, paging.offset)
    return paging.page(count, rows)


@router.post("/", operation_id="createGroundTruth", status_code=201, response_model=GroundTruthOut)
async def create_ground_truth(access: Runner, database: DatabaseParam, body: GroundTruthCreate) -> Any:
    async with database.write() as session:
        return await service.create_ground_truth(session, access, body)


@router.get("/{ground_truth_id}/", operation_id="getGroundTruth", response_model=GroundTruthOut)
async def get_ground_truth(access: Viewer, database: DatabaseParam, ground_truth_id: UUID) -> Any:
    async with database.read() as session:
        return await service.get_ground_truth(session, access.project_id, ground_truth_id)


@router.patch("/{ground_truth_id}/", operation_id="updateGroundTruth", response_model=GroundTruthOut)
async def update_ground_truth(
    access: Runner, database: DatabaseParam, ground_truth_id: UUID, body: GroundTruthUpdate
) -> Any:
    async with database.write() as session:
        return await service.update_ground_truth(session, access, ground_truth_id, body)


@router.delete("/{ground_truth_id}/", operation_id="deleteGroundTruth", status_code=204)
async def delete_ground_truth(access: Runner, database: DatabaseParam, ground_truth_id: UUID) -> Response:
    async with database.write() as session:
        await service.delete_ground_truth(session, access, ground_truth_id)
    return Response(status_code=204)
