"""`/v1`: agents as models, answers as completions, the local embedding model, projects as vector stores."""

import base64
import contextlib
from collections.abc import AsyncGenerator
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from citewell.agent.context import estimate_tokens
from citewell.auth.dependencies import CallerParam, DatabaseParam, ResourcesParam, SettingsParam
from citewell.auth.stream_guard import StreamGuard
from citewell.errors import BadRequest, Unavailable
from citewell.kit.urls import base_url
from citewell.openai import agents, chat, responses, vector_store_routes
from citewell.openai.asking import AgentRequest, answer_to, read_messages
from citewell.openai.client_tools import asked_tools
from citewell.openai.errors import OpenAIErrors
from citewell.openai.schemas import ChatRequest, EmbeddingRequest, ResponseRequest
from citewell.turns.dependencies import TurnsParam

_GONE = 499  # for the log: nobody reads the answer of a client that has gone
_SSE = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


router = APIRouter(prefix="/v1", tags=["OpenAI"], route_class=OpenAIErrors, include_in_schema=False)


@router.get("/models")
async def list_models(caller: CallerParam, database: DatabaseParam) -> Any:
    """The agents that the caller may ask."""
    async with database.read() as session:
        found = await agents.list_models(session, caller)
    return {"object": "list", "data": [agents.model_to_wire(one) for one in found]}


@router.get("/models/{name:path}")
async def get_model(caller: CallerParam, database: DatabaseParam, name: str) -> Any:
    _, agent = await agents.find_model(database, caller, name)
    made = agents.AgentModel(name, agent.project_id, agent.id, int(agent.created_at.timestamp()))
    return agents.model_to_wire(made)


@router.post("/chat/completions")
async def complete_chat(
    caller: CallerParam, resources: ResourcesParam, turns: TurnsParam, request: Request, body: ChatRequest
) -> Response:
    """An agent's answer. Its claims link to their passages; the same links come as annotations of type url_citation."""
    access, agent = await agents.find_model(resources.database, caller, body.model)
    question = read_messages(body.messages, agent, asked_tools(body))
    asked = AgentRequest(access, agent, question, base_url(request, resources.settings), body.token_limit)
    if body.stream:
        options = body.stream_options

        async def events() -> AsyncGenerator[bytes]:
            with turns.opening(caller.user_id):
                async for piece in chat.stream(
                    resources, asked, body.model, include_usage=options is not None and options.include_usage
                ):
                    yield piece

        turns.check_slots(caller.user_id)
        guarded = _guard(request).guarded(events(), request, access, None, chat.no_longer)
        return StreamingResponse(guarded, media_type="text/event-stream", headers=_SSE)
    with turns.opening(caller.user_id):
        found = await _guard(request).finish(answer_to(request, resources, asked), request, access)
    return JSONResponse(chat.Completion(body.model).whole(found)) if found is not None else Response(status_code=_GONE)


def _guard(request: Request) -> StreamGuard:
    guard: StreamGuard = request.app.state.stream_guard
    return guard


@router.post("/responses")
async def create_response(
    caller: CallerParam, settings: SettingsParam, turns: TurnsParam, request: Request, body: ResponseRequest
) -> Response:
    """An agent's answer as a response, streamed or whole. Stored ones are turns of a conversation."""
    opened = await responses.open_response(turns, caller, base_url(request, settings), body)
    return await _respond(request, opened, stream=body.stream)


async def _respond(request: Request, opened: responses.Opened, *, stream: bool, skip: int = 0) -> Response:
    """Returns the response when it is whole, or the stream of its events without the first `skip`."""

    async def events() -> AsyncGenerator[bytes]:
        number = 0
        for event in opened.response.begin():
            number += 1
            if number > skip:
                yield event
        async for step in opened.steps:
            for event in opened.response.take(step):
                number += 1
                if number > skip:
                    yield event

    if stream:
        guarded = _guard(request).guarded(events(), request, opened.access, opened.conversation_id, opened.no_longer)
        return StreamingResponse(guarded, media_type="text/event-stream", headers=_SSE)

    async def whole() -> Response:
        async with contextlib.aclosing(events()) as read:
            async for _ in read:
                pass
        return JSONResponse(opened.response.as_dict())

    return await _guard(request).finish(whole(), request, opened.access, opened.conversation_id)


@router.get("/responses/{response_id}")
async def get_response(
    caller: CallerParam,
    settings: SettingsParam,
    turns: TurnsParam,
    request: Request,
    response_id: str,
    stream: bool = False,
    starting_after: Annotated[int, Query(ge=-1, le=2**53)] = -1,
) -> Response:
    """A stored response, from the conversation that it belongs to; with `stream`, its events after the one numbered
    `starting_after`."""
    opened = await responses.reopen_response(turns, caller, base_url(request, settings), response_id)
    return await _respond(request, opened, stream=stream, skip=starting_after + 1)


@router.post("/responses/{response_id}/cancel")
async def cancel_response(
    caller: CallerParam, settings: SettingsParam, turns: TurnsParam, request: Request, response_id: str
) -> Response:
    """Stop a stored response, and return it."""
    await responses.cancel_response(turns, caller, response_id)
    opened = await responses.reopen_response(turns, caller, base_url(request, settings), response_id)
    return await _respond(request, opened, stream=False)


@router.post("/embeddings")
async def embed(caller: CallerParam, resources: ResourcesParam, body: EmbeddingRequest) -> Any:
    """Vectors of the embedding model that this server searches with."""
    if resources.embedder is None:
        raise Unavailable("This server has no embedding model: see `citewell doctor`.")
    texts = [body.input] if isinstance(body.input, str) else body.input
    vectors = await resources.embedder.embed(texts, urgent=True)
    if body.dimensions is not None and body.dimensions != len(vectors[0]):
        raise BadRequest(f"dimensions must be {len(vectors[0])}: the model of this server has no other size.")
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


router.include_router(vector_store_routes.router)
