"""Requests that name their project by more than an address: by the name of a model, or not at all.

Each cell that answers is asked. Lists are put together; of the rest, the first cell that knows what was meant answers.
A cell finds projects and permissions in its own rows and its copies of the accounts.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import structlog
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger(__name__)

_UNDER_WAY: set[asyncio.Task[Any]] = set()  # requests to other cells; asyncio itself keeps no task alive

_CELL_SECONDS = 10.0  # that a list waits for each cell except the home cell
# The field of each answer that holds the list.
_LISTS = {"/v1/models": "data", "/api/tags": "models"}
_NAMED = ("/v1/models/", "/v1/responses/")
_BY_BODY = frozenset({"/v1/chat/completions", "/v1/responses", "/api/chat", "/api/show"})
_UNKNOWN = 404


def list_at(scope: Scope) -> str | None:
    """Returns the name of the list that the request asks for, if it asks for one that all cells have a part of."""
    return _LISTS.get(scope["path"].rstrip("/")) if scope["method"] == "GET" else None


def is_for_any(scope: Scope) -> bool:
    """Whether each cell may be the one that is meant."""
    path: str = scope["path"].rstrip("/")
    if scope["method"] == "GET":
        return path.startswith(_NAMED)
    return scope["method"] == "POST" and path in _BY_BODY


async def answer_list(apps: Sequence[ASGIApp], name: str, scope: Scope, receive: Receive, send: Send) -> None:
    """The answer of the first application, its list followed by those of the others that answer in time."""
    waiting = asyncio.gather(*(_soon(app, scope) for app in apps[1:]))
    try:
        first = await _captured(apps[0], scope)
        others = await waiting
    finally:
        waiting.cancel()
    if first.status != 200:
        await first.send(send)
        return
    answer = msgspec.json.decode(first.body)
    for other in others:
        if other is not None and other.status == 200:
            answer[name] += msgspec.json.decode(other.body)[name]
    await JSONResponse(answer)(scope, receive, send)


async def answer_by_any(
    apps: Sequence[ASGIApp], unknown: ASGIApp | None, scope: Scope, receive: Receive, send: Send
) -> None:
    """Hand the request to one application after the other, until one does not answer that it knows nothing of that.

    Where none knows it, `unknown` answers, or else the first one.
    """
    body = await _read(receive)
    for app in apps:
        trial = _Trial(send)
        await app(dict(scope), _replayed(body, receive), trial)
        if not trial.is_unknown:
            return
    await (unknown or apps[0])(dict(scope), _replayed(body, receive), send)


@dataclass
class _Captured:
    """An answer that was kept."""

    status: int = 503
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message.get("headers", ()))
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    async def send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})


class _Trial:
    """Sends an answer on as it comes, unless it says that nothing is known."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.is_unknown = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.is_unknown = message["status"] == _UNKNOWN
        if not self.is_unknown:
            await self._send(message)


async def _captured(app: ASGIApp, scope: Scope) -> _Captured:
    """Returns the answer to a request without a body."""
    captured = _Captured()
    await app(dict(scope), _replayed(b"", _never), captured)
    return captured


async def _soon(app: ASGIApp, scope: Scope) -> _Captured | None:
    """The same; None if it takes too long or breaks: the lists of the other cells are answered nevertheless.

    A request that takes too long is not cancelled, which could lose the connection to the database that it uses. It
    ends by itself, at the latest with the time limit of its statement.
    """
    asked = asyncio.create_task(_captured(app, scope))
    _UNDER_WAY.add(asked)
    asked.add_done_callback(_forget)
    done, _ = await asyncio.wait([asked], timeout=_CELL_SECONDS)
    error = asked.exception() if done else TimeoutError()
    if error is None:
        return asked.result()
    log.warning("cell_left_out_of_list", path=scope["path"], reason=repr(error))
    return None


def _forget(asked: asyncio.Task[_Captured]) -> None:
    _UNDER_WAY.discard(asked)
    if not asked.cancelled():
        asked.exception()  # of a late one nobody asks, and asyncio would complain


async def _never() -> Message:
    return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]


async def _read(receive: Receive) -> bytes:
    """Returns the whole body, whose size the middleware before has bounded."""
    parts: list[bytes] = []
    while True:
        message: Any = await receive()
        if message["type"] != "http.request":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _replayed(body: bytes, after: Receive) -> Receive:
    """Gives the body, and then what the client goes on to say: that it has gone."""
    waiting = [body]

    async def receive() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await after()

    return receive
