"""Signing in at an identity provider, which is a real one on this machine."""

import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx2 as httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from sqlalchemy import func, select, update

from citewell.accounts.oidc.provider import LOGOUT_EVENT, Provider
from citewell.accounts.oidc.renewal import Renewal
from citewell.auth.sessions import COOKIE
from citewell.kit.ids import new_id
from citewell.models import ProviderSession, User
from citewell.process import Process
from citewell.settings import OidcProvider
from tests.conftest import Api, client_of, serving

VIEW, ADMIN = "CAN_VIEW_DATA", "CAN_PERFORM_ADMIN_ACTIONS"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    mock = pytest.importorskip("oidc_provider_mock")
    with mock.run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
async def companies(process: Process, issuer: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """A server that knows two providers; the settings of each may be changed by a test."""
    settings = OidcProvider(name="Acme", issuer=issuer, client_id="kb", client_secret="secret")  # type: ignore[arg-type]
    other = settings.model_copy(update={"name": "Other", "email_domains": ["other.example"]})
    monkeypatch.setattr(process.settings, "oidc_providers", {"acme": settings, "other": other})
    async with serving(process) as address:
        yield address


@contextlib.asynccontextmanager
async def browser_at(server: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server, timeout=60) as http:
        yield http


def claims(issuer: str, subject: str, **more: Any) -> None:
    """What the provider knows of somebody."""
    made = httpx.put(f"{issuer}/users/{subject}", json={"email_verified": True, **more})
    assert made.is_success, made.text


async def to_provider(http: httpx.AsyncClient, subject: str, key: str = "acme", to: str = "/") -> str:
    """Begin, sign in there; returns the address to which the provider sends the browser."""
    begun = await http.get(f"/auth/oidc/{key}/start", params={"to": to})
    assert begun.status_code == 302, begun.text
    async with httpx.AsyncClient() as there:
        answer = await there.post(begun.headers["location"], data={"sub": subject})
    assert answer.status_code in (302, 303), answer.text
    return str(answer.headers["location"])


async def sign_in(http: httpx.AsyncClient, subject: str, key: str = "acme", to: str = "/") -> httpx.Response:
    return await http.get(await to_provider(http, subject, key, to))


async def me(http: httpx.AsyncClient) -> dict[str, Any]:
    answer = await http.get("/api/v1/auth/session/")
    return dict(answer.json()["user"]) if answer.status_code == 200 else {}


async def test_somebody_new_comes_in_with_what_an_invite_promised(
    process: Process, companies: str, issuer: str, api: Api
) -> None:
    subject = new_id().hex
    email = f"{subject}@acme.example"
    claims(issuer, subject, email=email.upper())
    invited = await api.post("/invites/invite/", json={"email": email, "permissions": [VIEW]})
    assert invited.status_code == 201
    async with browser_at(companies) as http:
        ways = (await http.get("/api/v1/auth/ways/")).json()
        assert [one["name"] for one in ways["providers"]] == ["Acme", "Other"]
        answer = await sign_in(http, subject, to="/library?x=1")
        assert (answer.status_code, answer.headers["location"]) == (303, "/library?x=1")
        assert (await me(http))["email"] == email
        assert (await http.get(f"/api/v1/projects/{api.project}/")).status_code == 200
        first = (await me(http))["id"]
    claims(issuer, subject, email=f"new-{email}")  # another address, the same person
    async with browser_at(companies) as http:
        await sign_in(http, subject)
        assert (await me(http))["id"] == first


async def test_groups_give_permissions_and_take_them_back(
    process: Process, companies: str, issuer: str, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = process.settings.oidc_providers["acme"]
    monkeypatch.setattr(acme, "groups", {"kb-admins": {UUID(api.project): [ADMIN]}, "kb": {UUID(api.project): [VIEW]}})
    subject = new_id().hex
    email = f"{subject}@acme.example"
    path = f"/api/v1/projects/{api.project}/"
    async with browser_at(companies) as http:
        for groups, status in ((["kb", "others"], 200), ([], 403), ("kb-admins", 200)):
            claims(issuer, subject, email=email, groups=groups)
            await sign_in(http, subject)
            assert (await http.get(path)).status_code == status, groups
        assert (await http.get(f"{path}webhooks/")).status_code == 200  # of admins
    granted = (await api.get("/users/", params={"search": email})).json()["results"]
    assert [row["permissions"] for row in granted] == [[ADMIN]]


@pytest.mark.parametrize(
    ("key", "more"),
    [("acme", {"email_verified": False}), ("acme", {"email": None}), ("other", {}), ("acme", {"email": "not one"})],
)
async def test_who_does_not_come_in(companies: str, issuer: str, key: str, more: dict[str, Any]) -> None:
    subject = new_id().hex
    claims(issuer, subject, **({"email": f"{subject}@acme.example"} | more))
    async with browser_at(companies) as http:
        answer = await sign_in(http, subject, key)
        assert answer.status_code in (400, 403), answer.text
        assert not await me(http)


async def test_an_account_is_not_taken_over_by_an_address_that_is_not_verified(
    process: Process, companies: str, issuer: str, api: Api
) -> None:
    email = (await api.http.get("/api/v1/users/me/")).json()["email"]
    claims(issuer, "thief", email=email, email_verified=False)
    async with browser_at(companies) as http:
        assert (await sign_in(http, "thief")).status_code == 403


async def test_a_session_ends_when_the_provider_does_not_renew_it(
    process: Process, companies: str, issuer: str
) -> None:
    subject = new_id().hex
    claims(issuer, subject, email=f"{subject}@acme.example")
    provider = Provider("acme", process.settings.oidc_providers["acme"])
    renewal = Renewal(process, {"acme": provider})
    async with browser_at(companies) as http:
        await sign_in(http, subject)
        await _make_due(process, subject)
        assert await renewal.renew_due() == 1
        assert (await me(http))["email"] == f"{subject}@acme.example"
        assert await renewal.renew_due() == 0, "it was renewed, and is looked at again later"

        await _make_due(process, subject)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(provider, "settings", provider.settings.model_copy(update={"issuer": "http://127.0.0.1:9"}))
            patch.setattr(provider, "_metadata", {})
            assert await renewal.renew_due() == 1
        assert await me(http), "a provider that is away ends nothing"

        httpx.post(f"{issuer}/users/{subject}/revoke-tokens").raise_for_status()
        await _make_due(process, subject)
        assert await renewal.renew_due() == 1
        assert not await me(http)
    await provider.http.aclose()


async def test_a_token_that_another_server_renewed_ends_nothing(
    process: Process, companies: str, issuer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow server tries a refresh token that another one has used since: the provider refuses it."""
    subject = new_id().hex
    claims(issuer, subject, email=f"{subject}@acme.example")
    provider = Provider("acme", process.settings.oidc_providers["acme"])
    newer = process.vault.seal("newer")

    async def refused(token: str) -> None:
        async with process.database.write() as session:
            mine = update(ProviderSession).where(ProviderSession.subject == subject)
            await session.execute(mine.values(refresh_token=newer))

    monkeypatch.setattr(provider, "renewed", refused)
    async with browser_at(companies) as http:
        await sign_in(http, subject)
        await _make_due(process, subject)
        assert await Renewal(process, {"acme": provider}).renew_due() == 1
        assert await me(http)
    async with process.database.read() as session:
        stored = await session.scalars(select(ProviderSession.refresh_token).where(ProviderSession.subject == subject))
        assert stored.one() == newer
    await provider.http.aclose()


async def _make_due(process: Process, subject: str) -> None:
    async with process.database.write() as session:
        mine = update(ProviderSession).where(ProviderSession.subject == subject)
        await session.execute(mine.values(check_at=func.clock_timestamp() - timedelta(seconds=1)))


async def test_a_code_is_good_once_and_in_the_browser_that_began(companies: str, issuer: str) -> None:
    claims(issuer, "ada", email="ada@acme.example")
    async with browser_at(companies) as http, browser_at(companies) as other:
        back = await to_provider(http, "ada")
        stolen = await other.get(back)
        assert (stolen.status_code, COOKIE in other.cookies) == (401, False)
        await to_provider(other, "ada")  # another sign-in, with another state
        assert (await other.get(back)).status_code == 401
        kept = dict(http.cookies)
        assert (await http.get(back)).status_code == 303
        assert (await httpx.AsyncClient().get(back, cookies=kept)).status_code == 401
        state = parse_qs(urlsplit(back).query)["state"][0]
        assert (await http.get("/auth/oidc/acme/callback", params={"state": state})).status_code == 401
        wrong = await http.get("/auth/oidc/nobody/start")
        assert wrong.status_code == 404


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"])
async def test_the_way_back_stays_here(companies: str, issuer: str, to: str) -> None:
    claims(issuer, "ada", email="ada@acme.example")
    async with browser_at(companies) as http:
        assert (await sign_in(http, "ada", to=to)).headers["location"] == "/"


async def test_signing_out_there_ends_the_session_here(
    process: Process, companies: str, issuer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider's keys are replaced by ours, which sign as it would."""
    key = RSAKey.generate_key(2048, {"kid": "test"})
    subject = new_id().hex
    claims(issuer, subject, email=f"{subject}@acme.example")

    def token(**more: Any) -> str:
        said = {"iss": issuer, "aud": "kb", "iat": int(time.time()), "exp": int(time.time()) + 60, "jti": new_id().hex}
        return jwt.encode({"alg": "RS256", "kid": "test"}, said | more, key)

    async with browser_at(companies) as http:
        await sign_in(http, subject)
        assert await me(http)

        async def keys(self: Provider, *, anew: bool = False) -> KeySet:
            return KeySet([key])

        monkeypatch.setattr(Provider, "_key_set", keys)
        events = {LOGOUT_EVENT: {}}
        for bad in (
            token(sub=subject),
            token(events=events),
            token(sub=subject, events=events, nonce="n"),
            token(sub=subject, events=events, aud="another"),
            token(sub=subject, events=events, iss="https://evil.example"),
            token(sub=subject, events=events, exp=1),
            "nonsense",
            "",
        ):
            answer = await http.post("/auth/oidc/acme/logout", data={"logout_token": bad})
            assert answer.status_code == 401, bad
        assert await me(http)
        good = {"logout_token": token(sub=subject, events=events)}
        assert (await http.post("/auth/oidc/acme/logout", data=good)).status_code == 200
        assert not await me(http)


async def test_passwords_are_switched_off_but_for_the_owner(
    process: Process, companies: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process.settings, "password_sign_in", "superusers")
    password = "a long enough passphrase"
    stored = await process.passwords.hash(password)
    for superuser, status in ((False, 403), (True, 200)):
        email = f"{new_id().hex}@acme.example"
        async with client_of(process, companies, email, superuser=superuser):
            pass
        async with process.database.write() as session:
            await session.execute(update(User).where(User.email == email).values(password_hash=stored))
        async with browser_at(companies) as http:
            body = {"email": email, "password": password}
            assert (await http.post("/api/v1/auth/login/", json=body)).status_code == status
            assert (await http.get("/api/v1/auth/ways/")).json()["password"] == "superusers"
