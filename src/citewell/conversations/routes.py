"""Conversations over HTTP."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from citewell.auth.dependencies import RuntimeParam, Viewer
from citewell.conversations import service
from citewell.conversations.schemas import ConversationCreate, ConversationOut, to_wire
from citewell.kit.pagination import Page, PagingParams

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
