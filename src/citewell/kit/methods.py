"""The methods of addresses: which an error names, and HEAD where there is GET."""

import asyncio
import re
from typing import NamedTuple

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class _Route(NamedTuple):
    path: str
    pattern: re.Pattern[str]
    parameters: int
    methods: frozenset[str]  # empty: the route answers every method itself


def methods_at(app: FastAPI, path: str) -> frozenset[str]:
    """Returns the methods of the routes at a path; empty if there are none, or if the route answers every method
    itself.

    `/documents/bulk-upload/` also has the form of `/documents/{document_id}/`: the routes with the fewest parameters
    count.
    """
    found = [route for route in _routes(app) if route.pattern.match(path)]
    fewest = min((route.parameters for route in found), default=0)
    nearest = [route.methods for route in found if route.parameters == fewest]
    return frozenset().union(*nearest) if all(nearest) else frozenset()


def _routes(app: FastAPI) -> list[_Route]:
    known: list[_Route] | None = getattr(app.state, "routes_by_form", None)
    if known is None:
        known = app.state.routes_by_form = [
            _Route(route.path, pattern, len(parameters), frozenset(route.methods or ()))
            for route in iter_route_contexts(app.routes)
            if route.path is not None
            for pattern, _, parameters in [compile_path(route.path)]
        ]
    return known


class HeadMiddleware:
    """Answers HEAD with the header that GET has, on every address with GET and without a HEAD of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "HEAD":
            methods = methods_at(scope["app"], scope["path"])
            if "GET" in methods and "HEAD" not in methods:
                await _without_body(self.app, {**scope, "method": "GET"}, receive, send)
                return
        await self.app(scope, receive, send)


async def _without_body(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    begun = asyncio.Event()

    async def receive_or_leave() -> Message:
        """Once the header is sent, the client counts as gone: a stream of events ends."""
        receiving, leaving = asyncio.ensure_future(receive()), asyncio.ensure_future(begun.wait())
        try:
            await asyncio.wait([receiving, leaving], return_when=asyncio.FIRST_COMPLETED)
            return receiving.result() if receiving.done() and not begun.is_set() else {"type": "http.disconnect"}
        finally:
            receiving.cancel()
            leaving.cancel()

    async def send_header(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send(message)
        elif not begun.is_set():
            begun.set()
            await send({"type": "http.response.body", "body": b""})

    await app(scope, receive_or_leave, send_header)
