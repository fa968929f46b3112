"""Conversations over HTTP."""

import asyncio
from typing import Annotated, Any, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from citewell.audit.dependencies import ActingViewer
from citewell.auth.dependencies import DatabaseParam, SettingsParam, Viewer
from citewell.conversations import listing, service
from citewell.conversations.export.formats import FORMATS, Format, write_transcript
from citewell.conversations.export.transcript import make_transcript
from citewell.conversations.removal import delete_for_good
from citewell.conversations.repository.listing import Filters
from citewell.conversations.schemas import (
    ConversationCreate,
    ConversationOut,
    ConversationUpdate,
    SharedOut,
    TagsOut,
    history_to_wire,
    to_wire,
)
from citewell.kit.answers import json_answer
from citewell.kit.pagination import Page, PagingParams
from citewell.kit.urls import base_url
from citewell.turns.dependencies import TurnsParam
from citewell.turns.repository.history import history as history_of

router = APIRouter(prefix="/projects/{project_id}/playground-conversations", tags=["Conversations"])

Flag = Annotated[Literal["true", "false"], Query()]
Tags = Annotated[
    list[Annotated[str, Query(max_length=5000)]],
    Query(max_length=100, description="Those with one of these tags; repeated, or separated by commas."),
]
Text = Annotated[
    str,
    Query(
        max_length=listing.MAX_TEXT,
        description="Those in which this was said, without regard to case, from the beginning of a word on.",
    ),
]


@router.get("/", operation_id="listConversations", response_model=Page[ConversationOut])
async def list_conversations(
    access: ActingViewer,
    database: DatabaseParam,
    paging: PagingParams,
    tags: Tags = [],  # noqa: B006 - FastAPI copies it
    no_tags: Flag = "false",
    text: Text = "",
    include_archived: Flag = "false",
) -> Any:
    """List conversations, newest first: admins see all, others their own.

    The history is left out: get one conversation to read it. With `text`, the `count` is exact up to 3,000 matching
    messages, and a lower bound beyond.
    """
    filters = Filters(
        tags=[tag.strip() for part in tags for tag in part.split(",") if tag.strip()],
        no_tags=no_tags == "true",
        text=text.strip(),
        include_archived=include_archived == "true",
    )
    count, rows = await listing.list_conversations(database, access, filters, paging.limit, paging.offset)
    return json_answer(paging.page(count, [to_wire(row, row.agent_name, access, []) for row in rows]))


@router.post("/", operation_id="createConversation", status_code=201, response_model=ConversationOut)
async def create_conversation(access: ActingViewer, database: DatabaseParam, request: ConversationCreate) -> Any:
    async with database.write() as session:
        row, agent = await service.create_conversation(session, access, request)
        await session.refresh(row)
    return to_wire(row, agent, access, [])


@router.get("/all-tags/", operation_id="getAllConversationTags", response_model=TagsOut)
async def get_all_tags(access: ActingViewer, database: DatabaseParam) -> Any:
    """List the tags of the conversations that you see."""
    tags = await listing.all_tags(database, access)
    return {"tags": tags, "count": len(tags)}


@router.get("/{conversation_id}/", operation_id="getConversation", response_model=ConversationOut)
async def get_conversation(
    access: Viewer,
    database: DatabaseParam,
    settings: SettingsParam,
    request: Request,
    conversation_id: UUID,
    include_archived: Flag = "false",
) -> Any:
    async with database.read() as session:
        row = await service.readable(session, access, conversation_id, include_archived=include_archived == "true")
        history = await history_of(database, access.project_id, conversation_id)
        agent = await service.agent_name(session, row)
    base = base_url(request, settings)
    return to_wire(row, agent, access, history_to_wire(history, base, access.project_id))


@router.get(
    "/{conversation_id}/export/",
    operation_id="exportConversation",
    response_class=Response,
    responses={200: {"content": {kind.media_type: {} for kind in FORMATS.values()}, "description": "The file."}},
)
async def export_conversation(
    access: Viewer,
    database: DatabaseParam,
    conversation_id: UUID,
    file_format: Annotated[Format, Query(alias="format")] = "docx",
) -> Response:
    """Download the questions and answers as a file, with the quoted words as footnotes. Works for archived
    conversations too."""
    async with database.read() as session:
        row = await service.readable(session, access, conversation_id, include_archived=True)
        history = await history_of(database, access.project_id, conversation_id)
    kind = FORMATS[file_format]
    content = await asyncio.to_thread(write_transcript, file_format, make_transcript(row.name, history))
    name = quote(f"{row.name[:100]}.{kind.suffix}", safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=kind.media_type, headers=headers)


@router.delete("/{conversation_id}/", operation_id="archiveConversation", status_code=204)
async def archive_conversation(access: ActingViewer, database: DatabaseParam, conversation_id: UUID) -> Response:
    """Archive the conversation: it leaves the lists, and can be restored."""
    async with database.write() as session:
        await service.archive(session, access, conversation_id)
    return Response(status_code=204)


@router.patch("/{conversation_id}/", operation_id="updateConversation", status_code=204)
async def update_conversation(
    access: ActingViewer, database: DatabaseParam, conversation_id: UUID, body: ConversationUpdate
) -> Response:
    """Change the name or the tags. For the owner and admins."""
    async with database.write() as session:
        await service.rename(session, access, conversation_id, body.name, body.tags)
    return Response(status_code=204)


@router.post("/{conversation_id}/unarchive/", operation_id="unarchiveConversation", status_code=204)
async def unarchive_conversation(access: ActingViewer, database: DatabaseParam, conversation_id: UUID) -> Response:
    async with database.write() as session:
        await service.unarchive(session, access, conversation_id)
    return Response(status_code=204)


@router.post("/{conversation_id}/permanent_delete/", operation_id="permanentDeleteConversation", status_code=204)
async def delete_conversation_for_good(access: Viewer, turns: TurnsParam, conversation_id: UUID) -> Response:
    """Delete an archived conversation with its messages, feedback and local documents, for good. Admins only."""
    await delete_for_good(turns, access, conversation_id)
    return Response(status_code=204)


@router.post("/{conversation_id}/share/", operation_id="shareConversation", response_model=SharedOut)
async def share_conversation(access: Viewer, database: DatabaseParam, conversation_id: UUID) -> Any:
    """Lets every member of the project read the conversation."""
    async with database.write() as session:
        await service.share(session, access, conversation_id, shared=True)
    return {"status": "shared", "is_shared": True}


@router.post("/{conversation_id}/unshare/", operation_id="unshareConversation", response_model=SharedOut)
async def unshare_conversation(access: Viewer, database: DatabaseParam, conversation_id: UUID) -> Any:
    async with database.write() as session:
        await service.share(session, access, conversation_id, shared=False)
    return {"status": "unshared", "is_shared": False}
