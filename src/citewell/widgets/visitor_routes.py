"""`/widget/<project>/<widget>/...`: the routes that the script on another site calls.

Cookies and tokens of the API do not count here. Each request names the origin of its page, as browsers do, and the
widget must allow this origin.
"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import BaseModel, Field, StringConstraints
from starlette.responses import StreamingResponse

from citewell.auth.access import Access
from citewell.auth.dependencies import DatabaseParam, ResourcesParam, VaultParam
from citewell.auth.stream_guard import StreamGuard
from citewell.auth.throttle import network_of
from citewell.conversations import turns as turns_of
from citewell.conversations.turn_routes import checked_message
from citewell.errors import NotAuthenticated
from citewell.kit.answers import NO_STORE
from citewell.kit.ids import new_id
from citewell.models import AgentSettings, Widget
from citewell.reference.routes import MAX_VERBATIM, find_cited
from citewell.reference.sources import passage
from citewell.turns.dependencies import TurnsParam
from citewell.turns.reader import SSE_HEADERS, follow
from citewell.turns.repository.history import history as history_of
from citewell.turns.runner import TurnRunner
from citewell.turns.turn import TurnKey
from citewell.widgets.cors import ALLOWED_HEADERS, PREFIX, allow_origin
from citewell.widgets.passes import SECONDS, read_pass, write_pass
from citewell.widgets.shares import Shares
from citewell.widgets.stream import WidgetRenderer, shown_history
from citewell.widgets.visits import Visit, ask, check_cited, is_open_to, open_visit

router = APIRouter(prefix=PREFIX + "{project_id}/{widget_id}", include_in_schema=False)

_STARTERS = 4
_LONGEST = 4000  # characters of a visitor's question
Sealed = Annotated[str, StringConstraints(max_length=2000)]


class Renewal(BaseModel, extra="forbid"):
    token: Sealed | None = None


class Question(BaseModel, extra="forbid"):
    message: str


class Place(BaseModel, extra="forbid"):
    query_id: Annotated[int, Field(ge=0, le=2**31 - 1)]
    after: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0


class Quote(BaseModel, extra="forbid"):
    chunk_id: UUID
    verbatim: Annotated[str, StringConstraints(max_length=MAX_VERBATIM)] | None = None


async def entered(
    request: Request,
    database: DatabaseParam,
    project_id: UUID,
    widget_id: UUID,
    origin: Annotated[str | None, Header()] = None,
) -> tuple[Widget, Access, str]:
    """Returns the widget that the page's origin may use, its account's access, and the origin."""
    async with database.read() as session:
        widget, access = await open_visit(session, project_id, widget_id, origin)
    assert origin is not None
    allow_origin(request.scope, origin)
    return widget, access, origin


Entered = Annotated[tuple[Widget, Access, str], Depends(entered)]


async def visiting(
    found: Entered,
    request: Request,
    vault: VaultParam,
    x_widget_token: Annotated[str | None, Header(max_length=2000)] = None,
) -> Visit:
    """Returns the visitor whom the token names."""
    widget, access, origin = found
    if not x_widget_token:
        raise NotAuthenticated("Send a token of this widget in the header X-Widget-Token: ask for one at token/.")
    conversation_id = read_pass(vault, x_widget_token, widget.id, origin.lower())
    return Visit(widget, access, conversation_id, network_of(request.client.host) if request.client else "")


Visiting = Annotated[Visit, Depends(visiting)]


@router.options("/{path:path}")
async def preflight(found: Entered) -> Response:
    """Answers the request that a browser sends before a script's request to another origin (CORS preflight)."""
    headers = {
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": ALLOWED_HEADERS,
        "Access-Control-Max-Age": "600",
    }
    return Response(status_code=204, headers=headers)


@router.post("/token/")
async def give_token(
    found: Entered, database: DatabaseParam, vault: VaultParam, response: Response, body: Renewal
) -> Any:
    """A token for this page's origin; with a former one that still holds, for the same conversation."""
    widget, access, origin = found
    former = read_pass(vault, body.token, widget.id, origin.lower()) if body.token else None
    async with database.read() as session:
        agent = await session.get(AgentSettings, (access.project_id, widget.agent_settings_id))
    response.headers.update(NO_STORE)
    starters = [line.strip() for line in (agent.agent_conversation_starter if agent else "").splitlines()]
    return {
        "token": write_pass(vault, widget.id, former or new_id(), origin.lower()),
        "expires_in": SECONDS,
        "name": widget.name,
        "starters": [line for line in starters if line][:_STARTERS],
    }


@router.post("/ask/")
async def ask_question(visit: Visiting, request: Request, turns: TurnsParam, body: Question) -> StreamingResponse:
    """Ask, and read the answer as it is made: server-sent events."""
    question = checked_message(body.message, min(_LONGEST, turns.resources.settings.max_message_chars))
    shares: Shares = request.app.state.widget_shares
    key = await ask(turns, shares, visit, question)
    return _stream(turns, request, visit, key)


@router.post("/events/")
async def follow_answer(visit: Visiting, request: Request, turns: TurnsParam, body: Place) -> StreamingResponse:
    """The answer to an earlier question, behind the event `after`."""
    async with turns.resources.database.read() as session:
        turn = await turns_of.find_turn(session, visit.access, visit.conversation_id, body.query_id)
    return _stream(turns, request, visit, turns_of.key_of(turn), body.after)


def _stream(turns: TurnRunner, request: Request, visit: Visit, key: TurnKey, after: int = 0) -> StreamingResponse:
    """Returns the answer, until the widget is closed to the visitor's page."""
    guard: StreamGuard = request.app.state.stream_guard
    renderer, database, origin = WidgetRenderer(key), turns.resources.database, request.headers.get("origin")

    async def may_read_on() -> bool:
        async with database.read() as session:
            return await is_open_to(session, visit, origin)

    events = guard.guarded_by(follow(turns, key, renderer, after=after), may_read_on, renderer.closed)
    return StreamingResponse(events, media_type="text/event-stream", headers=SSE_HEADERS)


@router.post("/stop/", status_code=204)
async def stop_answer(visit: Visiting, turns: TurnsParam, body: Place) -> Response:
    await turns_of.stop_turn(turns, visit.access, visit.conversation_id, body.query_id)
    return Response(status_code=204)


@router.post("/history/")
async def read_history(visit: Visiting, database: DatabaseParam) -> Any:
    """The visitor's questions and the answers; empty before the first."""
    history = await history_of(database, visit.access.project_id, visit.conversation_id)
    return {"messages": shown_history(history)}


@router.post("/source/")
async def read_source(visit: Visiting, resources: ResourcesParam, body: Quote) -> Any:
    """The passage that one of the answers cites, with the quoted words' place in it."""
    async with resources.database.read() as session:
        await check_cited(session, visit, body.chunk_id)
    project = str(visit.access.project_id)
    cited = await find_cited(resources, visit.access.caller, project, str(body.chunk_id))
    return passage(cited, body.verbatim)
