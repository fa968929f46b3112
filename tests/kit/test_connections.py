"""Connections at the end of the server: what is being sent is cut off, what is coming in may end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn

from citewell.kit import connections
from tests.waiting import until

_PIECE = b"x" * 65_536


class _Application:
    """`/file` is a file without end; any other path answers with the size of the body."""

    def __init__(self) -> None:
        self.reading = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": []}
        if scope["path"] == "/file":
            await send(start)
            gone = asyncio.create_task(_until_gone(receive))
            while not gone.done():
                await send({"type": "http.response.body", "body": _PIECE, "more_body": True})
                await asyncio.sleep(0)
            return
        size, more = 0, True
        while more:
            self.reading.set()
            message = await receive()
            size, more = size + len(message["body"]), message["more_body"]
        await send(start)
        await send({"type": "http.response.body", "body": b"%d bytes" % size})


async def _until_gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


@contextlib.asynccontextmanager
async def _running(application: _Application) -> AsyncIterator[tuple[uvicorn.Server, asyncio.Task[None], int]]:
    """A server that waits for its connections without limit when it ends."""
    options = connections.server_options(100, 0)
    server = uvicorn.Server(uvicorn.Config(application, port=0, log_config=None, lifespan="off", **options))
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
    task = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    try:
        yield server, task, server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = server.force_exit = True
        await task


async def _request(port: int, head: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{head}\r\nHost: here\r\n\r\n".encode())
    return reader, writer


async def test_a_download_ends_with_the_server_however_slowly_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "ENDING_SECONDS", 0.05)
    async with _running(_Application()) as (server, task, port):
        reader, writer = await _request(port, "GET /file HTTP/1.1")
        await reader.readline()  # and then nothing more: the server can send no further piece
        server.should_exit = True
        async with asyncio.timeout(60):
            await task
        writer.close()


async def test_an_upload_that_is_coming_in_gets_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "ENDING_SECONDS", 0.01)
    application = _Application()
    async with _running(application) as (server, task, port):
        reader, writer = await _request(port, "PUT /upload HTTP/1.1\r\nContent-Length: 6")
        writer.write(b"abc")
        await application.reading.wait()
        looks = 0
        cut_off = connections.BoundedProtocol._cut_off
        looked = asyncio.Event()

        def look(self: connections.BoundedProtocol, was_sending: bool) -> None:
            nonlocal looks
            cut_off(self, was_sending)
            looks += 1
            if looks == 3:
                looked.set()

        monkeypatch.setattr(connections.BoundedProtocol, "_cut_off", look)
        server.should_exit = True
        async with asyncio.timeout(60):
            await looked.wait()
        writer.write(b"def")
        assert b"6 bytes" in await reader.read()
        async with asyncio.timeout(60):
            await task
        writer.close()
