"""A program gets a token of a person: metadata, consent, exchange, rotation, revocation, and what is refused."""

import asyncio
import html
import re
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2 as httpx
import pytest
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from pydantic import AnyUrl
from sqlalchemy import select, update

from citewell.auth.sessions import COOKIE
from citewell.kit.ids import new_id
from citewell.kit.time import now
from citewell.models import AuditEntry, OAuthGrant, OAuthSecret
from citewell.process import Process
from mcp import ClientSession
from tests.conftest import Api, client_of
from tests.mcp.program import BACK, Program, answer_of


async def test_metadata_is_open_and_says_where_to_go(api: Api) -> None:
    async with httpx.AsyncClient(base_url=api.server, timeout=60) as anybody:
        resource = (await anybody.get("/.well-known/oauth-protected-resource")).json()
        assert resource["resource"] == f"{api.server}/mcp"
        server = (await anybody.get("/.well-known/oauth-authorization-server")).json()
    assert resource["authorization_servers"] == [server["issuer"]]
    assert server["code_challenge_methods_supported"] == ["S256"]
    assert server["token_endpoint"] == f"{api.server}/o/token/"


async def test_registration_and_consent_lead_to_a_token_that_works(program: Program, api: Api) -> None:
    assert (await program.register()).status_code == 201
    page = await program.page()
    assert page.status_code == 200
    assert "Ada&#39;s agent" in page.text
    assert "client.example" in page.text
    assert "A project" in page.text
    me = (await api.http.get("/api/v1/users/me/")).json()
    assert me["email"] in page.text
    assert "Scopes: openid" in page.text
    answer = answer_of(await program.decide())
    assert (answer["state"], answer["iss"]) == ("s+1", api.server)
    tokens = (await program.exchange(answer["code"])).json()
    assert tokens["token_type"] == "Bearer"
    again = (await program.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])).json()
    assert again["access_token"] != tokens["access_token"]
    [connected] = (await api.http.get("/api/v1/connected-clients/")).json()
    assert (connected["name"], connected["projects"]) == ("Ada's agent", None)
    assert (await api.http.delete(f"/api/v1/connected-clients/{connected['id']}/")).status_code == 204
    assert (await api.http.get("/api/v1/connected-clients/")).json() == []
    ended = await program.token(grant_type="refresh_token", refresh_token=again["refresh_token"])
    assert ended.json()["error"] == "invalid_grant"


async def test_a_client_that_revokes_its_token(program: Program, api: Api) -> None:
    await program.register()
    tokens = (await program.exchange(await program.code())).json()
    other = Program(program.http, program.cookie)
    await other.register()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    for client, known in ((other, True), (program, False)):  # of a token of somebody else's nothing is said
        answer = await client.http.post(
            "/o/revoke/", data={"client_id": client.client_id, "token": tokens["refresh_token"]}
        )
        assert answer.status_code == 200
        answer = await program.http.post("/mcp", json={}, headers=headers)
        assert (answer.status_code != 401) is known
    assert (await api.http.get("/api/v1/connected-clients/")).json() == []


async def test_what_connects_and_disconnects_is_in_the_audit_log(
    program: Program, api: Api, process: Process, server: str
) -> None:
    await program.register()
    await program.exchange(await program.code())
    [connected] = (await api.http.get("/api/v1/connected-clients/")).json()
    path = f"/api/v1/connected-clients/{connected['id']}/"
    async with client_of(process, server, f"{new_id().hex}@example.org") as somebody_else:
        assert (await somebody_else.http.delete(path)).status_code == 404
    assert (await api.http.delete(path)).status_code == 204
    async with process.database.read() as session:
        query = select(AuditEntry.action).where(AuditEntry.object_id == program.client_id).order_by(AuditEntry.id)
        assert list(await session.scalars(query)) == ["client_authorized", "client_disconnected"]


