"""Turns over HTTP: asking, and following, listing and stopping what was asked."""

import functools
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Path, Query, Request
from pydantic import BaseModel
from starlette.responses import StreamingResponse

from citewell.audit.dependencies import ActingViewer
from citewell.auth.access import Access
from citewell.auth.dependencies import DatabaseParam, Viewer
from citewell.auth.stream_guard import StreamGuard
from citewell.conversations import turns as turns_of
from citewell.errors import InvalidFields
from citewell.kit.pagination import Page, PagingParams
from citewell.kit.urls import absolute_references, base_url
from citewell.models import Turn
from citewell.turns.dependencies import TurnsParam
from citewell.turns.entries import failed
from citewell.turns.reader import SSE_HEADERS, follow
from citewell.turns.render.clarifeye import ClarifeyeRenderer
from citewell.turns.runner import TurnRunner
from citewell.turns.turn import TurnKey

router = APIRouter(prefix="/projects/{project_id}/playground-conversations/{conversation_id}", tags=["Conversations"])

StreamMode = Annotated[
    Literal["cumulative", "delta"],
    Query(description="`delta`: each `token_streaming` event has only the new text, as `delta`."),
]
QueryId = Annotated[int, Path(ge=0, le=2**31 - 1)]
_NO_LONGER = failed("forbidden", "You may no longer read this conversation.")
_LAST_SEQ = 2**31 - 1
_STREAM: dict[str, Any] = {
    "response_class": StreamingResponse,
    "responses": {200: {"content": {"text/event-stream": {}}, "description": "See docs/streaming.md."}},
}


class MessageIn(BaseModel, extra="forbid"):
    message: str


class TurnOut(BaseModel):
    """`state` is running, completed, stopped or failed; `error_code` says why a failed one failed. `error_detail` is
    what the model server said of it: administrators see it, for all others it is null."""

    query_id: int
    conversation_id: UUID
    state: str
    error_code: str | None
    error_detail: str | None
    user_id: UUID
    created_at: datetime
    updated_at: datetime


def to_wire(turn: Turn, access: Access) -> dict[str, Any]:
    fields = {name: getattr(turn, name) for name in TurnOut.model_fields}
    return fields if access.is_admin else fields | {"error_detail": None}


@router.post("/send_message_stream/", operation_id="sendMessageStream", **_STREAM)
async def send_message_stream(
    access: ActingViewer,
    turns: TurnsParam,
    conversation_id: UUID,
    request: Request,
    body: MessageIn,
    stream_mode: StreamMode = "cumulative",
) -> StreamingResponse:
    """Ask a question, and read the answer as it is written: server-sent events, one JSON object each.

    The answer does not depend on this connection: `GET turns/{query_id}/events/` gives the rest of it after a broken
    connection.
    """
    settings = turns.resources.settings
    text = checked_message(body.message, settings.max_message_chars)
    key = await turns_of.ask(turns, access, conversation_id, text)
    return _stream(turns, key, 0, stream_mode, request, access)


@router.get("/turns/", operation_id="listTurns", response_model=Page[TurnOut])
async def list_turns(access: Viewer, database: DatabaseParam, paging: PagingParams, conversation_id: UUID) -> Any:
    """List the questions of the conversation with the state of their answers, newest first."""
    async with database.read() as session:
        count, rows = await turns_of.list_turns(session, access, conversation_id, paging.limit, paging.offset)
    return paging.page(count, [to_wire(row, access) for row in rows])


@router.get("/turns/{query_id}/events/", operation_id="followTurn", **_STREAM)
async def follow_turn(
    access: Viewer,
    turns: TurnsParam,
    request: Request,
    conversation_id: UUID,
    query_id: QueryId,
    after: Annotated[int | None, Query(ge=0, le=_LAST_SEQ, description="The `id` of the last event received.")] = None,
    last_event_id: Annotated[str | None, Header()] = None,
    stream_mode: StreamMode = "cumulative",
) -> StreamingResponse:
    """The stream of a turn from its beginning, or from behind the event that `Last-Event-ID` or `after` names.

    Each event is sent once. A turn that is running is followed to its end, whichever server process runs it.
    """
    async with turns.resources.database.read() as session:
        turn = await turns_of.find_turn(session, access, conversation_id, query_id)
    position = after if after is not None else _number(last_event_id)
    return _stream(turns, turns_of.key_of(turn), position, stream_mode, request, access)


@router.post("/turns/{query_id}/cancel/", operation_id="cancelTurn", response_model=TurnOut)
async def cancel_turn(access: Viewer, turns: TurnsParam, conversation_id: UUID, query_id: QueryId) -> Any:
    """Stop the answer. What was written so far stays in the history, marked `stopped`; a turn that has ended does not
    change."""
    return to_wire(await turns_of.stop_turn(turns, access, conversation_id, query_id), access)


def _stream(
    turns: TurnRunner, key: TurnKey, after: int, mode: str, request: Request, access: Access
) -> StreamingResponse:
    events = follow(turns, key, ClarifeyeRenderer(key, delta=mode == "delta"), after=after)
    guard: StreamGuard = request.app.state.stream_guard
    base = base_url(request, turns.resources.settings)
    absolute = functools.partial(absolute_references, base=base, project_id=key.project_id)
    events = guard.guarded(events, request, access, key.conversation_id, functools.partial(_no_longer, key), absolute)
    return StreamingResponse(events, media_type="text/event-stream", headers=SSE_HEADERS)


def _no_longer(key: TurnKey) -> bytes:
    """Returns the last event of a reader who lost the right to read.

    It has no id: whoever gets the right again reads on behind the last event that they have.
    """
    return ClarifeyeRenderer(key).render(0, [_NO_LONGER]).removeprefix(b"id: 0\n")


def _number(last_event_id: str | None) -> int:
    """Browsers send the header by themselves, empty when there was no event."""
    if not last_event_id:
        return 0
    if not last_event_id.isascii() or not last_event_id.isdigit() or int(last_event_id[:11]) > _LAST_SEQ:
        raise InvalidFields({"Last-Event-ID": ["Must be a number: the id of an event of this turn."]})
    return int(last_event_id)


def checked_message(message: str, longest: int) -> str:
    """Returns the question as it is asked.

    Raises InvalidFields for an empty one and one that is too long (in characters).
    """
    text = message.replace("\x00", "").strip()
    if not text:
        raise InvalidFields({"message": ["The message is empty: write a question."]})
    if len(text) > longest:
        said = (
            f"The message has {len(text):,} characters; at most {longest:,} are accepted (CITEWELL_MAX_MESSAGE_CHARS)."
        )
        raise InvalidFields({"message": [said]})
    return text
