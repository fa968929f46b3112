"""SCIM 2.0 over a socket: the conformance suite of `scim2-tester`, and what a directory's changes do to accounts."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2 as httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from citewell.kit.ids import new_id
from citewell.models import User as Account
from citewell.organizations.access import KeyHolder
from citewell.organizations.provisioning import Deprovisioned, deprovision, provision
from citewell.process import Process
from tests.conftest import Api, client_of
from tests.organizations.test_organizations import call, organization

DOMAIN = "corp.example"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
USER, GROUP = (f"urn:ietf:params:scim:schemas:core:2.0:{name}" for name in ("User", "Group"))


@dataclass
class Directory:
    """A company's directory that provisions here; `owner` is a superuser."""

    http: httpx.AsyncClient
    owner: Api
    organization: dict[str, Any]

    async def add_user(self, email: str, **more: Any) -> dict[str, Any]:
        made = await self.http.post("/Users", json={"schemas": [USER], "userName": email, **more})
        assert made.status_code == 201, made.text
        return dict(made.json())

    async def patch(self, path: str, *operations: dict[str, Any]) -> httpx.Response:
        return await self.http.patch(path, json={"schemas": [PATCH], "Operations": list(operations)})


@pytest.fixture
async def directory(process: Process, server: str) -> AsyncIterator[Directory]:
    async with client_of(process, server, f"{new_id().hex}@example.org", superuser=True) as owner:
        made = await organization(owner, DOMAIN)
        headers = {"Authorization": f"Bearer {made['key']}"}
        async with httpx.AsyncClient(base_url=f"{server}/scim/v2", headers=headers, timeout=60) as http:
            yield Directory(http, owner, made)


async def test_the_conformance_suite_finds_nothing(directory: Directory, server: str) -> None:
    def check() -> list[str]:
        from tests.organizations.scim_suite import faults_of

        return faults_of(f"{server}/scim/v2", directory.organization["key"], DOMAIN)

    assert await asyncio.to_thread(check) == []


async def test_a_user_gets_an_account_and_loses_it(process: Process, directory: Directory, server: str) -> None:
    async with client_of(process, server, f"{new_id().hex}@{DOMAIN}") as person:
        me = (await person.http.get("/api/v1/users/me/")).json()
        made = await directory.add_user(me["email"], externalId="e-1", password="not kept")
        assert "password" not in made
        again = await directory.http.post("/Users", json={"schemas": made["schemas"], "userName": me["email"].upper()})
        assert (again.status_code, again.json()["scimType"]) == (409, "uniqueness")
        found = (await directory.http.get("/Users", params={"filter": 'externalId eq "e-1"'})).json()
        assert [each["id"] for each in found["Resources"]] == [made["id"]]

        path = f"/Users/{made['id']}"
        # As Entra ID writes it.
        left = await directory.patch(path, {"op": "Replace", "path": "active", "value": "False"})
        assert left.status_code == 200, left.text
        assert (await person.http.get("/api/v1/users/me/")).status_code == 401
        back = await directory.patch(path, {"op": "replace", "value": {"active": True}})
        assert back.status_code == 200, back.text
        assert (await person.http.get("/api/v1/users/me/")).status_code == 200
        assert (await directory.http.delete(path)).status_code == 204
        assert (await person.http.get("/api/v1/users/me/")).status_code == 401
        assert (await directory.http.get(path)).status_code == 404


async def test_groups_give_permissions_and_take_them_back(
    process: Process, directory: Directory, server: str, api: Api
) -> None:
    async with client_of(process, server, f"{new_id().hex}@{DOMAIN}") as person:
        person.project = api.project
        email = (await person.http.get("/api/v1/users/me/")).json()["email"]
        user = await directory.add_user(email)
        permissions = {"group_permissions": {"Readers": {api.project: ["CAN_VIEW_DATA"]}}}
        path = f"/api/v1/organizations/{directory.organization['id']}/"
        assert (await directory.owner.http.patch(path, json=permissions)).status_code == 200
        assert (await person.get("/documents/")).status_code == 403

        body = {"schemas": [GROUP], "displayName": "Readers", "members": [{"value": user["id"]}]}
        group = (await directory.http.post("/Groups", json=body)).json()
        assert (await person.get("/documents/")).status_code == 200
        out = {"op": "remove", "path": f'members[value eq "{user["id"]}"]'}
        assert (await directory.patch(f"/Groups/{group['id']}", out)).status_code == 200
        assert (await person.get("/documents/")).status_code == 403
        again = {"op": "add", "path": "members", "value": [{"value": user["id"]}]}
        assert (await directory.patch(f"/Groups/{group['id']}", again)).status_code == 200
        assert (await person.get("/documents/")).status_code == 200
        assert (await directory.owner.http.patch(path, json={"group_permissions": {}})).status_code == 200
        assert (await person.get("/documents/")).status_code == 403

        # Deprovisioned by a call, the person is still in the directory; another membership keeps the account.
        other = await organization(directory.owner, DOMAIN)
        assert (await call(server, other["key"], "provision", email)).status_code == 200
        left = await call(server, directory.organization["key"], "deprovision", email)
        assert left.json() == {"deprovisioned": True, "deactivated": False}
        assert (await directory.owner.http.patch(path, json=permissions)).status_code == 200
        assert (await person.get("/documents/")).status_code == 403


