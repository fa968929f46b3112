"""Organisations: who may see and change them, their keys, and the accounts that a key provisions."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import select

from citewell.kit.ids import new_id
from citewell.models import User
from citewell.process import Process
from citewell.users.activation import activate, deactivate
from tests.conftest import Api, client_of


@pytest.fixture
async def owner(process: Process, server: str) -> AsyncIterator[Api]:
    async with client_of(process, server, f"{new_id().hex}@example.org", superuser=True) as api:
        yield api


async def organization(owner: Api, *domains: str) -> dict[str, Any]:
    """A new organisation, with a key as `key`."""
    body = {"name": new_id().hex, "allowed_provisioning_domains": list(domains)}
    made = await owner.http.post("/api/v1/organizations/", json=body)
    assert made.status_code == 201, made.text
    minted = await owner.http.post(f"/api/v1/organizations/{made.json()['id']}/api-keys/", json={"name": "HR"})
    assert minted.status_code == 201, minted.text
    assert minted.headers["cache-control"] == "no-store"
    return {**made.json(), "key": minted.json()["key"], "key_id": minted.json()["id"]}


async def call(server: str, key: str, action: str, email: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=server, headers={"Authorization": f"Bearer {key}"}, timeout=60) as http:
        return await http.post(f"/api/v1/organizations/{action}-user/", json={"email": email})


async def test_a_key_is_shown_once_and_ends_at_once(owner: Api, server: str) -> None:
    made = await organization(owner, "corp.example")
    keys = f"/api/v1/organizations/{made['id']}/api-keys/"
    listed = await owner.http.get(keys)
    assert [row["last_four"] for row in listed.json()["results"]] == [made["key"][-4:]]
    assert made["key"] not in listed.text
    email = f"{new_id().hex}@corp.example"
    assert (await call(server, made["key"], "provision", email)).status_code == 200
    assert (await owner.http.delete(f"{keys}{made['key_id']}/")).status_code == 204
    assert (await call(server, made["key"], "provision", email)).status_code == 401
    assert (
        await owner.http.get("/api/v1/users/me/", headers={"Authorization": f"Bearer {made['key']}"})
    ).status_code == 401


async def test_reading_at_an_address_for_keys_needs_a_sign_in(server: str) -> None:
    """The middleware lets these addresses through; with GET they are those of an organisation."""
    async with httpx.AsyncClient(base_url=server, timeout=60) as http:
        for action in ("provision", "deprovision"):
            assert (await http.get(f"/api/v1/organizations/{action}-user/")).status_code == 401


async def test_provisioning_is_idempotent_and_stays_in_the_allowed_domains(owner: Api, server: str) -> None:
    made = await organization(owner, "corp.example")
    email = f"{new_id().hex}@corp.example"
    first, again = [(await call(server, made["key"], "provision", email)).json() for _ in range(2)]
    assert (first["created"], again["created"]) == (True, False)
    assert first["user_id"] == again["user_id"]
    refused = await call(server, made["key"], "provision", f"{new_id().hex}@else.example")
    assert refused.status_code == 403
    assert "else.example" in refused.json()["error"]


async def test_the_last_membership_takes_the_account_along(process: Process, owner: Api, server: str) -> None:
    """A user of two organisations keeps the account when one lets them go, and loses it with the second."""
    one, two = [await organization(owner, "corp.example") for _ in range(2)]
    async with client_of(process, server, f"{new_id().hex}@corp.example") as user:
        email = (await user.http.get("/api/v1/users/me/")).json()["email"]
        for made in (one, two):
            assert (await call(server, made["key"], "provision", email)).status_code == 200
        left = (await call(server, one["key"], "deprovision", email)).json()
        assert left == {"deprovisioned": True, "deactivated": False}
        assert (await user.http.get("/api/v1/users/me/")).status_code == 200
        assert (await call(server, two["key"], "deprovision", email)).json()["deactivated"]
        refused = await user.http.get("/api/v1/users/me/")
        assert refused.status_code == 401
        assert "deactivated" in refused.json()["error"]
        assert not (await call(server, two["key"], "deprovision", email)).json()["deprovisioned"]
        back = (await call(server, two["key"], "provision", email)).json()
        assert (back["created"], back["reactivated"]) == (False, True)
        assert (await user.http.get("/api/v1/users/me/")).status_code == 200
    unknown = await call(server, one["key"], "deprovision", f"{new_id().hex}@corp.example")
    assert unknown.json() == {"deprovisioned": False, "deactivated": False}


async def test_no_key_locks_a_superuser_out(owner: Api, server: str) -> None:
    made = await organization(owner, "example.org")
    email = (await owner.http.get("/api/v1/users/me/")).json()["email"]
    await call(server, made["key"], "provision", email)
    ended = (await call(server, made["key"], "deprovision", email)).json()
    assert ended == {"deprovisioned": True, "deactivated": False}
    assert (await owner.http.get("/api/v1/users/me/")).status_code == 200


async def test_no_key_activates_whom_an_operator_deactivated(process: Process, owner: Api, server: str) -> None:
    """Neither at once nor after deprovisioning, which would make it the organisation's own deactivation."""
    made = await organization(owner, "corp.example")
    async with client_of(process, server, f"{new_id().hex}@corp.example") as user:
        email = (await user.http.get("/api/v1/users/me/")).json()["email"]
        assert (await call(server, made["key"], "provision", email)).status_code == 200
        await _set_active(process, email, active=False)
        refused = await call(server, made["key"], "provision", email)
        assert (refused.status_code, "operator" in refused.json()["error"]) == (403, True)
        await call(server, made["key"], "deprovision", email)
        assert (await call(server, made["key"], "provision", email)).status_code == 403
        assert (await user.http.get("/api/v1/users/me/")).status_code == 401
        await _set_active(process, email, active=True)
        assert (await call(server, made["key"], "provision", email)).status_code == 200
        assert (await user.http.get("/api/v1/users/me/")).status_code == 200


