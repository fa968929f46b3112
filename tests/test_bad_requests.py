"""Wrong requests get an error of the one shape that says what would be right."""

import gzip
from typing import Any
from uuid import uuid4

import pytest

from citewell.process import Process
from tests.conftest import Api, serving
from tests.sse import ask, new_conversation


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"message": ""}, 400, "message"),
        ({"message": "  \n "}, 400, "message"),
        ({"message": 5}, 400, "message"),
        ({"message": None}, 400, "message"),
        ({"message": ["a"]}, 400, "message"),
        ({}, 400, "message"),
        ({"message": "x" * 1_000_000}, 400, "message"),
        ([1, 2], 400, None),
        ({"message": "x" * 3_000_000}, 413, "error"),
    ],
)
async def test_a_wrong_message_is_refused_by_the_name_of_its_field(
    api: Api, body: Any, status: int, field: str | None
) -> None:
    conversation = await new_conversation(api)
    answer = await api.post(f"/playground-conversations/{conversation}/send_message_stream/", json=body)
    assert answer.status_code == status, answer.text
    if field:
        assert field in answer.json()


async def test_a_body_that_is_not_json(api: Api) -> None:
    conversation = await new_conversation(api)
    path = f"/playground-conversations/{conversation}/send_message_stream/"
    answer = await api.post(path, content=b"{message: hello", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()) == (400, {"error": "The body is not valid JSON.", "code": "bad_request"})
    latin = await api.post(path, content=b'{"message": "\xfc"}', headers={"Content-Type": "application/json"})
    assert (latin.status_code, latin.json()) == (400, {"error": "The body is not valid UTF-8.", "code": "bad_request"})
    missing = await api.post(path, content=b"", headers={"Content-Type": "application/json"})
    assert missing.status_code == 400


async def test_a_compressed_body_is_refused_as_that(api: Api) -> None:
    """It was called text that is not UTF-8, and a file was stored as it came."""
    sent = {"filename": "a.md", "content_type": "text/markdown"}
    upload = (await api.post("/documents/generate-presigned-upload-url/", json=sent)).json()["upload_url"]
    gzipped, kind = gzip.compress(b'{"name": "x"}'), {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    for answer in (
        await api.post("/document-collections/", content=gzipped, headers=kind),
        await api.http.post("/v1/chat/completions", content=gzipped, headers=kind),
        await api.http.put(upload, content=gzipped, headers=kind),
    ):
        assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "identity")
        assert "not with Content-Encoding: gzip." in answer.text


@pytest.mark.parametrize("bad", ["abc", "123", "00000000-0000-0000-0000-00000000000g", "%00"])
async def test_malformed_ids_are_404(api: Api, bad: str) -> None:
    for path in (
        f"/projects/{bad}/",
        f"/projects/{api.project}/playground-conversations/{bad}/",
        f"/projects/{api.project}/pipeline-runs/{bad}/",
        f"/projects/{bad}/documents/",
    ):
        answer = await api.http.get(f"/api/v1{path}")
        assert answer.status_code == 404, path
        assert set(answer.json()) == {"error", "code"}


async def test_unknown_addresses_and_methods(api: Api) -> None:
    unknown = await api.http.get("/api/v1/nothing/here/")
    assert unknown.status_code == 404
    assert unknown.json()["code"] == "not_found"
    method = await api.http.put(f"{api.base}/documents/")
    assert method.status_code == 405
    assert method.json()["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", "tables/", "GET, POST"),
        ("PUT", "tables/{id}/", "DELETE, GET"),
        ("GET", "documents/bulk-upload/", "POST"),
        ("POST", "documents/{id}/", "DELETE, GET, PATCH"),
    ],
)
async def test_a_wrong_method_is_told_all_right_ones(api: Api, method: str, path: str, allowed: str) -> None:
    """Each method has a route of its own, and `bulk-upload` could be the id of a document."""
    answer = await api.http.request(method, f"{api.base}/{path.format(id=uuid4())}")
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert answer.json()["error"] == f"This address takes {allowed.replace(', ', ' and ')}, not {method}."


