"""Webhooks, received by a real HTTP server: what is sent, when again, and to whom never."""

import asyncio
import contextlib
import ipaddress
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web
from sqlalchemy import text
from standardwebhooks import Webhook as Verifier

from citewell.kit.public_http import PublicFetcher
from citewell.process import Process
from citewell.webhooks.delivery import MAX_ATTEMPTS, pause_after
from tests.conftest import Api, client_of, until_ended
from tests.listening import listening
from tests.sse import ask, new_conversation
from tests.waiting import until

EVENTS = ["document.active", "document.failed", "run.ended", "feedback.given", "turn.finished"]
WAIT = 60.0


@dataclass
class Receiver:
    """An HTTP server that keeps what it is sent; it answers with `status`, and not before `open` is set."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    received: asyncio.Queue[tuple[dict[str, str], str]] = field(default_factory=asyncio.Queue)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        self.received.put_nowait((dict(request.headers), await request.text()))
        await self.open.wait()
        return web.Response(status=self.status, headers=self.headers)

    async def next(self) -> tuple[dict[str, str], dict[str, Any]]:
        headers, body = await asyncio.wait_for(self.received.get(), WAIT)
        return headers, json.loads(body) | {"_raw": body}


@contextlib.asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    receiver.open.set()
    app = web.Application()
    app.router.add_post("/{tail:.*}", receiver.take)
    async with listening(app, shutdown_timeout=0.1) as address:
        receiver.url = f"{address}/hook"
        yield receiver
        receiver.open.set()


@pytest.fixture
async def receiver(process: Process, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Receiver]:
    monkeypatch.setattr(process, "outside", PublicFetcher([ipaddress.ip_network("127.0.0.0/8")]))
    async with receiving() as made:
        yield made


async def hook(api: Api, url: str, events: list[str] = EVENTS) -> Any:
    answer = await api.post("/webhooks/", json={"url": url, "events": events})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def logged(api: Api, hook_id: str, delivery_id: str, state: str) -> Any:
    """The delivery, as soon as it is in the state."""
    path = f"/webhooks/{hook_id}/deliveries/{delivery_id}/"
    return (await until(lambda: api.get(path), lambda one: one.json()["state"] == state)).json()


async def attempts_of(api: Api, hook_id: str, delivery_id: str, count: int) -> Any:
    path = f"/webhooks/{hook_id}/deliveries/{delivery_id}/"
    return (await until(lambda: api.get(path), lambda one: len(one.json()["log"]) >= count)).json()


async def let_time_pass(process: Process, api: Api) -> None:
    """Have what waits of this project be due."""
    async with process.database.write() as session:
        change = "UPDATE webhook_deliveries SET next_attempt_at = clock_timestamp() WHERE project_id = :project"
        await session.execute(text(change), {"project": UUID(api.project)})


async def test_events_come_signed(api: Api, receiver: Receiver) -> None:
    made = await hook(api, receiver.url)
    files = [("files", ("good.txt", b"A hotel room costs 120 EUR.")), ("files", ("bad.pdf", b"%PDF-1.4 broken"))]
    uploaded = (await api.post("/documents/bulk-upload/", files=files)).json()
    await until_ended(api, [item["id"] for item in uploaded])
    talk = await new_conversation(api)
    await ask(api, "What does a hotel room cost?", talk)
    context = {"conversation_id": talk, "query_id": 0, "source": "PlaygroundConversation"}
    await api.post("/feedbacks/", json={"context": context, "feedback": "Right", "is_positive": True})

    seen: dict[str, Any] = {}
    while not set(EVENTS) <= set(seen):
        headers, body = await receiver.next()
        Verifier(made["secret"]).verify(body["_raw"], headers)  # raises for a wrong signature
        seen[body["type"]] = body["data"]
    ids = {item["name"]: item["id"] for item in uploaded}
    assert {data["project_id"] for data in seen.values()} == {api.project}
    assert (seen["document.active"]["document_id"], seen["document.active"]["version"]) == (ids["good.txt"], 1)
    assert seen["document.failed"]["document_id"] == ids["bad.pdf"]
    assert seen["document.failed"]["error"]["step"] == "parse"
    assert seen["document.failed"]["error"]["message"]
    assert (seen["run.ended"]["status"], seen["run.ended"]["failed_documents"]) == ("completed", 1)
    assert (seen["turn.finished"]["state"], seen["turn.finished"]["conversation_id"]) == ("completed", talk)
    assert (seen["feedback.given"]["feedback"], seen["feedback.given"]["is_positive"]) == ("Right", True)


async def test_a_new_secret_signs_beside_the_former(api: Api, receiver: Receiver) -> None:
    made = await hook(api, receiver.url)
    rotated = await api.post(f"/webhooks/{made['id']}/rotate-secret/")
    await api.post(f"/webhooks/{made['id']}/test/")
    headers, body = await receiver.next()
    for secret in (made["secret"], rotated.json()["secret"]):
        Verifier(secret).verify(body["_raw"], headers)
    shown = json.dumps((await api.get("/webhooks/")).json()) + json.dumps((await api.get("/audit-log/")).json())
    assert made["secret"] not in shown
    assert rotated.json()["secret"] not in shown


async def test_a_failed_attempt_is_made_again_under_the_same_id(process: Process, api: Api, receiver: Receiver) -> None:
    receiver.status = 503
    made = await hook(api, receiver.url)
    sent = (await api.post(f"/webhooks/{made['id']}/test/")).json()
    first, _ = await receiver.next()
    found = await attempts_of(api, made["id"], sent["id"], 1)
    assert (found["state"], found["log"][0]["status"], found["log"][0]["error"]) == ("waiting", 503, "Answered 503.")
    receiver.status = 200
    await let_time_pass(process, api)
    second, _ = await receiver.next()
    assert first["webhook-id"] == second["webhook-id"]
    found = await logged(api, made["id"], sent["id"], "delivered")
    assert found["attempts"] == 2
    again = await api.post(f"/webhooks/{made['id']}/deliveries/{sent['id']}/resend/")
    assert again.status_code == 202
    third, _ = await receiver.next()
    assert third["webhook-id"] == first["webhook-id"]


async def test_the_last_attempt_and_an_address_that_is_gone(process: Process, api: Api, receiver: Receiver) -> None:
    receiver.status = 500
    made = await hook(api, receiver.url)
    sent = (await api.post(f"/webhooks/{made['id']}/test/")).json()
    await attempts_of(api, made["id"], sent["id"], 1)
    async with process.database.write() as session:
        change = text("UPDATE webhook_deliveries SET attempts = :n WHERE id = :id")
        await session.execute(change, {"n": MAX_ATTEMPTS - 1, "id": UUID(sent["id"])})
    await let_time_pass(process, api)
    await logged(api, made["id"], sent["id"], "failed")
    receiver.status = 410
    await api.post(f"/webhooks/{made['id']}/deliveries/{sent['id']}/resend/")
    await logged(api, made["id"], sent["id"], "failed")
    found = (await api.get(f"/webhooks/{made['id']}/")).json()
    assert (found["enabled"], "410" in found["disabled_reason"]) == (False, True)
    assert (await api.post(f"/webhooks/{made['id']}/test/")).status_code == 400


def test_pauses_grow_to_half_a_day() -> None:
    pauses = [pause_after(attempts) for attempts in range(1, MAX_ATTEMPTS)]
    assert pauses[:3] == [5, 20, 80]
    assert pauses[-1] == 12 * 3600
    assert 86_400 < sum(pauses) < 3 * 86_400


async def test_a_redirect_is_not_followed(api: Api, receiver: Receiver) -> None:
    receiver.status, receiver.headers = 307, {"Location": receiver.url}
    made = await hook(api, receiver.url)
    sent = (await api.post(f"/webhooks/{made['id']}/test/")).json()
    found = await attempts_of(api, made["id"], sent["id"], 1)
    assert "redirects" in found["log"][0]["error"]
    assert receiver.received.qsize() == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://[64:ff9b::7f00:1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://0x7f.1/",
        "http://example.org/",
        "ftp://example.org/",
        "https://user:password@example.org/",
        "https://",
    ],
)
async def test_addresses_that_are_refused(api: Api, url: str) -> None:
    answer = await api.post("/webhooks/", json={"url": url, "events": EVENTS})
    assert answer.status_code == 400
    assert "url" in answer.json()


async def test_a_name_that_leads_inside_is_refused_when_it_is_sent_to(api: Api) -> None:
    made = await hook(api, "https://localhost/hook")
    sent = (await api.post(f"/webhooks/{made['id']}/test/")).json()
    found = await attempts_of(api, made["id"], sent["id"], 1)
    assert "not on the public Internet" in found["log"][0]["error"]


async def test_a_slow_receiver_of_one_project_keeps_no_other_waiting(
    process: Process, server: str, api: Api, receiver: Receiver
) -> None:
    """Taken as they came, the first project's deliveries would hold every place of the dispatcher."""
    receiver.open.clear()
    made = await hook(api, receiver.url)
    for _ in range(40):
        await api.post(f"/webhooks/{made['id']}/test/")
    async with client_of(process, server, "other-hooks@example.org") as other, receiving() as quick:
        created = await other.http.post("/api/v1/projects/", json={"name": "Other"})
        other.project = created.json()["id"]
        theirs = await hook(other, quick.url)
        await other.post(f"/webhooks/{theirs['id']}/test/")
        await quick.next()
    assert receiver.received.qsize() < 40
    receiver.open.set()


async def test_what_a_killed_process_had_taken_is_sent_again(process: Process, api: Api, receiver: Receiver) -> None:
    """A delivery is taken by leasing it; a process that dies right then leaves it to the others."""
    made = await hook(api, receiver.url)
    receiver.open.clear()
    await api.post(f"/webhooks/{made['id']}/test/")
    first, _ = await receiver.next()  # under way, and its sender gets no answer any more
    await let_time_pass(process, api)  # the lease ends
    second, _ = await receiver.next()
    assert first["webhook-id"] == second["webhook-id"]


async def test_nothing_is_queued_without_a_webhook_or_for_other_events(process: Process, api: Api) -> None:
    made = await hook(api, "https://localhost/hook", ["feedback.given"])
    await ask(api, "Who pays?")
    assert (await api.get(f"/webhooks/{made['id']}/deliveries/")).json()["count"] == 0
