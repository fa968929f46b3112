"""`/api/chat`, `/api/tags`, `/api/show` and `/api/version`: agents as Ollama's models."""

import hashlib
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from citewell.auth.dependencies import CallerParam, DatabaseParam, ResourcesParam
from citewell.auth.stream_guard import StreamGuard
from citewell.kit.urls import base_url
from citewell.ollama import chat
from citewell.ollama.schemas import ChatRequest, ShowRequest
from citewell.openai import agents
from citewell.openai.asking import AgentRequest, answer_to, read_messages
from citewell.openai.error_route import ErrorRoute, Told
from citewell.turns.dependencies import TurnsParam

_VERSION = "0.12.0"  # of the Ollama whose API this is: clients refuse servers that are too old
_DETAILS = {
    "parent_model": "",
    "format": "citewell",
    "family": "citewell",
    "families": ["citewell"],
    "parameter_size": "",
    "quantization_level": "",
}


class _OllamaErrors(ErrorRoute):
    """`{"error": "what was wrong"}`. Ollama's manual sends JSON by `curl -d`, which calls it a form."""

    reads_any_type = True

    @staticmethod
    def render(told: Told) -> Response:
        return JSONResponse({"error": told.message}, told.status, headers=told.headers)


router = APIRouter(prefix="/api", tags=["Ollama"], route_class=_OllamaErrors, include_in_schema=False)


@router.get("/version")
async def get_version(caller: CallerParam) -> Any:
    return {"version": _VERSION}


@router.get("/tags")
async def list_models(caller: CallerParam, database: DatabaseParam) -> Any:
    """The agents that the caller may ask."""
    async with database.read() as session:
        found = await agents.list_models(session, caller)
    return {"models": [_to_wire(one) for one in found]}


@router.post("/show")
async def show_model(caller: CallerParam, database: DatabaseParam, body: ShowRequest) -> Any:
    await agents.find_model(database, caller, _name(body.model or body.name))
    return {
        "modelfile": "",
        "parameters": "",
        "template": "",
        "details": _DETAILS,
        "model_info": {"general.architecture": "citewell"},
        "capabilities": ["completion"],
    }


@router.post("/chat")
async def answer_chat(
    caller: CallerParam, resources: ResourcesParam, turns: TurnsParam, request: Request, body: ChatRequest
) -> Response:
    """An agent's answer, as lines of JSON while it is written unless `stream` is false."""
    access, agent = await agents.find_model(resources.database, caller, _name(body.model))
    if not body.messages:
        return JSONResponse(chat.Reply(body.model).loaded())
    question = read_messages(body.messages, agent)
    asked = AgentRequest(access, agent, question, base_url(request, resources.settings), body.max_tokens)
    guard: StreamGuard = request.app.state.stream_guard
    if not body.stream:
        reply = chat.Reply(body.model)
        with turns.opening(caller.user_id):
            found = await guard.finish(answer_to(request, resources, asked), request, access)
        return JSONResponse(reply.end(found, found.content)) if found is not None else Response(status_code=499)

    async def lines() -> AsyncGenerator[bytes]:
        with turns.opening(caller.user_id):
            async for piece in chat.stream(resources, asked, body.model):
                yield piece

    turns.check_slots(caller.user_id)
    guarded = guard.guarded(lines(), request, access, None, chat.no_longer)
    return StreamingResponse(guarded, media_type="application/x-ndjson", headers={"X-Accel-Buffering": "no"})


def _name(model: str) -> str:
    """Clients of Ollama add a tag to names without one."""
    return model.removesuffix(":latest")


def _to_wire(model: agents.AgentModel) -> dict[str, Any]:
    return {
        "name": model.name,
        "model": model.name,
        "modified_at": datetime.fromtimestamp(model.created, UTC).isoformat(),
        "size": 0,
        "digest": hashlib.sha256(model.agent_id.bytes).hexdigest(),
        "details": _DETAILS,
    }
