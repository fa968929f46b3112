"""Uploads and downloads that last end with the right to them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy.exc import IntegrityError

from citewell.errors import NotFound
from citewell.kit import downloads
from citewell.kit.ids import new_id
from citewell.kit.outages import explain
from citewell.models import Document
from citewell.process import Process
from tests.conftest import Api, client_of, grant

LARGE = bytes(24 * 2**20)  # more than the buffers between server and client hold
ROLES = ["CAN_VIEW_DATA", "CAN_RUN_TASKS"]
Lose = Callable[[Api, Api, str], Awaitable[httpx.Response]]


@asynccontextmanager
async def member(process: Process, server: str, api: Api) -> AsyncIterator[Api]:
    async with client_of(process, server, f"{new_id().hex}@example.org") as client:
        client.project = api.project
        await grant(process, client, client.token, ROLES)
        yield client


async def lose_membership(owner: Api, reader: Api, document: str) -> httpx.Response:
    email = (await reader.http.get("/api/v1/users/me/")).json()["email"]
    return await owner.post("/users/remove-by-email/", json={"email": email})


async def lose_document(owner: Api, reader: Api, document: str) -> httpx.Response:
    return await owner.delete(f"/documents/{document}/")


async def lose_project(owner: Api, reader: Api, document: str) -> httpx.Response:
    return await owner.delete("/")


async def upload(api: Api, content: bytes) -> dict[str, Any]:
    sent = [("files", ("large.bin", content, "application/octet-stream"))]
    [document] = (await api.post("/documents/bulk-upload/", files=sent)).json()
    found: dict[str, Any] = (await api.get(f"/documents/{document['id']}/")).json()
    return found


async def read_and_lose(http: httpx.AsyncClient, path: str, lose: Callable[[], Awaitable[httpx.Response]]) -> None:
    """Reads a file, and loses the right to it after the first piece."""
    async with http.stream("GET", path) as answer:
        pieces = answer.aiter_raw()
        await anext(pieces)
        assert (await lose()).is_success
        async for _ in pieces:
            pass


@pytest.mark.parametrize("lose", [lose_membership, lose_document, lose_project])
async def test_a_download_ends_with_the_right_to_it(
    process: Process, server: str, api: Api, lose: Lose, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "CONFIRM_SECONDS", 0.0)
    document = await upload(api, LARGE)
    async with member(process, server, api) as reader:
        path = f"{reader.base}/documents/{document['id']}/file/"
        assert len((await reader.http.get(path)).content) == len(LARGE), "while nothing is lost, all of it comes"
        with pytest.raises(httpx.RemoteProtocolError):
            await read_and_lose(reader.http, path, lambda: lose(api, reader, document["id"]))


@pytest.mark.parametrize("lose", [lose_document, lose_project])
async def test_a_signed_address_ends_with_its_document(api: Api, lose: Lose, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "CONFIRM_SECONDS", 0.0)
    document = await upload(api, LARGE)
    async with httpx.AsyncClient(timeout=60) as http:
        with pytest.raises(httpx.RemoteProtocolError):
            await read_and_lose(http, document["file"], lambda: lose(api, api, document["id"]))


@pytest.mark.parametrize(("lose", "status"), [(lose_membership, 403), (lose_project, 404)])
async def test_nothing_is_stored_of_an_upload_whose_right_was_lost_meanwhile(
    process: Process, server: str, api: Api, lose: Lose, status: int
) -> None:
    async with member(process, server, api) as sender:

        async def body() -> AsyncIterator[bytes]:
            yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.md"\r\n\r\n# A'
            assert (await lose(api, sender, "")).is_success
            yield b"\r\n--x--\r\n"

        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        answer = await sender.http.post(f"{sender.base}/documents/bulk-upload/", content=body(), headers=headers)
        assert answer.status_code == status, answer.text
    if status == 403:
        assert (await api.get("/documents/")).json()["count"] == 0


async def test_a_row_of_a_project_that_is_gone_is_no_fault_of_the_server(process: Process) -> None:
    with pytest.raises(IntegrityError) as refused:
        async with process.database.write() as session:
            session.add(
                Document(project_id=new_id(), id=new_id(), name="a.md", content_type="", file_key="x", file_size=0)
            )
    assert isinstance(explain(refused.value), NotFound)