async def test_a_directory_reaches_nobody_elses_accounts(process: Process, directory: Directory, server: str) -> None:
    """Addresses outside the domains, accounts of others, and resources of another organisation."""
    user = await directory.add_user(f"{new_id().hex}@{DOMAIN}")
    outside = await directory.http.post("/Users", json={"schemas": user["schemas"], "userName": "a@else.example"})
    assert outside.status_code == 403
    assert outside.headers["content-type"].startswith("application/scim+json")
    async with client_of(process, server, f"{new_id().hex}@{DOMAIN}") as other:
        taken = (await other.http.get("/api/v1/users/me/")).json()["email"]
        renamed = await directory.patch(f"/Users/{user['id']}", {"op": "replace", "path": "userName", "value": taken})
        assert renamed.status_code == 409
    made = await organization(directory.owner, DOMAIN)
    assert (await call(server, made["key"], "provision", user["userName"])).status_code == 200
    shared = await directory.patch(
        f"/Users/{user['id']}", {"op": "replace", "path": "userName", "value": f"{new_id().hex}@{DOMAIN}"}
    )
    assert (shared.status_code, shared.json()["scimType"]) == (400, "mutability")
    headers = {"Authorization": f"Bearer {made['key']}"}
    assert (await directory.http.get(f"/Users/{user['id']}", headers=headers)).status_code == 404
    assert (await directory.http.get("/Users", headers=headers)).json()["totalResults"] == 0
    assert (await directory.http.get("/Users", headers={"Authorization": "Bearer cwk_wrong"})).status_code == 401


async def test_only_members_in_the_domains_are_renamed(process: Process, directory: Directory, server: str) -> None:
    """Whoever has the new address takes the account over, so a directory must not rename what it may not provision."""
    email = f"{new_id().hex}@{DOMAIN}"
    user = await directory.add_user(email)
    new = {"op": "replace", "path": "userName", "value": f"{new_id().hex}@else.example"}
    domains = f"/api/v1/organizations/{directory.organization['id']}/"
    await directory.owner.http.patch(domains, json={"allowed_provisioning_domains": ["else.example"]})
    assert (await directory.patch(f"/Users/{user['id']}", new)).status_code == 403, "the old address is outside"
    await directory.owner.http.patch(domains, json={"allowed_provisioning_domains": [DOMAIN, "else.example"]})
    await call(server, directory.organization["key"], "deprovision", email)
    left = await directory.patch(f"/Users/{user['id']}", new)
    assert (left.status_code, left.json()["scimType"]) == (400, "mutability"), "no member any more"
    await call(server, directory.organization["key"], "provision", email)
    assert (await directory.patch(f"/Users/{user['id']}", new)).status_code == 200


async def test_two_organisations_at_once_see_what_the_other_does(process: Process, directory: Directory) -> None:
    """One that lets the user go waits for the other, which takes them in: the account stays active."""
    user = await directory.add_user(f"{new_id().hex}@{DOMAIN}")
    made = await organization(directory.owner, DOMAIN)
    one, two = [KeyHolder(UUID(each["id"]), UUID(each["key_id"]), "") for each in (directory.organization, made)]

    async def let_go(patience: str) -> Deprovisioned:
        async with process.database.write() as second:
            await second.execute(text(f"SET LOCAL lock_timeout = '{patience}'"))
            return await deprovision(second, one, await second.get_one(Account, account.id))

    async with process.database.write() as first:
        account = (await provision(first, two, user["userName"])).user
        with pytest.raises(OperationalError, match="lock timeout"):
            await let_go("1ms")
    ended = await let_go("60s")
    assert (ended.deprovisioned, ended.deactivated) == (True, False)


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b"[]", 400), (b'{"schemas": [], "userName": 7}', 400), (b'{"a":' * 5000, 400)],
)
async def test_hostile_bodies_are_refused(directory: Directory, body: bytes, status: int) -> None:
    answer = await directory.http.post("/Users", content=body, headers={"Content-Type": "application/scim+json"})
    assert answer.status_code == status, answer.text
    assert (await directory.http.get("/Users", params={"filter": "userName eq " + "(" * 3000})).status_code == 400


async def test_a_body_that_is_nested_deeply_is_refused_whatever_its_type(directory: Directory) -> None:
    body = '{"schemas": ' + "[" * 9000 + "]" * 9000 + "}"
    answer = await directory.http.post("/Users", content=body, headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidSyntax")


async def test_a_directory_may_send_a_large_group(directory: Directory) -> None:
    answer = await directory.http.post(
        "/Groups", json={"schemas": [GROUP], "displayName": "All", "more": "x" * 200_000}
    )
    assert answer.status_code != 413, answer.text
