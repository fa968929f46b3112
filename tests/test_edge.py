"""What a client says of the server's name goes nowhere else, and each request has an id."""

import asyncio
import copy
import json
import logging
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import text

from citewell.errors import InvalidFields
from citewell.mail import Mail, deliver
from citewell.process import Process
from citewell.users.service import normalised
from tests.conftest import Api, serving
from tests.sse import new_conversation

EVIL = {"Host": "evil.example"}


def changed(process: Process, **settings: Any) -> Process:
    other = copy.copy(process)
    other.settings = process.settings.model_copy(update=settings)
    return other


async def mails(process: Process, *until: str) -> str:
    """What was mailed or is about to be, once all of the addresses are among it."""
    async with asyncio.timeout(120):
        while True:
            async with process.database.read() as session:
                statement = text("SELECT args::text FROM procrastinate_jobs WHERE task_name = 'mail:send'")
                found = [row[0] for row in await session.execute(statement)]
            for path in (process.settings.data_dir / "outbox").glob("*.eml"):
                message = message_from_bytes(path.read_bytes(), policy=policy.default)
                found.append(f"{message['To']} {message.get_content()}")
            if all(address in " ".join(found) for address in until):
                return " ".join(found)
            await asyncio.sleep(0.05)


async def test_mails_do_not_carry_the_host_of_the_request(process: Process, api: Api) -> None:
    body = {"email": f"new-{api.project}@example.org", "permissions": ["CAN_VIEW_DATA"]}
    made = await api.post("/invites/invite/", json=body, headers=EVIL)
    assert made.status_code == 201, made.text
    body = {"topic": "Leave", "invite_emails": [f"asked-{api.project}@example.org"]}
    asked = await api.post("/interviews/assign/", json=body, headers=EVIL)
    assert asked.status_code == 201, asked.text
    queued = await mails(process, f"new-{api.project}", f"asked-{api.project}")
    assert "evil.example" not in queued
    assert f"{api.server}/register?invite=" in queued


async def test_a_server_without_an_address_sends_no_links(process: Process, api: Api) -> None:
    """Reached by another address than this machine's own, as it would be from outside."""
    from citewell.main import create_app

    app = create_app(process)

    async def from_outside(scope: Any, receive: Any, send: Any) -> None:
        await app(scope | {"server": ("192.0.2.7", 80)}, receive, send)

    transport = httpx.ASGITransport(app=from_outside)
    body = {"email": f"x-{api.project}@example.org", "permissions": ["CAN_VIEW_DATA"]}
    headers = {"Authorization": api.http.headers["authorization"]}
    async with httpx.AsyncClient(transport=transport, base_url="http://evil.example") as outside:
        refused = await outside.post(f"{api.base}/invites/invite/", json=body, headers=headers)
    assert refused.status_code == 503
    assert "CITEWELL_PUBLIC_URL" in refused.json()["error"]
    assert f"x-{api.project}" not in await mails(process)


@pytest.fixture(scope="module")
async def named(process: Process) -> AsyncIterator[str]:
    async with serving(changed(process, allowed_hosts=["kb.example.org", "*.cells.example.org"])) as address:
        yield address


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("kb.example.org", 200),
        ("KB.example.org:8080", 200),
        ("a.cells.example.org", 200),
        ("127.0.0.1:1", 200),
        ("evil.example", 400),
        ("kb.example.org.evil.example", 400),
        ("cells.example.org.evil", 400),
        ("", 400),
    ],
)
async def test_only_allowed_hosts_are_answered(named: str, host: str, status: int) -> None:
    async with httpx.AsyncClient(base_url=named, timeout=60) as http:
        answer = await http.get("/api/v1/openapi.json", headers={"Host": host})
    assert answer.status_code == status
    if status == 400:
        assert answer.json()["code"] == "bad_request"


async def test_redirects_do_not_repeat_the_host(api: Api) -> None:
    answer = await api.http.get("/api/v1/projects", headers=EVIL, follow_redirects=False)
    assert answer.status_code == 307
    assert answer.headers["location"] == "/api/v1/projects/"


