"""What somebody can use up before anybody knows who they are: memory, connections, and queries."""

import asyncio
import contextlib
import copy
import socket
from collections.abc import AsyncIterator
from urllib.parse import urlsplit
from uuid import uuid4

import httpx2 as httpx
import pytest

from citewell.kit import connections
from citewell.kit.connections import peer_limit
from citewell.process import Process
from tests.conftest import Api, serving

FORM = {"Content-Type": "multipart/form-data; boundary=b"}
JSON = {"Content-Type": "application/json"}
BURST = 60


def changed(process: Process, **settings: int) -> Process:
    other = copy.copy(process)
    other.settings = process.settings.model_copy(update=settings)
    return other


@pytest.fixture
async def limited(process: Process) -> AsyncIterator[str]:
    async with serving(changed(process, rate_limit_per_minute=1, rate_limit_burst=BURST)) as address:
        yield address


async def sent_by_nobody(server: str, path: str, length: int, headers: dict[str, str]) -> set[int]:
    """The statuses for a body of a declared length, and for one that comes in pieces of 50 kB without a length."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(length // 50_000):
            yield b"x" * 50_000

    async with httpx.AsyncClient(base_url=server, timeout=60) as nobody:
        declared = await nobody.post(path, content=b"x" * length, headers=headers)
        streamed = await nobody.post(path, content=pieces(), headers=headers)
    return {declared.status_code, streamed.status_code}


@pytest.mark.parametrize("path", ["/api/v1/auth/login/", "/api/v1/auth/register/"])
async def test_calling_a_body_an_upload_does_not_make_it_one(server: str, path: str) -> None:
    assert await sent_by_nobody(server, path, 3_000_000, FORM) == {413}


@pytest.mark.parametrize("path", ["/api/v1/auth/login/", "/api/v1/organizations/provision-user/", "/o/register/"])
async def test_little_is_read_of_somebody_who_is_not_known(server: str, path: str) -> None:
    assert await sent_by_nobody(server, path, 1_000_000, JSON) == {413}


async def test_a_route_without_files_takes_no_upload(api: Api) -> None:
    large = await api.post("/tools/", content=b"x" * 3_000_000, headers=FORM)
    assert large.status_code == 413
    page = await api.http.post(f"/{api.project}/reference/{uuid4()}", content=b"x" * 3_000_000, headers=FORM)
    assert page.status_code == 413


async def test_files_are_still_taken(api: Api) -> None:
    files = [("files", ("large.txt", b"word " * 600_000))]
    taken = await api.post("/documents/bulk-upload/", files=files)
    assert taken.status_code == 201, taken.text


async def test_guessing_tokens_on_a_page_is_limited(limited: str) -> None:
    page = f"{limited}/{uuid4()}/reference/{uuid4()}"
    async with httpx.AsyncClient(timeout=60) as stranger:
        statuses = [
            (await stranger.get(page, headers={"Authorization": f"Bearer cw_{guess}"})).status_code
            for guess in range(100)
        ]
        assert set(statuses) == {401, 429}
        assert statuses.index(429) <= BURST
        plain = await stranger.get(page)
        assert plain.status_code == 429, "the peer, not the token, is counted"


async def test_a_limited_peer_costs_no_query(process: Process, limited: str, api: Api) -> None:
    """Tokens that were seen valid go on; unknown ones are not even looked up."""
    async with httpx.AsyncClient(base_url=limited, timeout=60) as peer:
        mine = {"Authorization": api.http.headers["authorization"]}
        assert (await peer.get("/api/v1/users/me/", headers=mine)).status_code == 200
        looked_up = 0
        fetch = process.database.direct.fetch

        async def counting(*arguments: object, **more: object) -> object:
            nonlocal looked_up
            looked_up += 1
            return await fetch(*arguments, **more)  # type: ignore[arg-type]

        process.database.direct.fetch = counting  # type: ignore[method-assign,assignment]
        try:
            for guess in range(100):
                wrong = await peer.get("/api/v1/users/me/", headers={"Authorization": f"Bearer cw_{guess}"})
        finally:
            process.database.direct.fetch = fetch  # type: ignore[method-assign]
        assert wrong.status_code == 429
        assert wrong.headers["retry-after"]
        assert 0 < looked_up < 20
        assert (await peer.get("/api/v1/users/me/", headers=mine)).status_code == 200


async def test_half_a_request_is_not_waited_for(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(process) as address:
        host, port = urlsplit(address).hostname, urlsplit(address).port
        head = b"POST /api/v1/auth/login/ HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
        with monkeypatch.context() as patch:
            patch.setattr(connections, "HEAD_SECONDS", 0.2)
            patch.setattr(connections, "BODY_SECONDS", 0.2)
            for half in (b"", head, head + b"Content-Length: 100\r\n\r\n{", head + b"X-Long: " + b"x" * 70_000):
                reader, writer = await asyncio.open_connection(host, port)
                writer.write(half)
                async with asyncio.timeout(120):
                    with contextlib.suppress(ConnectionResetError):
                        assert await reader.read() == b""
                writer.close()
        async with httpx.AsyncClient(base_url=address, timeout=60) as http:
            assert (await http.get("/healthz")).status_code == 200


@pytest.mark.parametrize(
    ("piece", "pauses", "is_ended"),
    [(b"x", (30, 29), False), (b"x", (30, 31), True), (b"x" * 2048, (31, 31), False)],
    ids=["in its first minute", "longer", "a second more for each KiB"],
)
async def test_a_body_may_not_trickle_for_ever(
    process: Process, api: Api, piece: bytes, pauses: tuple[int, ...], is_ended: bool
) -> None:
    """Each piece comes soon enough after the one before, but all together take too long."""
    now = 0.0
    headers = {
        "Host": "here",
        "Authorization": api.http.headers["authorization"],
        "Content-Type": "application/json",
        "Content-Length": len(piece) * (len(pauses) + 1),
    }
    head = f"POST {api.base}/tools/ HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    async with serving(process, clock=lambda: now) as address:
        reader, writer = await asyncio.open_connection(urlsplit(address).hostname, urlsplit(address).port)
        writer.write(f"{head}\r\n".encode())
        async with asyncio.timeout(120), httpx.AsyncClient(base_url=address) as other:
            for pause in pauses:
                writer.write(piece)
                await writer.drain()
                assert (await other.get("/healthz")).status_code == 200, "the piece has been read by then"
                now += pause
            writer.write(piece)
            with contextlib.suppress(ConnectionResetError):
                assert (await reader.readline())[:12] == (b"" if is_ended else b"HTTP/1.1 400")
        writer.close()


async def test_one_peer_cannot_hold_all_connections(process: Process) -> None:
    async with serving(changed(process, max_connections_per_peer=3)) as address:
        where = (urlsplit(address).hostname or "", urlsplit(address).port or 0)
        held = [await asyncio.open_connection(*where) for _ in range(3)]
        reader, writer = await asyncio.open_connection(*where)
        async with asyncio.timeout(120):
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
        other = socket.create_connection(where, source_address=("127.0.0.2", 0))
        other.sendall(b"GET /healthz HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
        answered = await asyncio.to_thread(other.recv, 100)
        assert answered.startswith(b"HTTP/1.1 "), "others have their own"
        for _, held_writer in [*held, (reader, writer)]:
            held_writer.close()
        other.close()


def test_a_peer_never_gets_all_descriptors() -> None:
    assert peer_limit(2000, 65_536) == 2000
    assert peer_limit(2000, 1024) == 384
