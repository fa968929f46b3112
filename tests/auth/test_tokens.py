"""Personal API tokens, and the page that makes them in a browser."""

import re
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from citewell.auth.tokens import digest
from citewell.models import Token
from citewell.process import Process
from tests.auth.people import Browser, person
from tests.conftest import Api, client_of, token_for

TOKENS = "/api/v1/tokens/"


async def test_a_token_is_shown_once_works_and_is_revoked(process: Process, server: str, api: Api) -> None:
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    made = await api.http.post(TOKENS, json={"name": " laptop ", "expires_at": until.isoformat()})
    assert made.status_code == 201, made.text
    assert made.headers["cache-control"] == "no-store"
    token, identity = made.json().pop("token"), made.json()["id"]
    listed = (await api.http.get(TOKENS)).json()
    assert listed["count"] == 2, "with the one that asks"
    first = listed["results"][0]
    assert first == {key: value for key, value in made.json().items() if key != "token"}
    assert (first["name"], first["last_four"], first["revoked_at"]) == ("laptop", token[-4:], None)
    assert datetime.fromisoformat(first["expires_at"]) == until
    async with Browser(server) as other:
        other.headers["Authorization"] = f"Token {token}"
        assert (await other.get("/users/me/")).status_code == 200
        assert [(await api.http.delete(f"{TOKENS}{identity}/")).status_code for _ in range(2)] == [204, 204]
        refused = await other.get("/users/me/")
    assert (refused.status_code, "revoked" in refused.json()["error"]) == (401, True)
    assert (await api.http.get(TOKENS)).json()["results"][0]["revoked_at"]
    async with process.database.read() as session:
        assert (await session.scalars(select(Token.hash).where(Token.name == "laptop"))).all().count(digest(token)) == 1


async def test_tokens_of_others(process: Process, server: str, api: Api) -> None:
    identity = (await api.http.post(TOKENS, json={"name": "mine"})).json()["id"]
    async with client_of(process, server, f"other-{api.project}@example.org") as other:
        assert (await other.http.get(TOKENS)).json()["count"] == 1
        assert (await other.http.delete(f"{TOKENS}{identity}/")).status_code == 404
    async with client_of(process, server, f"super-{api.project}@example.org", superuser=True) as superuser:
        assert (await superuser.http.delete(f"{TOKENS}{identity}/")).status_code == 204
        assert (await superuser.http.delete(f"{TOKENS}{uuid4()}/")).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\u0000b"}, "name"),
        ({"name": "a", "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "a", "expires_at": "2099-01-01T00:00:00"}, "expires_at"),
        ({"name": "a", "expires_at": "soon"}, "expires_at"),
    ],
)
async def test_wrong_requests(api: Api, body: dict[str, Any], field: str) -> None:
    answer = await api.http.post(TOKENS, json=body)
    assert (answer.status_code, list(answer.json())) == (400, [field])


async def test_there_is_an_end_to_tokens(process: Process, server: str) -> None:
    email = await person(process)
    for _ in range(99):
        await token_for(process, email)
    async with client_of(process, server, email) as client:
        answer = await client.http.post(TOKENS, json={"name": "one more"})
        assert (answer.status_code, "100" in answer.json()["error"]) == (400, True)
        last = (await client.http.get(TOKENS, params={"limit": 1, "offset": 99})).json()["results"][0]["id"]
        await client.http.delete(f"{TOKENS}{last}/")
        assert (await client.http.post(TOKENS, json={"name": "in its place"})).status_code == 201


async def test_get_token_says_who_calls_and_where_tokens_are_made(server: str, api: Api) -> None:
    answer = (await api.http.get("/api/v1/get-token/")).json()
    me = (await api.http.get("/api/v1/users/me/")).json()
    assert answer == {"user": me, "tokens_url": f"{server}{TOKENS}", "page_url": f"{server}/api/v1/get-token/"}


async def test_the_page_of_tokens_in_a_browser(process: Process, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    email = await person(process)
    async with Browser(server) as browser:
        browser.headers["Accept"] = "text/html,application/xhtml+xml,*/*;q=0.8"
        first = await browser.get("/get-token/")
        assert first.status_code == 401
        assert '<form id="sign-in">' in first.text
        await browser.sign_in(email)
        await browser.post("/tokens/", json={"name": "<script>alert(1)</script>"})
        page = await browser.get("/get-token/")
        csrf = browser.headers["X-CSRF-Token"]
        monkeypatch.setattr("citewell.web.routes.built_files", dict)  # as where the web app was not built
        register = await browser.get(f"{server}/register?invite=%3Cscript%3E")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == "private, no-store"
    assert f'data-csrf="{csrf}"' in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert "cw_" not in page.text
    assert '<form id="register">' in register.text
    for answer in (first, page, register):
        policy = answer.headers["content-security-policy"]
        [script] = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
        [style] = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
        for kind, text in (("script-src", script), ("style-src", style)):
            assert f"{kind} 'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" in policy
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert not re.findall(r'(?:src|href)="(?!/)', answer.text), "nothing from elsewhere"
