"""Signals over HTTP: what programs and people noticed, for admins to review."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query
from pydantic import BaseModel, field_validator

from citewell.auth.dependencies import DatabaseParam, Viewer
from citewell.feedback import service
from citewell.feedback.repository.opinions import OpinionFilters
from citewell.feedback.schemas import FeedbackText, OpinionOut, OpinionUpdate, Status
from citewell.kit.answers import json_answer
from citewell.kit.pagination import Page, PagingParams
from citewell.models import Signal
from citewell.signals import reading

router = APIRouter(prefix="/projects/{project_id}/signals", tags=["Signals"])

MAX_CONTEXT_BYTES = 64 * 1024


class SignalCreate(BaseModel, extra="forbid"):
    """`context` is any object; `additional_details` in it is searched, and a conversation that it names is shown."""

    context: dict[str, Any]
    feedback: FeedbackText = ""
    is_positive: bool | None = None

    @field_validator("context")
    @classmethod
    def _bounded(cls, context: dict[str, Any]) -> dict[str, Any]:
        if len(msgspec.json.encode(context)) > MAX_CONTEXT_BYTES:
            raise ValueError(f"The context is too large: at most {MAX_CONTEXT_BYTES:,} bytes of JSON are accepted.")
        return context


@router.get("/", operation_id="listSignals", response_model=Page[OpinionOut])
async def list_signals(
    access: Viewer,
    database: DatabaseParam,
    paging: PagingParams,
    status: Status | None = None,
    is_positive: bool | None = None,
    search: Annotated[str, Query(max_length=200)] = "",
) -> Any:
    """List signals, newest first: admins see all, others their own."""
    filters = OpinionFilters(status, is_positive, search.strip())
    count, rows = await reading.list_signals(database, access, filters, paging.limit, paging.offset)
    return json_answer(paging.page(count, rows))


@router.post("/", operation_id="submitSignal", status_code=201, response_model=OpinionOut)
async def submit_signal(access: Viewer, database: DatabaseParam, request: SignalCreate) -> Any:
    async with database.write() as session:
        signal = await service.give_signal(session, access, request.context, request.feedback, request.is_positive)
    return await reading.read_signal(database, access, signal.id)


@router.patch("/{signal_id}/", operation_id="updateSignal", response_model=OpinionOut)
async def update_signal(access: Viewer, database: DatabaseParam, signal_id: UUID, request: OpinionUpdate) -> Any:
    async with database.write() as session:
        await service.change(session, access, Signal, signal_id, request)
    return await reading.read_signal(database, access, signal_id)