async def test_head_answers_like_get_without_a_body(api: Api) -> None:
    [document] = (await api.post("/documents/bulk-upload/", files=[("files", ("a.md", b"# A"))])).json()
    conversation = await new_conversation(api)
    await ask(api, "Anything?", conversation)
    events = f"{api.base}/playground-conversations/{conversation}/turns/0/events/"
    for address in (f"{api.base}/documents/", document["file"], "/docs", "/healthz", events):
        got, head = await api.http.get(address), await api.http.head(address)
        assert (head.status_code, head.content) == (200, b""), address
        assert head.headers["content-type"] == got.headers["content-type"]
        if "content-length" in got.headers:
            assert head.headers["content-length"] == got.headers["content-length"]
    assert (await api.http.head(f"{api.base}/documents/bulk-upload/")).status_code == 405
    assert (await api.http.head(f"/api/v1/projects/{uuid4()}/")).status_code == 404


async def test_paths_work_without_their_last_slash(api: Api) -> None:
    answer = await api.http.get(f"{api.base}/documents", follow_redirects=True)
    assert answer.status_code == 200
    conversation = await new_conversation(api)
    path = f"{api.base}/playground-conversations/{conversation}/send_message_stream"
    sent = await api.http.post(path, json={"message": "Anything?"}, follow_redirects=True)
    assert sent.status_code == 200


async def test_projects_with_wrong_fields(api: Api) -> None:
    answer = await api.http.post("/api/v1/projects/", json={"name": " ", "default_chunking_maximum_chunk_size": "x"})
    assert answer.status_code == 400
    assert set(answer.json()) == {"name", "default_chunking_maximum_chunk_size"}
    sizes = {"default_chunking_maximum_chunk_size": 300, "default_chunking_minimum_chunk_size": 400}
    answer = await api.http.patch(f"{api.base}/", json=sizes)
    assert answer.status_code == 400
    assert "minimum" in str(answer.json())


async def test_a_brief_with_a_nul_is_refused(api: Api) -> None:
    for answer in (
        await api.patch("/", json={"business_brief": "a\0b"}),
        await api.http.post("/api/v1/projects/", json={"name": "P", "business_brief": "a\0b"}),
    ):
        assert (answer.status_code, answer.json()) == (
            400,
            {"business_brief": ["Must not contain NUL characters."]},
        )


async def test_a_conversation_needs_an_agent_of_its_project(api: Api) -> None:
    for body in ({}, {"agent_settings": str(uuid4())}, {"agent_settings": "x"}):
        answer = await api.post("/playground-conversations/", json=body)
        assert answer.status_code == 400
        assert "agent_settings" in answer.json()


async def test_an_archived_conversation_takes_no_messages(api: Api) -> None:
    conversation = await new_conversation(api)
    assert (await api.delete(f"/playground-conversations/{conversation}/")).status_code == 204
    assert (await api.get(f"/playground-conversations/{conversation}/")).status_code == 404
    shown = await api.get(f"/playground-conversations/{conversation}/", params={"include_archived": "true"})
    assert shown.json()["is_archived"]
    sent = await api.post(f"/playground-conversations/{conversation}/send_message_stream/", json={"message": "Hi"})
    assert sent.status_code == 404


@pytest.mark.parametrize("params", [{"limit": "0"}, {"limit": "x"}, {"offset": "-1"}])
async def test_pages_that_are_none(api: Api, params: dict[str, str]) -> None:
    answer = await api.get("/documents/", params=params)
    assert answer.status_code == 400
    assert next(iter(params)) in answer.json()


async def test_an_error_inside_never_shows_itself(process: Process, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*args: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("citewell.projects.service.get_project", broken)
    answer = await api.http.get(f"{api.base}/")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert set(answer.json()) == {"error", "code"}


async def test_a_shutdown_takes_no_new_turns(clone: Any, tmp_path: Any) -> None:
    from citewell.process import open_process
    from tests.conftest import client_of, make_settings

    async with (
        open_process(make_settings(clone(), tmp_path), worker=True) as own,
        serving(own) as address,
        client_of(own, address, "a@example.org") as client,
    ):
        client.project = (await client.http.post("/api/v1/projects/", json={"name": "P"})).json()["id"]
        conversation = await new_conversation(client)
        await own.turns.shut_down(1)
        path = f"/playground-conversations/{conversation}/send_message_stream/"
        answer = await client.post(path, json={"message": "Hello?"})
    assert answer.status_code == 503
    assert answer.headers["retry-after"]


def test_the_application_lists_its_operations(document: dict[str, Any]) -> None:
    ids = {operation["operationId"] for path in document["paths"].values() for operation in path.values()}
    assert {"sendMessageStream", "bulkUploadDocuments", "listPipelineRuns", "getDocumentIndexingStatus"} <= ids
