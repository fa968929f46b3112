"""Object stores behind a proxy that can be told to fail: a real S3 server (moto), which Google's client reaches by the
same interface under other names, and Azurite for Azure where it is installed."""

import asyncio
import base64
import contextlib
import email.utils
import functools
import hmac
import json
import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from moto.server import ThreadedMotoServer

OPTIONS = {"region": "us-east-1", "access_key_id": "test", "secret_access_key": "test"}
BUCKET = "citewell"
# Azurite's own, which everybody knows.
AZURE_ACCOUNT = "devstoreaccount1"
_AZURE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
# What moto takes for somebody who may read.
_S3_AUTHORIZATION = (
    b"AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
)
_AZURE_VERSION = "2021-08-06"


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

    def google_options(self) -> dict[str, str]:
        """For `gs://`: Google's XML interface is that of S3 with other names of headers, which the proxy translates."""
        account = {"type": "service_account", "client_email": "a@example.org", "private_key_id": "1"}
        account["private_key"] = _private_key()
        return {
            "base_url": self.address,
            "bearer_token": "test",  # for requests; addresses are signed with the account's key
            "service_account_key": json.dumps(account),
        }

    def settings(self, prefix: str = "files") -> dict[str, object]:
        return {"files_url": f"s3://{BUCKET}/{prefix}", "files_options": OPTIONS | {"endpoint": self.address}}


@contextlib.asynccontextmanager
async def s3_server() -> AsyncIterator[S3]:
    """Runs in threads of this process; the proxy in the running loop."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    await asyncio.to_thread(server.start)
    host, port = server.get_host_and_port()
    try:
        async with fault_proxy(host, port) as store:
            async with aiohttp.ClientSession() as http:
                (await http.put(f"http://{host}:{port}/{BUCKET}")).raise_for_status()
            yield store
    finally:
        await asyncio.to_thread(server.stop)


@contextlib.asynccontextmanager
async def azurite() -> AsyncIterator[S3]:
    """Azurite, Microsoft's own emulator, with a container. Skips the test where it is not installed."""
    program = shutil.which("azurite-blob")
    if program is None:
        pytest.skip("azurite is not installed: npm install -g azurite")
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    arguments = ("--blobHost", "127.0.0.1", "--blobPort", str(port), "--inMemoryPersistence", "--silent")
    process = await asyncio.create_subprocess_exec(program, *arguments, stdout=asyncio.subprocess.DEVNULL)
    try:
        await _answers(port)
        async with fault_proxy("127.0.0.1", port) as store, aiohttp.ClientSession() as http:
            container = f"http://127.0.0.1:{port}/{AZURE_ACCOUNT}/{BUCKET}?restype=container"
            made = await http.put(container, headers=_as_azure(), skip_auto_headers=["Content-Type"])
            made.raise_for_status()
            yield store
    finally:
        process.terminate()
        await process.wait()


def azure_options(store: S3) -> dict[str, str]:
    endpoint = f"{store.address}/{AZURE_ACCOUNT}"
    return {"account_name": AZURE_ACCOUNT, "account_key": _AZURE_KEY, "endpoint": endpoint}


async def _answers(port: int) -> None:
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.05)


def _as_azure() -> dict[str, str]:
    """The headers that sign the request for a container, as Microsoft's "Authorize with Shared Key" has it."""
    date = email.utils.formatdate(usegmt=True)
    signed = (
        f"PUT{12 * chr(10)}x-ms-date:{date}\nx-ms-version:{_AZURE_VERSION}\n"
        f"/{AZURE_ACCOUNT}/{AZURE_ACCOUNT}/{BUCKET}\nrestype:container"
    )
    digest = hmac.digest(base64.b64decode(_AZURE_KEY), signed.encode(), "sha256")
    authorization = f"SharedKey {AZURE_ACCOUNT}:{base64.b64encode(digest).decode()}"
    return {"x-ms-date": date, "x-ms-version": _AZURE_VERSION, "Authorization": authorization}


@functools.cache
def _private_key() -> str:
    key = rsa.generate_private_key(65537, 2048)
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


@contextlib.asynccontextmanager
async def fault_proxy(host: str, port: int) -> AsyncIterator[S3]:
    """A proxy in the running loop in front of a store on that port."""
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
    try:
        yield S3(f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}", faults)
    finally:
        proxy.close()
        for task in list(handling):
            task.cancel()


def _as_s3(line: bytes) -> bytes:
    """A header of Google's interface as S3 calls it."""
    name, colon, value = line.partition(b":")
    if name.lower() == b"x-goog-if-generation-match":
        return b"If-None-Match: *"
    return name.lower().replace(b"x-goog-", b"x-amz-") + colon + value if name.lower().startswith(b"x-goog-") else line


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
    if b"authorization: bearer" in head.lower() or "X-Goog-Signature=" in path:
        lines = [_as_s3(line) for line in lines if not line.lower().startswith(b"authorization:")]
        lines.append(b"Authorization: " + _S3_AUTHORIZATION)
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
