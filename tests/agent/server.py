"""A model server that is played."""

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from aiohttp import web

from tests.listening import listening

Reply = Callable[[dict[str, Any]], tuple[int, str]]


@contextlib.asynccontextmanager
async def server(reply: Reply, path: str = "/v1/chat/completions", models: Any = None) -> AsyncIterator[str]:
    """A server whose answer to a request's body is (status, text); its URL."""

    async def handle(request: web.Request) -> web.Response:
        status, text = reply(await request.json())
        return web.Response(status=status, text=text, content_type="text/event-stream")

    app = web.Application()

    async def listing(request: web.Request) -> web.Response:
        return web.json_response({"data": models})

    app.router.add_post(path, handle)
    if models is not None:
        app.router.add_get("/v1/models", listing)
    async with listening(app) as address:
        yield f"{address}/v1"
