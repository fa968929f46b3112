"""Limits the nesting of JSON: whatever is stored must be encoded again, and encoders have a maximum depth."""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from citewell.errors import BadRequest

MAX_DEPTH = 100
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


def is_too_deep(data: bytes) -> bool:
    """Whether a JSON text is nested more than MAX_DEPTH levels. Takes time linear in its size.

    The text may have each encoding that readers of JSON detect: UTF-8, UTF-16 or UTF-32.
    """
    encoding = json.detect_encoding(data)
    if not encoding.startswith("utf-8"):
        data = data.decode(encoding, "replace").encode(errors="replace")
    if data.count(b"[") + data.count(b"{") <= MAX_DEPTH:
        return False
    depth = 0
    for token in _TOKENS.finditer(data):
        first = data[token.start()]
        if first in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif first in b"]}":
            depth -= 1
    return False


def value_is_too_deep(value: Any) -> bool:
    """Whether decoded JSON is nested more than MAX_DEPTH levels."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level if isinstance(outer, dict | list) for inner in _inside(outer)]
    return any(isinstance(inner, dict | list) for inner in level)


def _inside(value: dict[Any, Any] | list[Any]) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value


class JsonDepthMiddleware:
    """Refuses JSON bodies that are nested too deeply, before anybody reads them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and "json" in Headers(scope=scope).get("content-type", "").lower():
            receive = _checking(receive)
        await self.app(scope, receive, send)


def _checking(receive: Receive) -> Callable[[], Awaitable[Message]]:
    """Collects the body (its size is bounded already) and withholds the last piece of a bad one: no handler acts before
    it."""
    pieces: list[bytes] = []

    async def checked() -> Message:
        message = await receive()
        if message["type"] == "http.request":
            pieces.append(message.get("body", b""))
            if not message.get("more_body") and is_too_deep(b"".join(pieces)):
                raise BadRequest(f"The JSON is nested too deeply: at most {MAX_DEPTH} levels are accepted.")
        return message

    return checked
