"""A real S3 server (moto) behind a proxy that can be told to fail, for tests of files in an object store."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
from moto.server import ThreadedMotoServer

OPTIONS = {"region": "us-east-1", "access_key_id": "test", "secret_access_key": "test"}
BUCKET = "citewell"


@dataclass
class Faults:
    """What the proxy does: `refuse` so many requests with 503, cut answers after `cut` bytes, wait `delay` seconds."""

    refuse: int = 0
    cut: int | None = None
    delay: float = 0.0
    requests: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class S3:
    address: str
    faults: Faults

    def settings(self, prefix: str = "files") -> dict[str, object]:
        return {"files_url": f"s3://{BUCKET}/{prefix}", "files_options": OPTIONS | {"endpoint": self.address}}


@contextlib.asynccontextmanager
async def s3_server() -> AsyncIterator[S3]:
    """Runs in threads of this process; the proxy in the running loop."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    await asyncio.to_thread(server.start)
    host, port = server.get_host_and_port()
    faults = Faults()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await _pass_on(reader, writer, host, port, faults)
        writer.close()

    handling = set[asyncio.Task[None]]()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(handle(reader, writer))
        handling.add(task)
        task.add_done_callback(handling.discard)

    proxy = await asyncio.start_server(accept, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}"
    try:
        async with aiohttp.ClientSession() as http:
            (await http.put(f"http://{host}:{port}/{BUCKET}")).raise_for_status()
        yield S3(address, faults)
    finally:
        proxy.close()
        for task in list(handling):
            task.cancel()
        await asyncio.to_thread(server.stop)


async def _pass_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int, faults: Faults
) -> None:
    """One request, then the connection ends."""
    head = await reader.readuntil(b"\r\n\r\n")
    method, path = head.decode("latin-1").split(" ", 2)[:2]
    faults.requests.append((method, path))
    await asyncio.sleep(faults.delay)
    if faults.refuse:
        faults.refuse -= 1
        writer.write(b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        return
    theirs, ours = await asyncio.open_connection(host, port)
    lines = [line for line in head.split(b"\r\n")[:-2] if not line.lower().startswith((b"connection:", b"expect:"))]
    ours.write(b"\r\n".join([*lines, b"Connection: close", b"", b""]))

    async def send_body() -> None:
        while piece := await reader.read(65536):
            ours.write(piece)
            await ours.drain()

    body = asyncio.create_task(send_body())
    left = faults.cut if faults.cut is not None and method == "GET" else None
    try:
        while piece := await theirs.read(65536):
            if left is not None:
                piece, left = piece[:left], left - len(piece)
            writer.write(piece)
            await writer.drain()
            if left is not None and left <= 0:
                return
    finally:
        body.cancel()
        ours.close()
