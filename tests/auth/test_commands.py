"""People and tokens from the command line, in a database beside a running server's."""

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from citewell.cli import welcome
from citewell.models import AuditEntry, User
from citewell.process import Process, open_process
from tests.auth.people import PASSWORD, Browser, new_peer
from tests.conftest import make_settings, token_for
from tests.processes import citewell

NEW = "a meadow of nine clocks"


@pytest.fixture
def command(process: Process, tmp_path: Path) -> Any:
    assert process.settings.database_url is not None
    url = process.settings.database_url.get_secret_value()
    return lambda *words, stdin="": citewell(*words, "--database-url", url, cwd=tmp_path, stdin=stdin)


async def test_a_user_with_a_password(process: Process, server: str, command: Any) -> None:
    email = f"ada-{new_peer()}@example.org"
    made = command("user", "create", email.upper(), "--password-stdin", "--superuser", stdin=f"{PASSWORD}\n")
    assert made.returncode == 0, made.stderr
    async with process.database.read() as session:
        stored = await session.scalar(select(User.password_hash).where(User.email == email))
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$"), "what argon2-cffi recommends"
    async with Browser(server) as browser:
        user = (await browser.sign_in(email)).json()["user"]
        assert (user["id"], user["is_superuser"]) == (made.stdout.strip(), True)
        for _ in range(6):
            assert (await Browser(server).sign_in(email, "wrong password")).status_code == 401
        changed = command("user", "password", email, "--password-stdin", stdin=f"{NEW}\n")
        assert changed.returncode == 0, changed.stderr
        assert PASSWORD not in changed.stdout + changed.stderr + made.stdout + made.stderr
        assert (await browser.get("/auth/session/")).status_code == 401, "its sessions have ended"
        assert (await browser.sign_in(email, NEW)).status_code == 200, "without a wait"


async def test_tokens_are_listed_and_revoked(process: Process, server: str, command: Any) -> None:
    email = f"grace-{new_peer()}@example.org"
    token = await token_for(process, email)
    listed = command("token", "list", email)
    assert listed.returncode == 0, listed.stderr
    assert token not in listed.stdout
    [identity] = re.findall(r"[0-9a-f-]{36}", listed.stdout)
    assert token[-4:] in listed.stdout
    async with Browser(server) as browser:
        browser.headers["Authorization"] = f"Bearer {token}"
        assert (await browser.get("/users/me/")).status_code == 200
        assert command("token", "revoke", identity).returncode == 0
        assert (await browser.get("/users/me/")).status_code == 401


async def test_the_token_of_the_first_start_is_in_the_audit_log(database_url: str, tmp_path: Path) -> None:
    async with open_process(make_settings(database_url, tmp_path, embedding="none")) as process:
        assert await welcome._first_owner(process)
        async with process.database.read() as session:
            entry = (await session.scalars(select(AuditEntry))).one()
    assert (entry.action, entry.detail) == ("token_created", {"email": welcome.OWNER, "by": "first start"})
