"""People sign in with a password: the session, its cookie, and what it takes to change something with it."""

import asyncio
import hashlib
import re
import time
from datetime import timedelta
from uuid import UUID

import httpx2 as httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select, update

from citewell.auth.tokens import digest
from citewell.kit.time import now
from citewell.models import AuditEntry, Invite, ProjectPermission, User, UserSession
from citewell.process import Process
from citewell.users.service import ensure_user
from tests.auth.people import PASSWORD, Browser, person
from tests.conftest import Api, token_for
from tests.people.test_members import mail_to


async def entries(process: Process, email: str) -> list[AuditEntry]:
    async with process.database.read() as session:
        user = (await session.scalars(select(User.id).where(User.email == email))).one()
        of_user = (AuditEntry.actor_id == user) | (AuditEntry.object_id == str(user))
        return list(await session.scalars(select(AuditEntry).where(of_user).order_by(AuditEntry.at)))


async def test_a_session_from_sign_in_to_sign_out(process: Process, server: str) -> None:
    email = await person(process)
    async with Browser(server) as browser:
        answer = await browser.sign_in(f"  {email.upper()} ")
        assert answer.status_code == 200, answer.text
        assert answer.json()["user"]["email"] == email
        assert answer.headers["cache-control"] == "no-store"
        cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith("citewell_session"))
        assert {"HttpOnly", "Path=/", "SameSite=lax", f"Max-Age={14 * 86400}"} <= set(cookie.split("; "))
        assert "Secure" not in cookie
        session = (await browser.get("/auth/session/")).json()
        assert session == answer.json()
        assert (await browser.get("/projects/")).status_code == 200
        secret = browser.cookies["citewell_session"]
        async with process.database.read() as database:
            row = (await database.scalars(select(UserSession).where(UserSession.hash == digest(secret)))).one()
        assert timedelta(days=13.9) < row.expires_at - now() <= timedelta(days=14)
        assert (await browser.post("/auth/logout/")).status_code == 204
        assert "citewell_session" not in browser.cookies
        browser.cookies.set("citewell_session", secret)
        again = await browser.get("/projects/")
    assert again.status_code == 401
    assert "ended" in again.json()["error"]
    assert [entry.action for entry in await entries(process, email)] == ["login", "logout"]


async def test_changes_by_cookie_need_the_csrf_token(process: Process, server: str, api: Api) -> None:
    email = await person(process)
    body = {"name": "Made in a browser"}
    async with Browser(server) as browser:
        await browser.sign_in(email)
        right = browser.headers.pop("X-CSRF-Token")
        async with Browser(server) as other:
            await other.sign_in(email)
            of_another = other.headers["X-CSRF-Token"]
        for wrong in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": of_another}, {"X-CSRF-Token": "\u00e4".encode()}):
            for method in ("POST", "PUT", "PATCH", "DELETE"):
                refused = await browser.request(method, "/projects/", json=body, headers=wrong)
                assert refused.status_code == 403, (method, wrong)
                assert "X-CSRF-Token" in refused.json()["error"]
        made = await browser.post("/projects/", json=body, headers={"X-CSRF-Token": right})
        assert made.status_code == 201
        assert (await browser.get("/projects/")).json()["count"] == 1
        by_token = await browser.post("/projects/", json=body, headers={"Authorization": f"Bearer {api.token}"})
    assert by_token.status_code == 201, "the header of a token comes before the cookie"


async def test_a_form_of_another_site_cannot_sign_in(process: Process, server: str) -> None:
    text = f'{{"email": "{await person(process)}", "password": "{PASSWORD}"}}'
    async with Browser(server) as browser:
        for kind in ("text/plain", "application/x-www-form-urlencoded"):
            answer = await browser.post("/auth/login/", content=text, headers={"Content-Type": kind})
            assert answer.status_code == 415, kind
            assert not browser.cookies


async def test_the_cookie_is_secure_over_https(process: Process, server: str) -> None:
    email = await person(process)
    async with Browser(server) as browser:
        browser.headers["X-Forwarded-Proto"] = "https"
        answer = await browser.sign_in(email)
    cookies = answer.headers.get_list("set-cookie")
    assert len(cookies) == 2
    assert all("; Secure" in cookie for cookie in cookies)


async def test_an_unknown_address_and_a_wrong_password_look_the_same(process: Process, server: str) -> None:
    known, without = await person(process), await person(process, None)
    async with Browser(server) as browser:
        await browser.sign_in("first@example.org")  # whatever is made once is made
        answers, seconds = [], {}
        for email in (known, without, "nobody@example.org", "not an address") * 2:
            started = time.process_time()
            answers.append(await browser.sign_in(email, "a wrong password"))
            seconds[email] = min(time.process_time() - started, seconds.get(email, 60))
    assert {(answer.status_code, answer.text) for answer in answers} == {
        (401, '{"error":"The address or the password is wrong.","code":"not_authenticated"}')
    }
    # Of the processor: without a hash it would be a tenth.
    assert min(seconds.values()) > seconds[known] / 3, seconds
    assert [entry.action for entry in await entries(process, known)] == ["login_failed"] * 2


