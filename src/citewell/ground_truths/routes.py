"""Ground truths over HTTP: questions of a project with the answers that are known to be right."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.audit.log import entry_of
from citewell.auth.dependencies import ResourcesParam, Runner, Viewer
from citewell.errors import InvalidFields, NotFound
from citewell.kit.pagination import Page, PagingParams
from citewell.models import GroundTruth

router = APIRouter(prefix="/projects/{project_id}/ground-truths", tags=["Ground Truths"])

_MAX_TEXT = 100_000
_NO_NUL = r"^[^\x00]*$"
Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=_MAX_TEXT, pattern=_NO_NUL)]
Notes = Annotated[str, StringConstraints(max_length=_MAX_TEXT, pattern=_NO_NUL)]


class GroundTruthCreate(BaseModel, extra="forbid"):
    query: Said
    answer: Said
    additional_notes: Notes | None = None
    source_feedback_id: UUID | None = None


class GroundTruthUpdate(BaseModel, extra="forbid"):
    """What is left out stays as it is; notes and source are taken away with null."""

    query: Said | None = None
    answer: Said | None = None
    additional_notes: Notes | None = None
    source_feedback_id: UUID | None = None


class GroundTruthOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    query: str
    answer: str
    additional_notes: str
    source_feedback_id: UUID | None
    created_by: UUID | None
    created_at: datetime
    updated_at: datetime


@router.get("/", operation_id="listGroundTruths", response_model=Page[GroundTruthOut])
async def list_ground_truths(access: Viewer, resources: ResourcesParam, paging: PagingParams) -> Any:
    """Newest first."""
    mine = GroundTruth.project_id == access.project_id
    query = select(GroundTruth).where(mine).order_by(GroundTruth.id.desc())
    async with resources.database.read() as session:
        count = await session.scalar(select(func.count()).select_from(GroundTruth).where(mine))
        rows = list(await session.scalars(query.limit(paging.limit).offset(paging.offset)))
    return paging.page(count or 0, rows)


@router.post("/", operation_id="createGroundTruth", status_code=201, response_model=GroundTruthOut)
async def create_ground_truth(access: Runner, resources: ResourcesParam, body: GroundTruthCreate) -> Any:
    async with resources.database.write() as session:
        row = GroundTruth(
            project_id=access.project_id,
            query=body.query,
            answer=body.answer,
            additional_notes=body.additional_notes or "",
            source_feedback_id=body.source_feedback_id,
            created_by=access.acting.user_id,
        )
        session.add(row)
        await session.flush()
        await session.refresh(row)
    return row


@router.get("/{ground_truth_id}/", operation_id="getGroundTruth", response_model=GroundTruthOut)
async def get_ground_truth(access: Viewer, resources: ResourcesParam, ground_truth_id: UUID) -> Any:
    async with resources.database.read() as session:
        return await _get(session, access.project_id, ground_truth_id)


@router.patch("/{ground_truth_id}/", operation_id="updateGroundTruth", response_model=GroundTruthOut)
async def update_ground_truth(
    access: Runner, resources: ResourcesParam, ground_truth_id: UUID, body: GroundTruthUpdate
) -> Any:
    changes = body.model_dump(exclude_unset=True)
    if missing := [name for name in ("query", "answer") if name in changes and changes[name] is None]:
        raise InvalidFields({name: ["This may not be null: leave it out to keep it."] for name in missing})
    if "additional_notes" in changes:
        changes["additional_notes"] = changes["additional_notes"] or ""
    async with resources.database.write() as session:
        row = await _get(session, access.project_id, ground_truth_id)
        for name, value in changes.items():
            setattr(row, name, value)
        await session.flush()
        await session.refresh(row)
    return row


@router.delete("/{ground_truth_id}/", operation_id="deleteGroundTruth", status_code=204)
async def delete_ground_truth(access: Runner, resources: ResourcesParam, ground_truth_id: UUID) -> Response:
    async with resources.database.write() as session:
        await session.delete(await _get(session, access.project_id, ground_truth_id))
        session.add(entry_of(access, "ground_truth_deleted", "ground_truth", ground_truth_id))
    return Response(status_code=204)


async def _get(session: AsyncSession, project_id: UUID, ground_truth_id: UUID) -> GroundTruth:
    row = await session.get(GroundTruth, (project_id, ground_truth_id))
    if row is None:
        raise NotFound("There is no such ground truth in this project.")
    return row