async def _set_active(process: Process, email: str, *, active: bool) -> None:
    """As `citewell user activate` and `citewell user deactivate` do."""
    async with process.database.write() as session:
        user = (await session.scalars(select(User).where(User.email == email))).one()
        if active:
            activate(user)
        else:
            await deactivate(session, user)


async def test_admins_see_their_own_organisation_and_change_nothing(process: Process, owner: Api, server: str) -> None:
    mine, other = [await organization(owner, "corp.example") for _ in range(2)]
    async with client_of(process, server, f"{new_id().hex}@corp.example") as admin:
        me = (await admin.http.get("/api/v1/users/me/")).json()
        assert (await admin.http.get("/api/v1/organizations/")).json()["count"] == 0
        path = f"/api/v1/organizations/{mine['id']}"
        named = await owner.http.put(f"{path}/members/{me['id']}/", json={"is_admin": True})
        assert named.status_code == 200, named.text
        assert [row["id"] for row in (await admin.http.get("/api/v1/organizations/")).json()["results"]] == [mine["id"]]
        assert (await admin.http.get(f"{path}/api-keys/")).json()["count"] == 1
        [member] = (await admin.http.get(f"{path}/members/")).json()["results"]
        assert (member["email"], member["is_admin"], member["is_active"]) == (me["email"], True, True)
        assert (await admin.http.get(f"/api/v1/organizations/{other['id']}/api-keys/")).status_code == 404
        assert (await admin.http.post(f"{path}/api-keys/", json={})).status_code == 403
        domains = {"allowed_provisioning_domains": ["else.example"]}
        assert (await admin.http.patch(f"{path}/", json=domains)).status_code == 403
        changed = await owner.http.patch(f"{path}/", json={"allowed_provisioning_domains": ["@Else.Example"]})
        assert changed.json()["allowed_provisioning_domains"] == ["else.example"]
        wrong = await owner.http.patch(f"{path}/", json={"allowed_provisioning_domains": ["not a domain"]})
        assert wrong.status_code == 400
        assert (await admin.http.delete(f"{path}/members/{me['id']}/")).status_code == 403
        removed = [await owner.http.delete(f"{path}/members/{me['id']}/") for _ in range(2)]
        assert [each.status_code for each in removed] == [204, 404]
        assert (await admin.http.get("/api/v1/organizations/")).json()["count"] == 0, (
            "the account stays, its rights do not"
        )
