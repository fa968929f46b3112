"""Interviews over HTTP: asking people about a topic, and looking up what was asked."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request

from citewell.auth.dependencies import Admin, ResourcesParam, Viewer
from citewell.interviews import service
from citewell.interviews.schemas import (
    InterviewAssign,
    InterviewListItem,
    InterviewOut,
    InterviewStatus,
    full,
    listed,
)
from citewell.kit.pagination import Page, PagingParams
from citewell.kit.urls import mail_url

router = APIRouter(prefix="/projects/{project_id}/interviews", tags=["Interviews"])


@router.get("/", operation_id="listInterviews", response_model=Page[InterviewListItem])
async def list_interviews(
    access: Viewer,
    resources: ResourcesParam,
    paging: PagingParams,
    assigned_to: Literal["me"] | None = None,
    status: InterviewStatus | None = None,
    text: Annotated[str, Query(max_length=500, pattern=r"^[^\x00]*$", description="Part of topic or address.")] = "",
) -> Any:
    """Newest first. Admins see all, others those that they are asked in."""
    count, rows = await service.list_interviews(
        resources.database,
        access,
        mine=assigned_to == "me",
        status=status,
        text=text.strip(),
        limit=paging.limit,
        offset=paging.offset,
    )
    return paging.page(count, [listed(row) for row in rows])


@router.post("/assign/", operation_id="assignInterviews", status_code=201, response_model=list[InterviewOut])
async def assign_interviews(access: Admin, resources: ResourcesParam, body: InterviewAssign, http: Request) -> Any:
    """Ask several people about a topic: one interview each. Who has no access to the project is invited to view it."""
    rows = await service.assign(resources, access, body, mail_url(http, resources.settings))
    return [full(row) for row in rows]


@router.get("/{interview_id}/", operation_id="getInterview", response_model=InterviewOut)
async def get_interview(access: Viewer, resources: ResourcesParam, interview_id: UUID) -> Any:
    return full(await service.get_interview(resources.database, access, interview_id))