async def test_no_secret_is_in_the_audit_log_or_in_an_answer(process: Process, server: str) -> None:
    email = await person(process)
    wrong = "not quite the password"
    async with Browser(server) as browser:
        await browser.sign_in(email, wrong)
        await browser.sign_in(wrong, wrong)
        answer = await browser.sign_in(email)
        made = await browser.post("/tokens/", json={"name": "laptop"})
        secrets = (PASSWORD, wrong, browser.cookies["citewell_session"], made.json()["token"])
    assert "password" not in answer.text
    async with process.database.read() as session:
        written = [
            f"{row.actor_email} {row.object_id} {row.detail}" for row in await session.scalars(select(AuditEntry))
        ]
    assert written
    assert not [text for text in written for secret in secrets if secret in text]


async def test_changing_the_password_ends_the_other_sessions(process: Process, server: str) -> None:
    email, new = await person(process), "a meadow of nine clocks"
    token = await token_for(process, email)
    async with Browser(server) as here, Browser(server) as there:
        await here.sign_in(email)
        await there.sign_in(email)
        wrong = await here.post("/auth/password/", json={"current_password": "no idea at all", "new_password": new})
        assert (wrong.status_code, list(wrong.json())) == (400, ["current_password"])
        change = {"current_password": PASSWORD, "new_password": new}
        assert (await here.post("/auth/password/", json=change)).status_code == 204
        assert (await here.get("/auth/session/")).status_code == 200
        assert (await there.get("/auth/session/")).status_code == 401
        assert (await there.sign_in(email)).status_code == 401
        assert (await there.sign_in(email, new)).status_code == 200
        by_token = await Browser(server).get("/users/me/", headers={"Authorization": f"Token {token}"})
        assert by_token.status_code == 200
    actions = [entry.action for entry in await entries(process, email)]
    assert actions == ["login", "login", "password_change_failed", "password_changed", "login_failed", "login"]


@pytest.mark.parametrize("bad", ["short", "password1234", "Password1234", "0" * 10, "a" * 1025, "{email}", "{EMAIL}"])
async def test_passwords_that_are_refused(process: Process, server: str, bad: str) -> None:
    email = await person(process)
    new = bad.replace("{email}", email).replace("{EMAIL}", email.upper())
    async with Browser(server) as browser:
        await browser.sign_in(email)
        answer = await browser.post("/auth/password/", json={"current_password": PASSWORD, "new_password": new})
    assert (answer.status_code, list(answer.json())) == (400, ["new_password"])


@pytest.mark.parametrize("good", ["p" * 1023 + "q", "\u0000 \u200f\U0001f511 a b c", "sp\u00e4te Sch\u00e4fchen"])
async def test_passwords_of_any_characters(process: Process, server: str, good: str) -> None:
    email = await person(process)
    async with Browser(server) as browser:
        await browser.sign_in(email)
        change = {"current_password": PASSWORD, "new_password": good}
        assert (await browser.post("/auth/password/", json=change)).status_code == 204
        # The same characters, composed in the other way.
        assert (await browser.sign_in(email, good.replace("\u00e4", "a\u0308"))).status_code == 200


@pytest.mark.parametrize("bad", ['"\\ud800"', '"a\\u0000@b.example"', '""', "5", "null", f'"{"a" * 400}"'])
async def test_odd_addresses_and_passwords(server: str, bad: str) -> None:
    async with Browser(server) as browser:
        browser.headers["Content-Type"] = "application/json"
        email = await browser.post("/auth/login/", content=f'{{"email": {bad}, "password": "x"}}')
        password = await browser.post("/auth/login/", content=f'{{"email": "a@b.example", "password": {bad}}}')
        invite = await browser.post("/auth/register/", content=f'{{"invite": {bad}, "password": "{PASSWORD}"}}')
    assert email.status_code == 400
    assert password.status_code in (400, 401)
    assert invite.status_code == 400


async def test_what_is_open_is_open_with_and_without_a_slash(server: str) -> None:
    async with Browser(server) as nobody:
        assert (await nobody.post("/auth/login", json={}, follow_redirects=True)).status_code == 400
        assert (await nobody.get("/openapi.json")).status_code == 200
        for closed in ("/get-token//", "/auth/login/x", "/auth/", "/openapi.json/x", "/Auth/login/", "/nothing"):
            assert (await nobody.get(closed)).status_code == 401, closed


async def test_an_expired_session(process: Process, server: str) -> None:
    email = await person(process)
    async with Browser(server) as browser:
        await browser.sign_in(email)
        async with process.database.write() as session:
            mine = UserSession.hash == digest(browser.cookies["citewell_session"])
            await session.execute(update(UserSession).where(mine).values(expires_at=now()))
        assert (await browser.get("/auth/session/")).status_code == 401
        assert (await browser.sign_in(email)).status_code == 200
    async with process.database.read() as session:
        query = select(func.count()).select_from(UserSession).join(User).where(User.email == email)
        assert await session.scalar(query) == 1, "what has ended is forgotten"