async def test_each_request_has_an_id(api: Api) -> None:
    mine = await api.http.get("/api/v1/users/me/", headers={"X-Request-ID": "trace-7"})
    assert mine.headers["x-request-id"] == "trace-7"
    first, second = [await api.http.get("/api/v1/users/me/", headers={"X-Request-ID": "not usable: x"}) for _ in "ab"]
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    missing = await api.http.get("/api/v1/nothing/")
    assert missing.headers["x-request-id"]


async def test_an_unexpected_error_names_its_log_lines(
    process: Process, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, api: Api
) -> None:
    async def broken(*arguments: object, **more: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr("citewell.users.routes.get_me", broken, raising=False)
    monkeypatch.setattr(process.database, "read", broken)
    headers = {"Authorization": api.http.headers["authorization"], "X-Request-ID": "find-me"}
    with caplog.at_level(logging.ERROR):
        async with httpx.AsyncClient(base_url=api.server, timeout=60) as http:
            answer = await http.get(f"{api.base}/documents/", headers=headers)
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] == "find-me"
    assert "find-me" in answer.json()["error"]
    assert "secret" not in answer.text
    assert any("find-me" in str(record.msg) for record in caplog.records)


@pytest.mark.parametrize(
    "wrong",
    [
        "a@example.org,b@example.org",
        "a@example.org>",
        "<a@example.org>",
        '"a b"@example.org',
        "a@example.org (comment)",
        "a@example.org\nBcc: b@example.org",
        "a;b@example.org",
        "group:a@example.org;",
        "a@b@example.org",
        "@example.org",
        "a@",
        "a..b@example.org",
    ],
)
def test_what_is_no_single_address_is_refused(wrong: str, tmp_path: Path, process: Process) -> None:
    with pytest.raises(InvalidFields):
        normalised(wrong)
    with pytest.raises(ValueError):  # noqa: PT011 - whatever the standard library says of it
        deliver(process.settings.model_copy(update={"data_dir": tmp_path}), Mail(wrong, "Subject", "Text"))
    assert not list(tmp_path.rglob("*.eml"))


def test_the_sender_may_have_a_name(tmp_path: Path, process: Process) -> None:
    settings = process.settings.model_copy(
        update={"data_dir": tmp_path, "mail_from": "The base, here <kb@example.org>"}
    )
    settings = settings.model_copy(update={"mail_from": '"The base, here" <kb@example.org>'})
    deliver(settings, Mail("ada+1@example.org", "Subject", "Text"))
    [written] = tmp_path.rglob("*.eml")
    message = message_from_bytes(written.read_bytes(), policy=policy.default)
    [sender] = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("The base, here", "kb@example.org")
    assert [one.addr_spec for one in message["To"].addresses] == ["ada+1@example.org"]


async def test_parameters_never_reach_the_log(process: Process, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Exception) as failed:  # noqa: PT011 - what is said matters, not the type
        async with process.database.write() as session:
            await session.execute(text("SELECT * FROM no_such_table WHERE x = :secret"), {"secret": "hunter2-hunter2"})
    assert "hunter2" not in str(failed.value)
    assert "hunter2" not in json.dumps([str(record.msg) for record in caplog.records])


async def test_answers_store_no_host(process: Process, handbook: Api) -> None:
    """Asked under one name and read under another: each reader gets links under the name that they use."""
    talk = await new_conversation(handbook)
    path = f"{handbook.base}/playground-conversations/{talk}/"
    asked = await handbook.http.post(
        f"{path}send_message_stream/", json={"message": "How much may a hotel room cost in Oslo?"}, headers=EVIL
    )
    assert f"http://evil.example/{handbook.project}/reference/" in asked.text
    again = (await handbook.http.get(path)).text
    followed = (await handbook.http.get(f"{path}turns/0/events/")).text
    for text_read in (again, followed):
        assert "evil.example" not in text_read
        assert f"{handbook.server}/{handbook.project}/reference/" in text_read
    async with process.database.read() as session:
        stored = await session.scalar(
            text("SELECT string_agg(m::text, ' ') FROM messages m WHERE m.conversation_id = :talk"), {"talk": talk}
        )
    assert "http://" not in str(stored)
    assert f"/{handbook.project}/reference/" in str(stored)
