"""Documents whose files are in an object store: two servers share it, and clients go straight to it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from crf_api_client.presigned_document_uploader import PresignedDocumentUploader

from citewell.documents.incoming import objects
from citewell.documents.orphans import check_files, forget_expired_uploads
from citewell.kit.ids import new_id
from citewell.mail import Mail, send_or_keep
from citewell.process import Process, open_process
from tests.conftest import Api, client_of, make_settings, serving, until_ended
from tests.documents.test_presigned import announce, confirm, head, send
from tests.s3 import S3, s3_server
from tests.samples import HANDBOOK


@pytest.fixture(scope="module")
async def s3() -> AsyncIterator[S3]:
    async with s3_server() as server:
        yield server


@pytest.fixture(scope="module")
async def stored(s3: S3, clone: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Process]:
    folder = tmp_path_factory.mktemp("s3-data")
    settings = make_settings(clone(), folder, embedding="none", **s3.settings())
    async with open_process(settings, worker=True, embed=False) as process:
        yield process
    assert not [path for path in folder.rglob("*") if path.is_file()]  # nothing is kept on this machine


@pytest.fixture
async def api(stored: Process) -> AsyncIterator[Api]:
    async with serving(stored) as server, client_of(stored, server, f"{new_id().hex}@example.org") as client:
        answer = await client.http.post("/api/v1/projects/", json={"name": "A project", "business_brief": "Tests"})
        client.project = answer.json()["id"]
        yield client


@pytest.fixture
async def through_server(stored: Process, api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    """Clients that do not reach the store: everything passes through a server."""
    monkeypatch.setattr(stored.files, "_gives_addresses", False)
    return api


async def test_the_reference_client_goes_straight_to_the_store(api: Api, s3: S3, tmp_path: Path) -> None:
    path = tmp_path / "handbook.md"
    path.write_bytes(HANDBOOK)
    uploader = PresignedDocumentUploader(api.server, api.token, api.project)
    result = await asyncio.to_thread(uploader.upload_document, str(path))
    document = result["document"]
    assert (await until_ended(api, [document["id"]]))[document["id"]]["status"] == "active"
    answer = await api.http.get(document["file"])
    assert answer.status_code == 307
    assert answer.headers["Location"].startswith(s3.address)
    async with httpx.AsyncClient() as http:  # no token reaches the store
        assert (await http.get(answer.headers["Location"])).content == HANDBOOK
    found = await api.post("/retrieve-with-full-text-search/", json={"query": "taxi"})
    assert found.status_code == 200, found.text


async def test_a_large_file_goes_in_parts_and_goes_on(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "PART_BYTES", 100)
    monkeypatch.setattr("citewell.documents.upload_routes.PART_BYTES", 100)
    size = len(HANDBOOK)
    body = {"filename": "handbook.md", "content_type": "text/markdown", "size": size}
    place = (await api.post("/documents/generate-presigned-upload-url/", json=body)).json()
    first, *rest = place["parts"]
    assert [first["start"], rest[-1]["end"]] == [0, size]
    await send(rest[0]["upload_url"], HANDBOOK[rest[0]["start"] : rest[0]["end"]])
    assert (await confirm(api, place["document_id"])).status_code == 400
    progress = (await api.get(f"/documents/presigned-uploads/{place['document_id']}/?size={size}")).json()
    assert [part["received"] for part in progress["parts"]] == [False, True] + [False] * (len(rest) - 1)
    for part in progress["parts"]:
        if not part["received"]:
            await send(part["upload_url"], HANDBOOK[part["start"] : part["end"]])
    document = (await confirm(api, place["document_id"])).json()["document"]
    assert document["file_size"] == size
    assert (await api.http.get(document["file"], follow_redirects=True)).content == HANDBOOK


async def test_a_file_that_is_too_large_is_refused(api: Api, stored: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    place = await announce(api)
    monkeypatch.setattr(stored.settings, "max_upload_bytes", 50)
    await send(place["upload_url"], HANDBOOK)
    assert (await confirm(api, place["document_id"])).status_code == 413
    body = {"filename": "a.md", "content_type": "text/markdown", "size": 51}
    assert (await api.post("/documents/generate-presigned-upload-url/", json=body)).status_code == 413


async def test_a_transfer_through_a_server_goes_on(through_server: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    api = through_server
    monkeypatch.setattr(objects, "_PIECE_BYTES", 64)
    place = await announce(api)
    address = place["upload_url"]
    assert address.startswith(api.server)
    first = await send(address, HANDBOOK[:100], 0, len(HANDBOOK))
    assert (first.status_code, first.headers["Upload-Offset"]) == (308, "100")
    assert (await head(address)).headers["Upload-Offset"] == "100"
    wrong = await send(address, HANDBOOK[50:80], 50, len(HANDBOOK))
    assert (wrong.status_code, wrong.headers["Upload-Offset"]) == (409, "100")
    assert (await send(address, HANDBOOK[100:], 100, len(HANDBOOK))).status_code == 200
    answers = await asyncio.gather(*(confirm(api, place["document_id"]) for _ in range(3)))
    assert {answer.json()["document"]["id"] for answer in answers} == {place["document_id"]}
    file = await api.http.get(answers[0].json()["document"]["file"])
    assert (file.status_code, file.content) == (200, HANDBOOK)


async def test_two_transfers_at_once_never_mix(through_server: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "_PIECE_BYTES", 64)
    place = await announce(through_server)
    files = [bytes([65 + n]) * 1000 for n in range(3)]
    await asyncio.gather(*(send(place["upload_url"], data) for data in files))
    document = (await confirm(through_server, place["document_id"])).json()["document"]
    assert (await through_server.http.get(document["file"])).content in files


async def test_a_missing_file_is_an_error(api: Api, stored: Process) -> None:
    place = await announce(api)
    await send(place["upload_url"], HANDBOOK)
    document = (await confirm(api, place["document_id"])).json()["document"]
    await until_ended(api, [document["id"]])
    await stored.files.delete(f"{api.project}/{document['id']}/original")
    answer = await api.http.get(document["file"])
    assert (answer.status_code, answer.json()["code"]) == (404, "file_missing")
    report = await check_files(stored.database, stored.files)
    assert [str(missing[1]) for missing in report.missing] == [document["id"]]


async def test_mails_and_expired_uploads(api: Api, stored: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    await send_or_keep(stored, Mail("ada@example.org", "Hello", "Text"))
    [kept] = [item.key async for batch in stored.files.list("outbox") for item in batch]
    assert b"ada@example.org" in await stored.files.get(kept)
    monkeypatch.setattr(stored.settings, "upload_url_seconds", 0.001)
    place = await announce(api)
    key = f"uploads/{api.project}/{place['document_id']}/direct/{0:015}"
    await stored.files.put(key, b"never confirmed")
    assert await forget_expired_uploads(stored) >= 1
    assert not await stored.files.exists(key)
