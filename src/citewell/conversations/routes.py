"""Conversations over HTTP."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request, Response
from starlette.responses import StreamingResponse

from citewell.auth.dependencies import RuntimeParam, Viewer
from citewell.conversations import service
from citewell.conversations.schemas import ConversationCreate, ConversationOut, to_wire
from citewell.errors import InvalidFields
from citewell.kit.pagination import Page, PagingParams
from citewell.kit.urls import base_url
from citewell.turns.reader import SSE_HEADERS, follow
from citewell.turns.service import Ask, start_turn

router = APIRouter(prefix="/projects/{project_id}/playground-conversations", tags=["Conversations"])

IncludeArchived = Annotated[Literal["true", "false"], Query()]


@router.get("/", operation_id="listConversations", response_model=Page[ConversationOut])
async def list_conversations(
    access: Viewer, runtime: RuntimeParam, paging: PagingParams, include_archived: IncludeArchived = "false"
) -> Any:
    """The list leaves the history out: get one conversation to read it."""
    async with runtime.database.sessions() as session:
        count, rows = await service.list_conversations(
            session, access, paging.limit, paging.offset, include_archived=include_archived == "true"
        )
    return paging.page(count, [to_wire(row, name, access, []) for row, name in rows])


@router.post("/", operation_id="createConversation", status_code=201, response_model=ConversationOut)
async def create_conversation(access: Viewer, runtime: RuntimeParam, request: ConversationCreate) -> Any:
    async with runtime.database.begin() as session:
        row, agent = await service.create_conversation(session, access, request)
        await session.refresh(row)
    return to_wire(row, agent, access, [])


@router.get("/{conversation_id}/", operation_id="getConversation", response_model=ConversationOut)
async def get_conversation(
    access: Viewer, runtime: RuntimeParam, conversation_id: UUID, include_archived: IncludeArchived = "false"
) -> Any:
    async with runtime.database.sessions() as session:
        row = await service.readable(session, access, conversation_id, include_archived=include_archived == "true")
        history = await service.history(session, access.project_id, conversation_id)
        agent = await service.agent_name(session, row)
    return to_wire(row, agent, access, history)


@router.delete("/{conversation_id}/", operation_id="archiveConversation", status_code=204)
async def archive_conversation(access: Viewer, runtime: RuntimeParam, conversation_id: UUID) -> Response:
    async with runtime.database.begin() as session:
        await service.archive(session, access, conversation_id)
    return Response(status_code=204)


@router.post(
    "/{conversation_id}/send_message_stream/",
    operation_id="sendMessageStream",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def send_message_stream(
    access: Viewer,
    runtime: RuntimeParam,
    conversation_id: UUID,
    request: Request,
    message: Annotated[str, Body(embed=True)],
    stream_mode: Annotated[Literal["cumulative", "delta"], Query()] = "cumulative",
) -> StreamingResponse:
    """Ask, and read the answer as it is made: server-sent events, one JSON object each.

    `stream_mode=delta` sends only the new text of each `token_streaming` event, as `delta`.
    """
    text = _checked(message, runtime.settings.max_message_chars)
    ask = Ask(access, conversation_id, text, base_url(request, runtime.settings))
    live = await start_turn(runtime, ask)
    events = follow(runtime, live, delta=stream_mode == "delta")
    return StreamingResponse(events, media_type="text/event-stream", headers=SSE_HEADERS)


def _checked(message: str, longest: int) -> str:
    text = message.replace("\x00", "").strip()
    if not text:
        raise InvalidFields({"message": ["The message is empty: write a question."]})
    if len(text) > longest:
        raise InvalidFields(
            {"message": [f"The message has {len(text):,} characters; at most {longest:,} are accepted."]}
        )
    return text
