"""`/v1`: agents as models, answers as completions, the local embedding model, projects as vector stores."""

import base64
from collections.abc import AsyncGenerator
from typing import Annotated, Any
from uuid import UUID

import numpy as np
from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import func, select
from starlette.responses import JSONResponse, Response, StreamingResponse

from citewell.agent.context import estimate_tokens
from citewell.auth.access import Access, resolve_access
from citewell.auth.dependencies import CallerParam, ResourcesParam
from citewell.auth.permissions import Permission
from citewell.conversations.stream_guard import StreamGuard
from citewell.errors import NotFound, Unavailable
from citewell.kit.urls import base_url
from citewell.models import Document, Project
from citewell.openai import agents, chat, responses, vector_stores
from citewell.openai.asking import Asked, read_messages, whole_answer
from citewell.openai.error_route import ErrorRoute, Told
from citewell.openai.schemas import ChatRequest, EmbeddingRequest, ResponseRequest, VectorStoreSearch
from citewell.projects.service import list_projects
from citewell.turns.dependencies import TurnsParam

_SSE = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
_PAGE = 100


class _OpenAIErrors(ErrorRoute):
    """`{"error": {"message", "type", "param", "code"}}`."""

    @staticmethod
    def render(told: Told) -> Response:
        kind = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
        default = "invalid_request_error" if told.status < 500 else "server_error"
        body = {
            "message": told.message,
            "type": kind.get(told.status, default),
            "param": told.param,
            "code": told.code,
        }
        return JSONResponse({"error": body}, told.status, headers=told.headers)


router = APIRouter(prefix="/v1", tags=["OpenAI"], route_class=_OpenAIErrors, include_in_schema=False)


@router.get("/models")
async def list_models(caller: CallerParam, resources: ResourcesParam) -> Any:
    """The agents that the caller may ask."""
    async with resources.database.read() as session:
        found = await agents.list_models(session, caller)
    return {"object": "list", "data": [agents.model_to_wire(one) for one in found]}


@router.get("/models/{name:path}")
async def get_model(caller: CallerParam, resources: ResourcesParam, name: str) -> Any:
    _, agent, project = await agents.find_model(resources.database, caller, name)
    made = agents.AgentModel(name, project.id, agent.id, int(agent.created_at.timestamp()))
    return agents.model_to_wire(made)


@router.post("/chat/completions")
async def complete_chat(
    caller: CallerParam, resources: ResourcesParam, turns: TurnsParam, request: Request, body: ChatRequest
) -> Response:
    """An agent's answer. Its claims link to their passages; the same links come as annotations of type url_citation."""
    access, agent, project = await agents.find_model(resources.database, caller, body.model)
    asked = Asked(
        access,
        agent,
        project,
        read_messages(body.messages, agent),
        base_url(request, resources.settings),
        body.max_completion_tokens or body.max_tokens,
    )
    if body.stream:
        options = body.stream_options

        async def events() -> AsyncGenerator[bytes]:
            with turns.opening(caller.user_id):
                async for piece in chat.stream(
                    resources, asked, body.model, include_usage=options is not None and options.include_usage
                ):
                    yield piece

        turns.check_room(caller.user_id)
        guarded = _guard(request).guarded(events(), request, access, None, chat.no_longer)
        return StreamingResponse(guarded, media_type="text/event-stream", headers=_SSE)
    with turns.opening(caller.user_id):
        found = await whole_answer(resources, asked)
    return JSONResponse(chat.Completion(body.model).whole(found))


def _guard(request: Request) -> StreamGuard:
    guard: StreamGuard = request.app.state.stream_guard
    return guard


@router.post("/responses")
async def create_response(
    caller: CallerParam, resources: ResourcesParam, turns: TurnsParam, request: Request, body: ResponseRequest
) -> Response:
    """An agent's answer as a response, streamed or whole. Stored ones are turns of a conversation."""
    opened = await responses.open_response(turns, caller, base_url(request, resources.settings), body)

    async def events() -> AsyncGenerator[bytes]:
        for event in opened.response.begin():
            yield event
        async for step in opened.steps:
            for event in opened.response.take(step):
                yield event

    if body.stream:
        guarded = _guard(request).guarded(events(), request, opened.access, opened.conversation_id, opened.no_longer)
        return StreamingResponse(guarded, media_type="text/event-stream", headers=_SSE)
    async for _ in events():
        pass
    return JSONResponse(opened.response.as_dict())