async def test_a_flood_of_sign_ins_does_not_hold_up_the_server(
    process: Process, server: str, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What an unknown address is compared with: here a hash that costs what it should.
    monkeypatch.setattr(process.passwords, "_of_nobody", PasswordHasher().hash("nobody's"))
    browsers = [Browser(server) for _ in range(24)]
    flood = [
        asyncio.create_task(browser.sign_in(f"{number}@flood.example", "wrong" * 3))
        for number, browser in enumerate(browsers)
    ]
    await asyncio.wait(flood, return_when=asyncio.FIRST_COMPLETED)
    assert (await api.http.get("/api/v1/users/me/")).status_code == 200
    assert sum(not task.done() for task in flood) > 5, "the answer did not wait for them"
    assert {(await task).status_code for task in flood} == {401}
    for browser in browsers:
        await browser.aclose()


async def _invite(process: Process, project: str, email: str, secret: str) -> None:
    async with process.database.write() as session:
        row = Invite(project_id=UUID(project), email=email, permissions=["CAN_VIEW_DATA"])
        row.secret_hash = hashlib.sha256(secret.encode()).digest()
        session.add(row)


async def test_an_invitation_makes_the_user_and_gives_what_it_promised(process: Process, server: str, api: Api) -> None:
    email, second = (
        f"new-{api.project}@example.org",
        (await api.http.post("/api/v1/projects/", json={"name": "B"})).json(),
    )
    await _invite(process, api.project, email, f"secret {api.project}")
    await _invite(process, second["id"], email, f"secret {second['id']}")
    body = {"invite": f"secret {api.project}", "password": PASSWORD}
    async with Browser(server) as browser:
        weak = await browser.post("/auth/register/", json=body | {"password": email})
        assert (weak.status_code, list(weak.json())) == (400, ["password"])
        made = await browser.post("/auth/register/", json=body)
        assert made.status_code == 201, made.text
        assert made.json()["user"]["email"] == email
        assert not made.json()["user"]["is_superuser"]
        seen = (await browser.get("/projects/")).json()["results"]
        assert {project["id"] for project in seen} == {api.project, second["id"]}
        for used in (body, body | {"invite": f"secret {second['id']}"}, body | {"invite": "made up"}):
            again = await browser.post("/auth/register/", json=used)
            assert (again.status_code, list(again.json())) == (400, ["invite"])
        assert (await browser.sign_in(email)).status_code == 200


async def test_from_the_mail_of_an_invitation_to_the_project(process: Process, server: str, api: Api) -> None:
    email = f"mail-{api.project}@example.org"
    await api.post("/invites/invite/", json={"email": email, "permissions": ["CAN_VIEW_DATA"]})
    [link] = re.findall(r"http\S+", (await mail_to(process, email)).get_content())
    async with Browser(server) as browser:
        assert (await browser.get(link)).status_code == 200
        invite = httpx.URL(link).params["invite"]
        made = await browser.post("/auth/register/", json={"invite": invite, "password": PASSWORD})
        assert (made.status_code, made.json()["user"]["email"]) == (201, email)
        assert (await browser.get(f"/projects/{api.project}/")).status_code == 200


async def test_an_invitation_does_not_replace_a_password(process: Process, server: str, api: Api) -> None:
    email = await person(process)
    await _invite(process, api.project, email, f"taken {api.project}")
    async with Browser(server) as browser:
        body = {"invite": f"taken {api.project}", "password": "another long password"}
        assert (await browser.post("/auth/register/", json=body)).status_code == 400
        assert (await browser.sign_in(email)).status_code == 200
        assert (await browser.get(f"/projects/{api.project}/")).status_code == 200, "honoured at sign-in"


async def test_two_at_once_with_one_invitation(process: Process, server: str, api: Api) -> None:
    email = f"twice-{api.project}@example.org"
    await _invite(process, api.project, email, f"one {api.project}")
    async with Browser(server) as browser:
        body = {"invite": f"one {api.project}", "password": PASSWORD}
        answers = await asyncio.gather(*(browser.post("/auth/register/", json=body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 400, 400, 400]
    async with process.database.read() as session:
        user = await ensure_user(session, email)
        query = select(func.count()).where(ProjectPermission.user_id == user.id)
        assert await session.scalar(query) == 1


async def test_a_session_opens_the_page_behind_a_citation(process: Process, server: str, api: Api) -> None:
    email = await person(process, superuser=True)
    page = f"{server}/{api.project}/reference/{api.project}"
    async with Browser(server) as browser:
        assert (await browser.get(page)).status_code == 401
        await browser.sign_in(email)
        assert (await browser.get(page)).status_code == 404, "signed in, but there is no such passage"
