"""Uploads to a signed address: whole, in pieces, broken off, and by the reference client."""

import asyncio
import os
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2 as httpx
import psutil
from crf_api_client.presigned_document_uploader import PresignedDocumentUploader

from citewell.documents.incoming import incoming_file
from citewell.documents.incoming.folder import FolderIncoming
from citewell.process import Process
from tests.conftest import Api, until_ended
from tests.samples import HANDBOOK
from tests.waiting import until


async def announce(api: Api, name: str = "handbook.md") -> dict[str, Any]:
    body = {"filename": name, "content_type": "text/markdown"}
    answer = await api.post("/documents/generate-presigned-upload-url/", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def send(address: str, data: bytes, start: int | None = None, total: int | None = None) -> httpx.Response:
    """Without any token: the address is enough."""
    headers = {}
    if start is not None:
        headers["Content-Range"] = f"bytes {start}-{start + len(data) - 1}/{'*' if total is None else total}"
    async with httpx.AsyncClient(timeout=60) as http:
        return await http.put(address, content=data, headers=headers)


async def head(address: str) -> httpx.Response:
    async with httpx.AsyncClient(timeout=60) as http:
        return await http.head(address)


async def confirm(api: Api, document: str) -> httpx.Response:
    return await api.post("/documents/confirm-upload/", json={"document_id": document})


async def test_the_reference_client_uploads(api: Api, tmp_path: Path) -> None:
    path = tmp_path / "handbook.md"
    path.write_bytes(HANDBOOK)
    uploader = PresignedDocumentUploader(api.server, api.token, api.project)
    result = await asyncio.to_thread(uploader.upload_document, str(path))
    document = result["document"]
    assert document["name"] == "handbook.md"
    assert document["file_size"] == len(HANDBOOK)
    assert result["pipeline_run_id"]
    assert (await until_ended(api, [document["id"]]))[document["id"]]["status"] == "active"
    assert (await api.http.get(document["file"])).content == HANDBOOK


async def test_a_file_in_pieces_with_an_interruption(api: Api) -> None:
    place = await announce(api)
    address = place["upload_url"]
    first = await send(address, HANDBOOK[:100], 0, len(HANDBOOK))
    assert first.status_code == 308
    assert first.headers["Upload-Offset"] == "100"
    assert (await head(address)).headers["Upload-Offset"] == "100"
    early = await confirm(api, place["document_id"])
    assert early.status_code == 400
    assert "100 bytes" in early.json()["error"]
    wrong = await send(address, HANDBOOK[50:80], 50, len(HANDBOOK))
    assert wrong.status_code == 409
    assert wrong.headers["Upload-Offset"] == "100"
    last = await send(address, HANDBOOK[100:], 100, len(HANDBOOK))
    assert last.status_code == 200
    confirmed = await confirm(api, place["document_id"])
    assert confirmed.status_code == 200
    document = confirmed.json()["document"]
    assert document["id"] == place["document_id"]
    assert (await api.http.get(document["file"])).content == HANDBOOK
    twice = await confirm(api, place["document_id"])
    assert twice.json()["document"]["id"] == document["id"]
    await until_ended(api, [document["id"]])


async def test_four_confirmations_at_once_keep_the_file(api: Api) -> None:
    place = await announce(api)
    await send(place["upload_url"], HANDBOOK)
    answers = await asyncio.gather(*(confirm(api, place["document_id"]) for _ in range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert {answer.json()["document"]["id"] for answer in answers} == {place["document_id"]}
    assert len({answer.json()["pipeline_run_id"] for answer in answers}) == 1
    file = answers[0].json()["document"]["file"]
    assert (await api.http.get(file)).content == HANDBOOK
    await until_ended(api, [place["document_id"]])
    assert (await api.http.get(file)).content == HANDBOOK


async def test_a_crash_before_the_upload_is_tidied_up_loses_nothing(process: Process, api: Api) -> None:
    """The process died right after the commit: the sent file is still there, and the client confirms again."""
    place = await announce(api)
    await send(place["upload_url"], HANDBOOK)
    incoming = incoming_file(process, UUID(api.project), UUID(place["document_id"]))
    assert isinstance(incoming, FolderIncoming)
    whole = incoming.whole
    kept = whole.read_bytes()
    first = (await confirm(api, place["document_id"])).json()["document"]
    whole.write_bytes(kept)
    again = await confirm(api, place["document_id"])
    assert again.json()["document"]["id"] == first["id"]
    assert (await api.http.get(first["file"])).content == HANDBOOK


async def test_an_upload_of_what_is_there_already_is_that_document(process: Process, api: Api) -> None:
    """Also when it is confirmed again; its own copy of the file goes."""
    place, same = await announce(api), await announce(api)
    for each in (place, same):
        await send(each["upload_url"], HANDBOOK)
    document = (await confirm(api, place["document_id"])).json()["document"]
    for _ in range(2):
        answer = await confirm(api, same["document_id"])
        assert answer.json()["document"]["id"] == document["id"]
    assert (await api.http.get(document["file"])).content == HANDBOOK
    assert not (process.settings.files_dir / api.project / same["document_id"] / "original").exists()


async def test_what_came_before_a_broken_connection_is_kept(process: Process, api: Api) -> None:
    place = await announce(api)
    url = httpx.URL(place["upload_url"])
    _, writer = await asyncio.open_connection(url.host, url.port)
    request = f"PUT {url.raw_path.decode()} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(HANDBOOK)}\r\n\r\n"
    writer.write(request.encode() + HANDBOOK[:300])
    await writer.drain()
    growing = process.settings.data_dir / "uploads" / f"{place['document_id']}.part"
    await until(growing.exists)  # the server has begun to read
    writer.close()
    await until(lambda: head(place["upload_url"]), lambda one: one.headers["Upload-Offset"] == "300")
    rest = await send(place["upload_url"], HANDBOOK[300:], 300, len(HANDBOOK))
    assert rest.status_code == 200
    document = (await confirm(api, place["document_id"])).json()["document"]
    assert (await api.http.get(document["file"])).content == HANDBOOK


async def test_an_address_is_good_for_its_file_only(process: Process, api: Api) -> None:
    place, other = await announce(api), await announce(api, "other.md")
    secret = other["upload_url"].partition("?")[2]
    for address in (place["upload_url"][:-3] + "abc", f"{place['upload_url'].partition('?')[0]}?{secret}"):
        refused = await send(address, b"x")
        assert refused.status_code == 403
        assert "address" in refused.json()["error"]
    assert (await send(place["upload_url"], HANDBOOK)).status_code == 200
    assert (await send(place["upload_url"], b"something else")).status_code == 409
    await confirm(api, place["document_id"])
    assert (await send(place["upload_url"], b"something else")).status_code == 403
    assert not list((process.settings.data_dir / "uploads").glob(f"{place['document_id']}*"))


async def test_uploads_of_another_project_cannot_be_confirmed(api: Api, handbook: Api) -> None:
    place = await announce(api)
    await send(place["upload_url"], HANDBOOK)
    assert (await confirm(handbook, place["document_id"])).status_code == 404


async def test_wrong_ranges(api: Api) -> None:
    address = (await announce(api))["upload_url"]
    for header in ("bytes 5-2/10", "0-5/10", "bytes a-b/c"):
        async with httpx.AsyncClient(timeout=60) as http:
            answer = await http.put(address, content=b"x", headers={"Content-Range": header})
        assert answer.status_code == 400, header
    too_large = await send(address, b"x", 0, 10**15)
    assert too_large.status_code == 413


async def test_a_large_file_takes_little_memory(process: Process, api: Api) -> None:
    """The server is this process: 200 MB pass through it, and its memory hardly moves."""
    place = await announce(api, "large.bin")
    block = os.urandom(1024 * 1024)

    async def body() -> Any:
        for _ in range(200):
            yield block

    process = psutil.Process()
    before = process.memory_info().rss
    async with httpx.AsyncClient(timeout=60) as http:
        answer = await http.put(place["upload_url"], content=body())
    assert answer.status_code == 200
    confirmed = await api.post(
        "/documents/confirm-upload/", json={"document_id": place["document_id"], "skip_parsing": True}
    )
    assert confirmed.json()["document"]["file_size"] == 200 * len(block)
    assert process.memory_info().rss - before < 80 * 1024 * 1024
    await api.delete(f"/documents/{place['document_id']}/")
