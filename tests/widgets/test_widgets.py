"""The routes of widgets for visitors: who is admitted, what a visitor may do, and what they never see."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx2 as httpx
import pytest

from citewell.errors import Conflict
from citewell.models import Chunk, Document, DocumentVersion, Widget
from citewell.process import Process
from citewell.reference import sources
from citewell.widgets import passes, visitor_routes, visits
from citewell.widgets.shares import LEAST, Shares, share_of
from tests.conftest import Api, client_of, until_ended
from tests.documents.test_upload import upload

ORIGIN = "https://www.example.org"
FERRY = b"# Ferry\n\nThe ferry to Lindholm costs 14 crowns for a grown-up.\n"
SECRET = b"# Captain\n\nThe captain of the ferry keeps the crowns in a blue biscuit tin.\n"


@dataclass(frozen=True)
class Site:
    """A project with a widget, seen by a page of its origin. Without a token of the API."""

    api: Api
    id: str
    http: httpx.AsyncClient

    async def post(self, path: str, sealed: str | None, origin: str | None = ORIGIN, **body: Any) -> httpx.Response:
        headers = {"X-Widget-Token": sealed} if sealed else {}
        headers |= {"Origin": origin} if origin else {}
        return await self.http.post(f"/widget/{self.api.project}/{self.id}/{path}/", json=body, headers=headers)

    async def token(self) -> str:
        answer = await self.post("token", None)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["token"])


def payloads_of(stream: str) -> list[dict[str, Any]]:
    return [json.loads(line[6:])["payload"] for line in stream.splitlines() if line.startswith("data: ")]


@pytest.fixture(scope="module")
async def site(process: Process, server: str) -> AsyncIterator[Site]:
    async with client_of(process, server, "widget-admin@example.org") as api:
        made = await api.http.post("/api/v1/projects/", json={"name": "Harbour", "business_brief": ""})
        api.project = made.json()["id"]
        rows = await upload(api, {"ferry.md": FERRY, "captain.md": SECRET})
        await until_ended(api, [row["id"] for row in rows])
        [agent] = (await api.get("/agent-settings/")).json()["results"]
        body = {"name": "Ask the harbour", "agent_settings": agent["id"], "origins": [f"{ORIGIN}/"]}
        answer = await api.post("/widgets/", json=body)
        assert answer.status_code == 201, answer.text
        async with httpx.AsyncClient(base_url=server, timeout=60) as http:
            yield Site(api, answer.json()["id"], http)


async def test_a_visitor_asks_and_reads_what_the_answer_cites(site: Site) -> None:
    token = await site.token()
    answer = await site.post("ask", token, message="What does the ferry to Lindholm cost?")
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    payloads = payloads_of(answer.text)
    kinds = {payload.get("type") for payload in payloads}
    assert kinds <= {"working", "start_token_streaming", "token_streaming", "message", None}
    assert "biscuit" not in answer.text, "what was found and not cited stays with the agent"
    [said] = [payload for payload in payloads if payload.get("type") == "message"]
    assert "14 crowns" in said["content"]
    [citation] = said["citations"]
    source = await site.post("source", token, chunk_id=citation["chunk_id"], verbatim=citation["verbatim"])
    shown = source.json()
    assert shown["content"][shown["start"] : shown["end"]] == citation["verbatim"]
    again = (await site.post("history", token)).json()["messages"]
    assert [(message["role"], message["type"]) for message in again] == [("user", "message"), ("assistant", "message")]
    followed = await site.post("events", token, query_id=0)
    assert said in payloads_of(followed.text)
    assert "biscuit" not in followed.text


async def test_a_visitor_who_opens_a_source_makes_the_server_read_no_file_and_no_other_version(
    site: Site, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await site.token()
    payloads = payloads_of((await site.post("ask", token, message="What does the ferry to Lindholm cost?")).text)
    [citation] = [one for payload in payloads if payload.get("type") == "message" for one in payload["citations"]]
    opened: list[str] = []

    async def get(key: str) -> bytes:
        opened.append(key)
        raise FileNotFoundError(key)

    monkeypatch.setattr(process.files, "get", get)
    monkeypatch.setattr(sources, "_current_words", lambda *given: get("the newer version"))
    address = UUID(site.api.project), UUID(citation["chunk_id"])
    async with process.database.write() as session:  # as if the words were cited in an older version, of a picture
        version = await session.get_one(
            DocumentVersion, (address[0], (await session.get_one(Chunk, address)).version_id)
        )
        document = await session.get_one(Document, (address[0], version.document_id))
        live, kind = document.live_version_id, version.kind
        document.live_version_id, version.kind = uuid4(), "image"
    try:
        source = await site.post("source", token, chunk_id=citation["chunk_id"], verbatim=citation["verbatim"])
    finally:
        async with process.database.write() as session:
            (await session.get_one(Document, (address[0], version.document_id))).live_version_id = live
            (await session.get_one(DocumentVersion, (address[0], version.id))).kind = kind
    assert (source.json()["is_current"], source.json()["match"]) == (False, "exact")
    assert opened == []


async def test_what_no_answer_cites_is_not_shown(site: Site) -> None:
    documents = (await site.api.get("/documents/")).json()["results"]
    [captain] = [row["id"] for row in documents if row["name"] == "captain.md"]
    [chunk] = (await site.api.get(f"/documents/{captain}/chunks/")).json()["results"]
    answer = await site.post("source", await site.token(), chunk_id=chunk["id"])
    assert answer.status_code == 404
    assert "biscuit" not in answer.text


@pytest.mark.parametrize("origin", ["https://www.example.org.evil.example", "http://www.example.org", "null", None])
async def test_a_page_of_another_origin_gets_nothing(site: Site, origin: str | None) -> None:
    token = await site.token()
    for path, body in (("token", {}), ("ask", {"message": "Hello?"}), ("history", {})):
        answer = await site.post(path, token, origin, **body)
        assert answer.status_code == 403, path
        assert "access-control-allow-origin" not in answer.headers
    headers = {"Origin": origin or "", "Access-Control-Request-Method": "POST"}
    preflight = await site.http.options(f"/widget/{site.api.project}/{site.id}/ask/", headers=headers)
    assert preflight.status_code == 403
    assert "access-control-allow-origin" not in preflight.headers


async def test_a_browser_is_told_what_it_may_send(site: Site) -> None:
    headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    answer = await site.http.options(f"/widget/{site.api.project}/{site.id}/ask/", headers=headers)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "x-widget-token" in answer.headers["access-control-allow-headers"].lower()
    assert "access-control-allow-credentials" not in answer.headers


async def test_a_token_holds_for_one_widget_one_origin_and_an_hour(
    site: Site, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault, conversation = process.vault, uuid4()
    other_origin = passes.write_pass(vault, UUID(site.id), conversation, "https://other.example")
    other_widget = passes.write_pass(vault, uuid4(), conversation, ORIGIN)
    with monkeypatch.context() as patched:
        patched.setattr(passes, "SECONDS", -1)
        expired = passes.write_pass(vault, UUID(site.id), conversation, ORIGIN)
    for token, reason in (
        (other_origin, "another"),
        (other_widget, "another"),
        (expired, "expired"),
        ("x", "not a token"),
    ):
        answer = await site.post("history", token)
        assert answer.status_code == 401, reason
        assert reason in answer.json()["error"]
        assert answer.headers["access-control-allow-origin"] == ORIGIN, "the script can read why"
    assert (await site.post("history", None)).status_code == 401
    # A token of the API opens nothing here, and one of a widget nothing there.
    assert (await site.post("history", site.api.token)).status_code == 401
    widgets = await site.token()
    refused = await site.http.get("/api/v1/projects/", headers={"Authorization": f"Bearer {widgets}"})
    assert refused.status_code == 401


async def test_a_token_is_renewed_for_the_same_conversation(site: Site) -> None:
    first = await site.token()
    await site.post("ask", first, message="What does the ferry to Lindholm cost?")
    second = (await site.post("token", None, token=first)).json()["token"]
    assert len((await site.post("history", second)).json()["messages"]) == 2
    assert (await site.post("history", await site.token())).json()["messages"] == []


async def test_a_widget_of_another_project_is_not_there(site: Site) -> None:
    made = await site.api.http.post("/api/v1/projects/", json={"name": "Elsewhere", "business_brief": ""})
    address = f"/widget/{made.json()['id']}/{site.id}/token/"
    answer = await site.http.post(address, json={}, headers={"Origin": ORIGIN})
    assert answer.status_code == 404


async def test_questions_are_counted_by_the_hour(site: Site, process: Process) -> None:
    token = await site.token()
    await site.api.patch(f"/widgets/{site.id}/", json={"questions_per_hour": 1})
    async with process.database.write() as session:
        widget = await session.get_one(Widget, (UUID(site.api.project), UUID(site.id)))
        widget.counted_hour = 0
    assert (await site.post("ask", token, message="What does the ferry to Lindholm cost?")).status_code == 200
    refused = await site.post("ask", token, message="And for a child?")
    assert refused.status_code == 429
    assert "this hour" in refused.json()["error"]
    await site.api.patch(f"/widgets/{site.id}/", json={"questions_per_hour": 300})


async def test_a_refused_question_costs_nothing(site: Site, process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    async def counted() -> int:
        async with process.database.read() as session:
            return (await session.get_one(Widget, (UUID(site.api.project), UUID(site.id)))).counted

    async def still_answering(*given: Any) -> None:
        raise Conflict("This conversation is still answering.")

    token = await site.token()
    await site.post("ask", token, message="What does the ferry to Lindholm cost?")
    before = await counted()
    with monkeypatch.context() as patched:
        patched.setattr(visits.turns_of, "ask", still_answering)
        for _ in range(LEAST + 1):
            assert (await site.post("ask", token, message="And for a child?")).status_code == 409
    with monkeypatch.context() as patched:
        patched.setattr(visits, "share_of", lambda per_hour: 0)
        refused = await site.post("ask", token, message="And for a child?")
        assert refused.status_code == 429
        assert "network" in refused.json()["error"]
    assert (await site.post("ask", token, message="a" * 4001)).status_code == 400
    assert await counted() == before


def test_a_network_has_a_share_of_the_hour() -> None:
    shares, widget = Shares(), uuid4()
    assert (share_of(1), share_of(300)) == (LEAST, 30)
    assert [shares.take(widget, "192.0.2.1", 2, 7) for _ in range(3)] == [True, True, False]
    assert shares.take(widget, "192.0.2.2", 2, 7)
    assert shares.take(uuid4(), "192.0.2.1", 2, 7)
    shares.give_back(widget, "192.0.2.1", 7)
    assert [shares.take(widget, "192.0.2.1", 2, 7) for _ in range(2)] == [True, False]
    assert shares.take(widget, "192.0.2.1", 2, 8), "the next hour begins anew"


async def test_what_an_admin_changes_holds_at_once(site: Site) -> None:
    token = await site.token()
    await site.api.patch(f"/widgets/{site.id}/", json={"enabled": False})
    assert (await site.post("history", token)).status_code == 403
    await site.api.patch(f"/widgets/{site.id}/", json={"enabled": True})
    assert (await site.post("history", token)).status_code == 200


@pytest.mark.parametrize("change", [{"enabled": False}, {"origins": ["https://other.example"]}])
async def test_an_answer_ends_for_a_page_that_the_widget_is_closed_to(
    site: Site, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    async def endless(*_: Any, **__: Any) -> AsyncGenerator[bytes]:
        yield b'data: {"payload": {"type": "working"}}\n\n'
        await asyncio.Event().wait()

    monkeypatch.setattr(visitor_routes, "follow", endless)
    headers = {"X-Widget-Token": await site.token(), "Origin": ORIGIN}
    path = f"/widget/{site.api.project}/{site.id}/ask/"
    async with site.http.stream("POST", path, json={"message": "The ferry?"}, headers=headers) as answer:
        lines = answer.aiter_lines()
        assert "working" in await anext(lines)
        await site.api.patch(f"/widgets/{site.id}/", json=change)
        rest = [line async for line in lines if line]
    await site.api.patch(f"/widgets/{site.id}/", json={"enabled": True, "origins": [ORIGIN]})
    assert json.loads(rest[-1].removeprefix("data: "))["payload"]["error_code"] == "forbidden"


@pytest.mark.parametrize(
    "origin", ["*", "www.example.org", "https://a.example/path", "javascript:x", "https://*.b.example"]
)
async def test_only_an_origin_is_taken_for_one(site: Site, origin: str) -> None:
    answer = await site.api.patch(f"/widgets/{site.id}/", json={"origins": [origin]})
    assert answer.status_code == 400
    assert "origin" in answer.text
