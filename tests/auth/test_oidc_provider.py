"""Signing in at a whole identity provider (Canaille, by pytest-iam): its registration, its consent, its groups."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx2 as httpx
import pytest

from citewell.process import Process
from citewell.settings import OidcProvider
from tests.auth.test_oidc import VIEW, browser_at, me
from tests.conftest import Api, serving

pytest_iam = pytest.importorskip("pytest_iam")
iam_server_port, iam_configuration = pytest_iam.iam_server_port, pytest_iam.iam_configuration
iam_server = pytest_iam.iam_server

EMAIL = "ann@acme.example"
PASSWORD = "correct horse battery staple"
PUBLIC = "http://kb.acme.example"


@pytest.fixture
async def company(iam_server: Any, process: Process, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """A server that is registered at the provider, under the address PUBLIC."""
    registration = {
        "client_name": "Citewell",
        "client_uri": PUBLIC,
        "redirect_uris": [f"{PUBLIC}/auth/oidc/acme/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": "openid profile email groups",
        "token_endpoint_auth_method": "client_secret_basic",
    }
    async with httpx.AsyncClient(base_url=iam_server.url) as http:
        made = await http.post("/oauth/register", json=registration)
    assert made.status_code == 201, made.text
    provider = OidcProvider(
        name="Acme",
        issuer=iam_server.url.rstrip("/"),
        client_id=made.json()["client_id"],
        client_secret=made.json()["client_secret"],
        scopes=["openid", "profile", "email", "groups"],
        trusts_addresses=True,
    )
    monkeypatch.setattr(process.settings, "oidc_providers", {"acme": provider})
    monkeypatch.setattr(process.settings, "public_url", PUBLIC)
    async with serving(process) as address:
        yield address


async def test_somebody_signs_in_with_a_password_there_and_has_the_permissions_of_a_group(
    iam_server: Any, company: str, process: Process, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = process.settings.oidc_providers["acme"]
    monkeypatch.setattr(acme, "groups", {"readers": {UUID(api.project): [VIEW]}})
    person = iam_server.random_user(user_name="ann", emails=[EMAIL], password=PASSWORD, groups=[])
    iam_server.random_group(display_name="readers", members=[person])
    async with browser_at(company) as http:
        assert (await http.get(f"/api/v1/projects/{api.project}/")).status_code == 401
        begun = await http.get("/auth/oidc/acme/start")
        assert begun.status_code == 302, begun.text
        back = await _signed_in_there(begun.headers["location"])
        assert back.startswith(PUBLIC)
        answer = await http.get(back.replace(PUBLIC, company))
        assert answer.status_code == 303, answer.text
        assert (await me(http))["email"] == EMAIL
        assert (await http.get(f"/api/v1/projects/{api.project}/")).status_code == 200
    async with browser_at(company) as stranger:
        refused = await stranger.get(answer.url)
        assert refused.status_code != 303, "a code is good once, in the browser that began"
        assert await me(stranger) == {}


async def _signed_in_there(address: str) -> str:
    """The address to which the provider sends a browser that signs in with its password and agrees."""
    async with httpx.AsyncClient(follow_redirects=True) as there:
        page = await there.get(address)
        assert page.status_code == 200, page.text
        page = await there.post(page.url, data={"login": "ann"})
        page = await there.post(page.url, data={"password": PASSWORD})
        there.follow_redirects = False
        answer = await there.post(page.url, data={"answer": "accept"})
        assert answer.status_code == 302, f"{answer.url}: {answer.text[:2000]}"
        return str(answer.headers["location"])
