"""Feedback over HTTP."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from citewell.audit.dependencies import ActingViewer
from citewell.auth.dependencies import DatabaseParam, Runner
from citewell.feedback import grouped, reading, service, truths
from citewell.feedback.repository.opinions import OpinionFilters
from citewell.feedback.repository.reading import FeedbackFilters, read_feedback
from citewell.feedback.schemas import (
    ConversationBody,
    CountsOut,
    FeedbackCreate,
    GroupOut,
    OpinionOut,
    OpinionUpdate,
    ReviewedOut,
    Status,
    feedback_to_wire,
)
from citewell.feedback.truths import TruthOfFeedback
from citewell.ground_truths.schemas import GroundTruthOut
from citewell.kit.answers import json_answer
from citewell.kit.pagination import Page, PagingParams
from citewell.models import Feedback

router = APIRouter(prefix="/projects/{project_id}/feedbacks", tags=["Feedback"])

Search = Annotated[str, Query(max_length=200, description="Looks into the feedback and the question it is about.")]


@router.get("/", operation_id="listFeedback", response_model=Page[OpinionOut])
async def list_feedback(
    access: ActingViewer,
    database: DatabaseParam,
    paging: PagingParams,
    status: Status | None = None,
    is_positive: bool | None = None,
    search: Search = "",
    conversation_id: UUID | None = None,
) -> Any:
    """List feedback, newest first: admins see all, others their own."""
    filters = FeedbackFilters(status, is_positive, search.strip(), conversation_id)
    count, rows = await reading.list_feedback(database, access, filters, paging.limit, paging.offset)
    return json_answer(paging.page(count, [feedback_to_wire(row) for row in rows]))


@router.post("/", operation_id="submitFeedback", status_code=201, response_model=OpinionOut)
async def submit_feedback(access: ActingViewer, database: DatabaseParam, request: FeedbackCreate) -> Any:
    async with database.write() as session:
        made = await service.give(session, access, request)
    return feedback_to_wire(await read_feedback(database, access.project_id, made.id))


@router.get("/grouped_by_conversation/", operation_id="getGroupedFeedbacks", response_model=Page[GroupOut])
async def get_grouped(
    access: ActingViewer,
    database: DatabaseParam,
    paging: PagingParams,
    status: Status | None = None,
    search: Search = "",
    include_archived: Annotated[Literal["true", "false"], Query()] = "false",
) -> Any:
    """List conversations with their feedback, by the latest update within the filter.

    `status=reviewed` gives conversations whose feedback is all reviewed, `to_review` the others.
    """
    filters = OpinionFilters(status, None, search.strip())
    count, groups = await grouped.list_groups(
        database,
        access,
        filters,
        paging.limit,
        paging.offset,
        include_archived=include_archived == "true",
    )
    return json_answer(paging.page(count, groups))


@router.get("/counts/", operation_id="getFeedbackCounts", response_model=CountsOut)
async def get_counts(access: ActingViewer, database: DatabaseParam) -> Any:
    """Count feedback and conversations with feedback. Archived conversations are not counted, but their feedback is."""
    return await grouped.count_feedback(database, access)


@router.post("/mark_conversation_reviewed/", operation_id="markConversationReviewed", response_model=ReviewedOut)
async def mark_conversation_reviewed(access: ActingViewer, database: DatabaseParam, request: ConversationBody) -> Any:
    async with database.write() as session:
        count = await service.review_conversation(session, access, request.conversation_id)
    return {"updated_count": count, "conversation_id": request.conversation_id, "new_status": "reviewed"}


@router.patch("/{feedback_id}/", operation_id="updateFeedback", response_model=OpinionOut)
async def update_feedback(
    access: ActingViewer, database: DatabaseParam, feedback_id: UUID, request: OpinionUpdate
) -> Any:
    async with database.write() as session:
        await service.change(session, access, Feedback, feedback_id, request)
    return feedback_to_wire(await read_feedback(database, access.project_id, feedback_id))


@router.delete("/{feedback_id}/", operation_id="deleteFeedback", status_code=204)
async def delete_feedback(access: ActingViewer, database: DatabaseParam, feedback_id: UUID) -> Response:
    async with database.write() as session:
        await service.delete(session, access, feedback_id)
    return Response(status_code=204)


@router.post(
    "/{feedback_id}/ground-truth/",
    operation_id="makeGroundTruthOfFeedback",
    status_code=201,
    response_model=GroundTruthOut,
    responses={200: {"model": GroundTruthOut, "description": "It was made before."}},
)
async def make_ground_truth(
    access: Runner,
    database: DatabaseParam,
    feedback_id: UUID,
    response: Response,
    body: TruthOfFeedback | None = None,
) -> Any:
    """Add the question of this feedback with its right answer to the evaluation set, and mark it as reviewed.

    Positive feedback takes the given answer and its verified sources; other feedback needs an `answer`. Repeating it
    returns 200 with the existing ground truth, which stays when the feedback is deleted.
    """
    async with database.write() as session:
        truth, is_new = await truths.make_ground_truth(session, access, feedback_id, body or TruthOfFeedback())
    response.status_code = 201 if is_new else 200
    return truth