async def test_secrets_end_with_their_time_and_with_the_next_ones(program: Program, api: Api, process: Process) -> None:
    async def is_let_in(tokens: dict[str, Any]) -> bool:
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        return (await program.http.post("/mcp", json={}, headers=headers)).status_code != 401

    async def let_time_pass() -> None:
        grants = select(OAuthGrant.id).where(OAuthGrant.client_id == program.client_id)
        async with process.database.write() as session:
            of_program = update(OAuthSecret).where(OAuthSecret.grant_id.in_(grants))
            await session.execute(of_program.values(expires_at=now() - timedelta(seconds=1)))

    await program.register()
    as_refresh_token = await program.token(grant_type="refresh_token", refresh_token=await program.code())
    assert as_refresh_token.json()["error"] == "invalid_grant", "a code needs its verifier"
    first = (await program.exchange(await program.code())).json()
    second = (await program.token(grant_type="refresh_token", refresh_token=first["refresh_token"])).json()
    assert (await is_let_in(first), await is_let_in(second)) == (False, True)
    code = await program.code()
    await let_time_pass()
    assert not await is_let_in(second)
    assert (await program.exchange(code)).json()["error"] == "invalid_grant"


class Memory:
    """Where the SDK's client keeps what it got."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


async def test_the_sdks_client_finds_its_way_from_a_401(program: Program, api: Api) -> None:
    """As Claude and others go it: the challenge, both metadata, registration, the person's consent, and the tools."""
    led: dict[str, str] = {}

    async def in_a_browser(address: str) -> None:
        cookie = {"Cookie": f"{COOKIE}={program.cookie}"}
        page = await program.http.get(address, headers=cookie)
        form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        form = {name: html.unescape(value) for name, value in form.items()} | {"reach": "all", "decision": "allow"}
        led.update(answer_of(await program.http.post("/o/authorize/", data=form, headers=cookie)))

    async def come_back() -> AuthorizationCodeResult:
        return AuthorizationCodeResult(code=led["code"], state=led["state"], iss=led["iss"])

    wanted = OAuthClientMetadata(client_name="SDK", redirect_uris=[AnyUrl(BACK)], token_endpoint_auth_method="none")
    storage = Memory()
    signing_in = OAuthClientProvider(f"{api.server}/mcp", wanted, storage, in_a_browser, come_back)
    async with (
        httpx.AsyncClient(auth=signing_in, timeout=60) as http,
        streamable_http_client(f"{api.server}/mcp", http_client=http) as streams,
        ClientSession(streams[0], streams[1]) as client,
    ):
        await client.initialize()
        result: Any = await client.call_tool("whoami", {})
    me = (await api.http.get("/api/v1/users/me/")).json()
    assert result.structured_content["email"] == me["email"]
    assert storage.tokens is not None
    assert storage.tokens.refresh_token


async def test_a_person_without_a_session_is_sent_to_the_sign_in(program: Program) -> None:
    await program.register()
    answer = await program.http.get("/o/authorize/", params=program.request())
    assert answer.status_code == 303
    target = urlsplit(answer.headers["location"])
    assert target.path == "/sign-in"
    assert parse_qs(target.query)["next"][0].startswith("/o/authorize/?response_type=code")


async def test_a_code_works_once_and_its_second_use_revokes_the_tokens(program: Program) -> None:
    await program.register()
    code = await program.code()
    tokens = (await program.exchange(code)).json()
    assert (await program.exchange(code)).json()["error"] == "invalid_grant"
    refreshed = await program.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert refreshed.json()["error"] == "invalid_grant"


async def test_a_reused_refresh_token_revokes_the_grant(program: Program) -> None:
    await program.register()
    first = (await program.exchange(await program.code())).json()
    second = (await program.token(grant_type="refresh_token", refresh_token=first["refresh_token"])).json()
    stolen = await program.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")
    later = await program.token(grant_type="refresh_token", refresh_token=second["refresh_token"])
    assert later.json()["error"] == "invalid_grant"
    token = (await program.exchange(await program.code())).json()["refresh_token"]
    race = await asyncio.gather(*[program.token(grant_type="refresh_token", refresh_token=token) for _ in range(3)])
    assert sorted(answer.status_code for answer in race) == [200, 400, 400]


