"""Interviews over HTTP: asking people about a topic, holding the interview, and deciding on what was learned."""

from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from fastapi import APIRouter, Query, Request

from citewell.auth.dependencies import Admin, DatabaseParam, GuardParam, ResourcesParam, Viewer
from citewell.errors import InvalidFields
from citewell.interviews import dialogue, proposals, repository, service
from citewell.interviews.schemas import (
    Acceptance,
    InterviewAssign,
    InterviewListItem,
    InterviewOut,
    InterviewStatus,
    ProposalOut,
    Said,
    full,
    listed,
    proposal_to_wire,
)
from citewell.kit.pagination import Page, PagingParams
from citewell.kit.urls import base_url, mail_url

router = APIRouter(prefix="/projects/{project_id}/interviews", tags=["Interviews"])


@router.get("/", operation_id="listInterviews", response_model=Page[InterviewListItem])
async def list_interviews(
    access: Viewer,
    database: DatabaseParam,
    paging: PagingParams,
    assigned_to: Literal["me"] | None = None,
    status: Annotated[str, Query(max_length=100, description="One or several, with commas: pending,completed.")] = "",
    text: Annotated[str, Query(max_length=500, pattern=r"^[^\x00]*$", description="Part of topic or transcript.")] = "",
) -> Any:
    """List interviews, newest first.

    Admins see all, others those that they answer or have asked for; with `assigned_to=me`, so do admins.
    """
    count, rows = await service.list_interviews(
        database,
        access,
        mine=assigned_to == "me",
        statuses=_statuses(status),
        text=text.strip(),
        limit=paging.limit,
        offset=paging.offset,
    )
    return paging.page(count, [listed(row) for row in rows])


@router.post("/assign/", operation_id="assignInterviews", status_code=201, response_model=list[InterviewOut])
async def assign_interviews(access: Admin, resources: ResourcesParam, body: InterviewAssign, http: Request) -> Any:
    """Ask several people about a topic: one interview each. People without access are invited to view the project."""
    async with resources.database.write() as session:
        made = await service.assign(session, resources, access, body, mail_url(http, resources.settings))
    return [full(await service.get_interview(resources.database, access, one)) for one in made]


@router.get("/{interview_id}/", operation_id="getInterview", response_model=InterviewOut)
async def get_interview(access: Viewer, database: DatabaseParam, interview_id: UUID) -> Any:
    return full(await service.get_interview(database, access, interview_id))


@router.post("/{interview_id}/messages/", operation_id="speakInInterview", response_model=InterviewOut)
async def speak(
    access: Viewer, resources: ResourcesParam, guard: GuardParam, interview_id: UUID, body: Said, http: Request
) -> Any:
    """Send a message to the interviewer, who replies; an empty one begins the interview. Only for the person
    interviewed.

    Contradictions with the documents are pointed out, and what was learned becomes proposals.
    """
    base = base_url(http, resources.settings)
    await guard.finish(dialogue.speak(resources, access, interview_id, body.message, base), http, access)
    return full(await service.get_interview(resources.database, access, interview_id))


@router.post("/{interview_id}/complete/", operation_id="completeInterview", response_model=InterviewOut)
async def complete(access: Viewer, database: DatabaseParam, interview_id: UUID) -> Any:
    """Complete the interview. For the person interviewed and admins; whoever asked for it is notified."""
    async with database.write() as session:
        await dialogue.complete(session, access, interview_id)
    return full(await service.get_interview(database, access, interview_id))


@router.get("/{interview_id}/proposals/", operation_id="listInterviewProposals", response_model=Page[ProposalOut])
async def list_proposals(access: Viewer, database: DatabaseParam, paging: PagingParams, interview_id: UUID) -> Any:
    """List what was learned, in the order in which it came up."""
    await service.get_interview(database, access, interview_id)
    async with database.read() as session:
        count, rows = await repository.list_proposals(
            session, access.project_id, interview_id, paging.limit, paging.offset
        )
    return paging.page(count, [proposal_to_wire(row) for row in rows])


@router.post(
    "/{interview_id}/proposals/{proposal_id}/accept/", operation_id="acceptProposal", response_model=ProposalOut
)
async def accept(
    access: Admin, database: DatabaseParam, interview_id: UUID, proposal_id: UUID, body: Acceptance | None = None
) -> Any:
    """Write the proposal into its artifact, as a new version."""
    async with database.write() as session:
        interview = await dialogue.find_interview(session, access, interview_id)
        content = body.content if body else None
        return proposal_to_wire(await proposals.accept(session, access, interview, proposal_id, content))


@router.post(
    "/{interview_id}/proposals/{proposal_id}/reject/", operation_id="rejectProposal", response_model=ProposalOut
)
async def reject(access: Admin, database: DatabaseParam, interview_id: UUID, proposal_id: UUID) -> Any:
    """Reject the proposal. It stays in the list and changes nothing."""
    async with database.write() as session:
        interview = await dialogue.find_interview(session, access, interview_id)
        return proposal_to_wire(await proposals.reject(session, access, interview, proposal_id))


def _statuses(stated: str) -> list[str]:
    known = get_args(InterviewStatus)
    found = [one.strip() for one in stated.split(",") if one.strip()]
    if unknown := [one for one in found if one not in known]:
        raise InvalidFields({"status": [f"{unknown[0][:50]!r} is none of {', '.join(known)}."]})
    return found