@router.get("/responses/{response_id}")
async def get_response(
    caller: CallerParam, resources: ResourcesParam, turns: TurnsParam, request: Request, response_id: str
) -> Any:
    """A stored response, from the conversation that it belongs to."""
    found = await responses.read_response(turns, caller, base_url(request, resources.settings), response_id)
    return found.as_dict()


@router.post("/embeddings")
async def embed(caller: CallerParam, resources: ResourcesParam, body: EmbeddingRequest) -> Any:
    """Vectors of the embedding model that this server searches with."""
    if resources.embedder is None:
        raise Unavailable("This server has no embedding model: see `citewell doctor`.")
    texts = [body.input] if isinstance(body.input, str) else body.input
    vectors = await resources.embedder.embed(texts, urgent=True)
    data = [
        {"object": "embedding", "index": index, "embedding": _written(vector, body.encoding_format)}
        for index, vector in enumerate(vectors)
    ]
    tokens = sum(map(estimate_tokens, texts))
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": body.model or "citewell", "usage": usage}


def _written(vector: Any, encoding: str) -> Any:
    numbers = np.asarray(vector, np.float32)
    return base64.b64encode(numbers.tobytes()).decode() if encoding == "base64" else numbers.tolist()


async def _store(store_id: str, caller: CallerParam, resources: ResourcesParam) -> Access:
    """The caller's access to the project of a vector store."""
    try:
        project_id = UUID(store_id.removeprefix("vs_"))
    except ValueError:
        raise NotFound("There is no such vector store: GET /v1/vector_stores lists them.") from None
    async with resources.database.read() as session:
        access = await resolve_access(session, project_id, caller)
    access.require(Permission.VIEW)
    return access


StoreParam = Annotated[Access, Depends(_store)]
Limit = Annotated[int, Query(ge=1, le=_PAGE)]


@router.get("/vector_stores")
async def list_stores(caller: CallerParam, resources: ResourcesParam, limit: Limit = 20) -> Any:
    """The projects that the caller may read, newest first."""
    async with resources.database.read() as session:
        count, found = await list_projects(session, caller, limit, 0, readable=True)
    return _listed([vector_stores.store_to_wire(project) for project in found], has_more=count > len(found))


@router.get("/vector_stores/{store_id}")
async def get_store(access: StoreParam, resources: ResourcesParam) -> Any:
    mine = (Document.project_id == access.project_id) & (Document.status == "active") & Document.local_to.is_(None)
    async with resources.database.read() as session:
        project = await session.get_one(Project, access.project_id)
        count = await session.scalar(select(func.count()).select_from(Document).where(mine))
    return vector_stores.store_to_wire(project, count)


@router.post("/vector_stores/{store_id}/search")
async def search_store(access: StoreParam, resources: ResourcesParam, request: Request, body: VectorStoreSearch) -> Any:
    """Passages of the project's documents, each with the address that opens it in its attributes."""
    queries = [body.query] if isinstance(body.query, str) else body.query
    base = base_url(request, resources.settings)
    return await vector_stores.search(resources, access.project_id, base, queries, body.max_num_results)


@router.get("/vector_stores/{store_id}/files")
async def list_files(access: StoreParam, resources: ResourcesParam, limit: Limit = 20, after: str = "") -> Any:
    """The project's documents."""
    query = select(Document).where(
        Document.project_id == access.project_id, Document.local_to.is_(None), Document.status != "deleted"
    )
    if after:
        query = query.where(Document.id > _file_id(after))
    async with resources.database.read() as session:
        found = list(await session.scalars(query.order_by(Document.id).limit(limit + 1)))
    shown = [vector_stores.file_to_wire(document, access.project_id) for document in found[:limit]]
    return _listed(shown, has_more=len(found) > limit)


@router.get("/vector_stores/{store_id}/files/{file_id}")
async def get_file(access: StoreParam, resources: ResourcesParam, file_id: str) -> Any:
    async with resources.database.read() as session:
        document = await session.get(Document, (access.project_id, _file_id(file_id)))
    if document is None or document.local_to is not None or document.status == "deleted":
        raise NotFound("There is no such file in this vector store.")
    return vector_stores.file_to_wire(document, access.project_id)


def _file_id(text: str) -> UUID:
    try:
        return UUID(text.removeprefix("file-"))
    except ValueError:
        raise NotFound("There is no such file in this vector store.") from None


def _listed(data: list[dict[str, Any]], *, has_more: bool) -> dict[str, Any]:
    first, last = (data[0]["id"], data[-1]["id"]) if data else (None, None)
    return {"object": "list", "data": data, "first_id": first, "last_id": last, "has_more": has_more}