async def test_a_code_needs_its_own_client_verifier_redirect_and_resource(program: Program) -> None:
    await program.register()
    for wrong in (
        {"code_verifier": secrets.token_urlsafe(48)},
        {"redirect_uri": "https://client.example/other"},
        {"resource": "https://elsewhere.example/mcp"},
    ):
        answer = await program.exchange(await program.code(), **wrong)
        assert answer.status_code == 400
        assert answer.json()["error"] in ("invalid_grant", "invalid_target")
    assert (await program.exchange("cwo_" + secrets.token_urlsafe(32))).json()["error"] == "invalid_grant"
    other = Program(program.http, program.cookie, verifier=program.verifier)
    await other.register()
    code = await program.code()
    assert (await other.exchange(code)).json()["error"] == "invalid_grant"
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": program.verifier}
    assert (await program.token(**form)).status_code == 200, "the code was not used up, and OAuth 2.1 needs no address"


async def test_a_client_with_a_secret_must_show_it(program: Program) -> None:
    secret = (await program.register(token_endpoint_auth_method="client_secret_basic")).json()["client_secret"]
    code = await program.code()
    assert (await program.exchange(code)).status_code == 401
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": program.verifier}
    answer = await program.http.post("/o/token/", data=form, auth=(program.client_id, secret))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"resource": "https://elsewhere.example/mcp"}, "invalid_target"),
        ({"resource": "{server}/mcp#part"}, "invalid_target"),
    ],
)
async def test_errors_of_the_request_reach_the_client_by_redirect(
    program: Program, api: Api, wrong: dict[str, str], error: str
) -> None:
    await program.register()
    wrong = {name: value.replace("{server}", api.server) for name, value in wrong.items()}
    assert answer_of(await program.page(**wrong))["error"] == error


async def test_a_parameter_that_is_sent_twice_is_refused(program: Program) -> None:
    """Neither of the addresses is followed, and neither of the verifiers is tried."""
    await program.register()
    twice = urlencode([*program.request().items(), ("redirect_uri", "https://evil.example/")])
    answer = await program.http.get(f"/o/authorize/?{twice}", headers={"Cookie": f"{COOKIE}={program.cookie}"})
    assert (answer.status_code, "was sent twice" in answer.text) == (400, True)
    form = f"grant_type=authorization_code&client_id={program.client_id}&code=a&code=b"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    token = await program.http.post("/o/token/", content=form, headers=headers)
    assert (token.status_code, token.json()["error"]) == (400, "invalid_request")


async def test_a_denied_consent_gives_no_code_and_a_forged_form_is_refused(program: Program) -> None:
    await program.register()
    assert answer_of(await program.decide("deny"))["error"] == "access_denied"
    assert answer_of(await program.decide(reach="some"))["error"] == "access_denied"
    forged = await program.decide(csrf="x")
    assert forged.status_code == 403


async def test_a_grant_can_be_for_some_stores_only(program: Program, api: Api) -> None:
    await program.register()
    answer = await program.decide(reach="some", project=[api.project, "01a218ea-9b1f-701b-95fa-e8af7c24764e"])
    assert (await program.exchange(answer_of(answer)["code"])).status_code == 200
    [connected] = (await api.http.get("/api/v1/connected-clients/")).json()
    assert connected["projects"] == [api.project]


async def test_a_client_may_change_artifacts_only_if_the_user_ticked_it(program: Program, api: Api) -> None:
    await program.register()
    for ticked, scopes in ({}, "openid"), ({"edits": "yes"}, "openid artifacts:edit"):
        code = answer_of(await program.decide(**ticked))["code"]
        assert (await program.exchange(code)).json()["scope"] == scopes
    asked = answer_of(await program.decide(scope="openid artifacts:edit"))["code"]
    assert (await program.exchange(asked)).json()["scope"] == "openid", "a client cannot ask for it"
