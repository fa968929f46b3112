"""Errors below `/v1/` that are answered before a route is reached, in the shape that OpenAI's clients read."""

from typing import Any

import msgspec
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from citewell.openai.error_route import Told
from citewell.openai.errors import error_body

_PREFIX = "/v1/"


class OpenAIErrorMiddleware:
    """Rewrites `{"error": message, "code": code}` below `/v1/`: wrong credentials, rate limits, unknown addresses.

    A client of OpenAI looks for the message inside `error`, and would show a status alone. Other answers pass
    unchanged.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_of_openai = scope["type"] == "http" and scope["path"].startswith(_PREFIX)
        await self.app(scope, receive, _rewriting(send) if is_of_openai else send)


def _rewriting(send: Send) -> Send:
    """`send` that keeps back an error until all of it is there, and sends it in OpenAI's shape."""
    start: Message | None = None
    pieces: list[bytes] = []

    async def rewriting(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start" and _is_json_error(message):
            start = message
            return
        if start is None:
            await send(message)
            return
        pieces.append(message.get("body", b""))
        if message.get("more_body", False):
            return
        body = _rewritten(start["status"], b"".join(pieces))
        headers = MutableHeaders(raw=list(start.get("headers", ())))
        headers["content-length"] = str(len(body))
        await send({**start, "headers": headers.raw})
        await send({**message, "body": body})

    return rewriting


def _is_json_error(start: Message) -> bool:
    headers = MutableHeaders(raw=list(start.get("headers", ())))
    return start["status"] >= 400 and headers.get("content-type", "").startswith("application/json")


def _rewritten(status: int, body: bytes) -> bytes:
    try:
        found: Any = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return body
    if not isinstance(found, dict) or not isinstance(found.get("error"), str):
        return body
    told = Told(status, str(found.pop("code", "")), found.pop("error"))
    return msgspec.json.encode(found | error_body(told))  # with what else it says, such as the cell
