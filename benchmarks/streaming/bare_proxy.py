"""The least that could stand between a client and a model server: Starlette and aiohttp, bytes passed on as they come.

What this costs is the network's own; what the product costs beyond it is what the product does.
"""

import contextlib
import os
from collections.abc import AsyncIterator

import aiohttp
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route


@contextlib.asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), read_bufsize=2**18) as session:
        app.state.session = session
        yield


async def proxy(request: Request) -> StreamingResponse:
    body = await request.body()

    async def pieces() -> AsyncIterator[bytes]:
        url = f"{os.environ['MODEL_URL']}/chat/completions"
        async with request.app.state.session.post(
            url, data=body, headers={"Content-Type": "application/json"}
        ) as reply:
            async for piece in reply.content.iter_any():
                yield piece

    return StreamingResponse(pieces(), media_type="text/event-stream")


app = Starlette(routes=[Route("/", proxy, methods=["POST"])], lifespan=lifespan)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
