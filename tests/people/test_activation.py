"""Accounts that an operator deactivates."""

import pytest
from sqlalchemy import select, update

from citewell.errors import BadRequest
from citewell.kit.ids import new_id
from citewell.models import AuditEntry, User
from citewell.process import Process
from citewell.users import administration
from citewell.users.activation import activate, deactivate
from tests.conftest import client_of


async def test_a_deactivated_user_is_let_in_nowhere_until_activated(process: Process, server: str) -> None:
    email = f"{new_id().hex}@example.org"
    async with client_of(process, server, email) as user:
        for active in (False, True):
            async with process.database.write() as session:
                row = (await session.scalars(select(User).where(User.email == email))).one()
                if active:
                    assert activate(row)
                else:
                    await deactivate(session, row)
            assert (await user.http.get("/api/v1/users/me/")).status_code == (200 if active else 401)
            if not active:
                async with client_of(process, server, f"{new_id().hex}@example.org", superuser=True) as owner:
                    listed = await owner.http.get("/api/v1/users/", params={"search": email})
                    assert [row["is_active"] for row in listed.json()["results"]] == [False]


async def test_superusers_change_the_accounts_of_others(process: Process, server: str) -> None:
    async with (
        client_of(process, server, f"{new_id().hex}@example.org", superuser=True) as owner,
        client_of(process, server, f"{new_id().hex}@example.org") as user,
    ):
        me = (await user.http.get("/api/v1/users/me/")).json()["id"]
        path = f"/api/v1/users/{me}/"
        assert (await user.http.patch(path, json={"is_superuser": True})).status_code == 403
        for change, status in (({"is_active": False}, 401), ({"is_active": True}, 200), ({"is_superuser": True}, 200)):
            changed = await owner.http.patch(path, json=change)
            assert changed.json().items() >= change.items(), changed.text
            assert (await user.http.get("/api/v1/users/me/")).status_code == status
        assert (await user.http.get("/api/v1/users/")).status_code == 200
        entries = (await owner.http.get("/api/v1/audit-log/", params={"limit": 3})).json()["results"]
        assert [entry["action"] for entry in entries] == ["superuser_changed", "user_activated", "user_deactivated"]
        assert {entry["object_id"] for entry in entries} == {me}
        own = (await owner.http.get("/api/v1/users/me/")).json()["id"]
        assert (await owner.http.patch(f"/api/v1/users/{own}/", json={"is_active": False})).status_code == 400


async def test_the_last_superuser_stays(process: Process, server: str) -> None:
    email = f"{new_id().hex}@example.org"
    async with client_of(process, server, email, superuser=True), process.database.write() as session:
        await session.execute(update(User).where(User.email != email).values(is_superuser=False))
        row = (await session.scalars(select(User).where(User.email == email))).one()
        with pytest.raises(BadRequest, match="last superuser"):
            await deactivate(session, row)
        await session.rollback()


async def test_the_command_line_makes_an_account_once_and_the_log_says_so(process: Process) -> None:
    email = f"{new_id().hex}@example.org"
    async with process.database.write() as session:
        made = await administration.create_user(session, email.upper(), password_hash=None, superuser=False)
        await administration.set_active(session, made, None, is_active=False)
        with pytest.raises(BadRequest, match="There is a user"):
            await administration.create_user(session, email, password_hash="another", superuser=True)
        assert await administration.issue_token(session, email, superuser=False)
        query = select(AuditEntry).where(AuditEntry.object_id == str(made.id)).order_by(AuditEntry.id)
        entries = (await session.scalars(query)).all()
    assert [entry.action for entry in entries] == ["user_created", "user_deactivated", "token_created"]
    assert {entry.detail["by"] for entry in entries} == {"command line"}
