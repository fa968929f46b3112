"""A program gets a token of a person: registration, consent, exchange, rotation, revocation, and what is refused."""

import asyncio
import base64
import hashlib
import html
import json
import re
import secrets
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2 as httpx
import pytest
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from pydantic import AnyUrl
from sqlalchemy import delete, select, update

from citewell.auth.sessions import COOKIE, csrf_token, start_session
from citewell.db.retention import delete_expired
from citewell.kit.ids import new_id
from citewell.kit.public_http import Fetched
from citewell.kit.time import now
from citewell.mcp.oauth.clients import find_client
from citewell.mcp.oauth.errors import OAuthError
from citewell.mcp.oauth.redirects import matches
from citewell.models import AuditEntry, OAuthClient, OAuthGrant, OAuthSecret, User
from citewell.process import Process
from mcp import ClientSession
from tests.conftest import Api, client_of

PERIODS = ("streams", "run_logs", "jobs", "notifications", "sign_ins", "webhooks", "audit")
BACK = "https://client.example/callback"


@dataclass
class Program:
    """A client of the authorization server, and the person who uses it in a browser."""

    http: httpx.AsyncClient
    cookie: str
    client_id: str = ""
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).decode().rstrip("=")

    async def register(self, **more: Any) -> httpx.Response:
        answer = await self.http.post(
            "/o/register/", json={"client_name": "Ada's agent", "redirect_uris": [BACK]} | more
        )
        if answer.status_code == 201:
            self.client_id = answer.json()["client_id"]
        return answer

    def request(self, **more: str) -> dict[str, str]:
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": BACK,
            "state": "s+1",
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
        }
        return asked | more

    async def page(self, **more: str) -> httpx.Response:
        return await self.http.get(
            "/o/authorize/", params=self.request(**more), headers={"Cookie": f"{COOKIE}={self.cookie}"}
        )

    async def decide(self, decision: str = "allow", **more: Any) -> httpx.Response:
        form = self.request() | {"csrf": csrf_token(self.cookie), "decision": decision, "reach": "all"} | more
        return await self.http.post("/o/authorize/", data=form, headers={"Cookie": f"{COOKIE}={self.cookie}"})

    async def code(self) -> str:
        return answer_of(await self.decide())["code"]

    async def token(self, **form: str) -> httpx.Response:
        return await self.http.post("/o/token/", data={"client_id": self.client_id} | form)

    async def exchange(self, code: str, **more: str) -> httpx.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": self.verifier}
        return await self.token(**form | more)


def answer_of(redirect: httpx.Response) -> dict[str, str]:
    assert redirect.status_code == 303, redirect.text
    assert redirect.headers["location"].startswith(BACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(redirect.headers["location"]).query).items()}


@pytest.fixture
async def program(process: Process, api: Api) -> Program:
    me = (await api.http.get("/api/v1/users/me/")).json()
    async with process.database.write() as session:
        user = await session.get_one(User, me["id"])
        _, secret = await start_session(session, user)
    return Program(httpx.AsyncClient(base_url=api.server, timeout=60), secret)


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


async def test_an_address_that_is_not_the_clients_is_never_followed(program: Program) -> None:
    await program.register()
    for address in (
        "https://evil.example/callback",
        BACK + "/more",
        BACK + "?x=1",
        "https://client.example@evil.example/",
        "https://evil.example\\@client.example/callback",
        "HTTPS://CLIENT.example/callback",
        "JavaScript:alert(1)//callback",
    ):
        answer = await program.page(redirect_uri=address)
        assert answer.status_code == 400
        assert "location" not in answer.headers


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


@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "https://*.example.com/cb",
        "https://client.example/cb#part",
        "https://user:pass@client.example/",
        "http://client.example/cb",
        "myapp://callback",
        "https://client.example/a b",
        "https://клиент.example/callback",
        "https://client.example;script-src/callback",
        "JaVaScRiPt:alert(1)",
        "https://client.example\\@evil.example/",
        "http://127.0.0.1@evil.example/",
        "http://2130706433/callback",
        "http://127.0.0.1.evil.example/",
        "",
    ],
)
async def test_redirects_that_cannot_be_registered(program: Program, uri: str) -> None:
    answer = await program.register(redirect_uris=[BACK, uri])
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_redirect_uri")


@pytest.mark.parametrize(
    "uri",
    [
        "https://claude.ai/api/mcp/auth_callback",
        "https://claude.com/api/mcp/auth_callback",
        "https://chatgpt.com/connector_platform_oauth_redirect",
        "cursor://anysphere.cursor-retrieval/oauth/user-mcp/callback",
        "vscode://vscode.microsoft-authentication",
        "http://127.0.0.1:33418/",
        "com.example.agent:/callback",
    ],
)
async def test_callbacks_of_known_programs(program: Program, uri: str) -> None:
    assert (await program.register(redirect_uris=[uri])).status_code == 201


def test_the_port_of_a_loopback_address_is_free() -> None:
    assert matches("http://127.0.0.1:51234/cb", ["http://127.0.0.1/cb"])
    assert not matches("http://127.0.0.1:51234/other", ["http://127.0.0.1/cb"])
    assert not matches("http://localhost:1/cb", ["http://127.0.0.1/cb"])
    assert not matches("https://client.example:444/cb", ["https://client.example/cb"])
    assert matches("http://[::1]:51234/cb", ["http://[::1]:1/cb"])
    assert not matches("http://127.0.0.1:51234@evil.example/cb", ["http://127.0.0.1/cb"])
    assert not matches("https://127.0.0.1:51234/cb", ["https://127.0.0.1/cb"])


async def test_registrations_are_bounded(process: Process, program: Program) -> None:
    answers = [await program.register() for _ in range(61)]
    made = [answer.json()["client_id"] for answer in answers if answer.status_code == 201]
    async with process.database.write() as session:  # others register from this address as well
        await session.execute(delete(OAuthClient).where(OAuthClient.id.in_(made)))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert refused[0].json()["error"] == "temporarily_unavailable"


async def test_hundreds_of_registrations_within_an_hour(process: Process, program: Program, api: Api) -> None:
    """From 12 networks, which is under the limit of each: from 500 on they are refused, and who registered before goes
    on."""
    await program.register()

    async def of_network(number: int) -> list[httpx.Response]:
        transport = httpx.AsyncHTTPTransport(local_address=f"127.0.1.{number}")
        async with httpx.AsyncClient(base_url=api.server, timeout=60, transport=transport) as http:
            return [await Program(http, "").register() for _ in range(50)]

    try:
        answers = list(chain.from_iterable(await asyncio.gather(*map(of_network, range(1, 13)))))
        statuses = Counter(answer.status_code for answer in answers)
        assert statuses[201] + statuses[429] == len(answers) == 600
        assert 450 <= statuses[201] <= 500
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.json()["error"] == "temporarily_unavailable"
        assert (await program.exchange(await program.code())).status_code == 200
    finally:
        async with process.database.write() as session:  # other tests register as well
            await session.execute(delete(OAuthClient).where(OAuthClient.registered_from.like("127.0.1.%")))


async def test_a_metadata_document_on_a_private_address_is_not_fetched(program: Program) -> None:
    program.client_id = "https://127.0.0.1:8443/client.json"
    answer = await program.page()
    assert answer.status_code == 401
    assert "not an address of the public Internet" in answer.text


class Documents:
    """A fetcher that finds a metadata document at every address."""

    def __init__(self) -> None:
        self.asked = 0

    async def request(self, url: str, **more: Any) -> Fetched:
        self.asked += 1
        body = {"client_id": url, "redirect_uris": [BACK], "token_endpoint_auth_method": "none"}
        return Fetched(200, {}, json.dumps(body).encode())


async def test_new_metadata_documents_are_limited_and_expire(process: Process) -> None:
    """Whoever is not signed in can name as many as they like. Two requests for one at a time store it once."""
    database, origin = process.database, Documents()

    async def find(name: int, peer: str = "192.0.2.0/24") -> OAuthClient:
        return await find_client(database, origin, f"https://documents.example/{name}", peer)  # type: ignore[arg-type]

    try:
        first, second = await asyncio.gather(find(0), find(0))
        assert first.id == second.id
        for name in range(1, 60):
            await find(name)
        asked = origin.asked
        with pytest.raises(OAuthError, match="try again in an hour"):
            await find(60)
        assert origin.asked == asked, "nothing is fetched for it"
        await find(0)  # known
        await find(60, "198.51.100.0/24")
        async with database.write() as session:
            old = OAuthClient.__table__.update().where(OAuthClient.id == first.id)
            await session.execute(old.values(created_at=now() - timedelta(days=2)))
        gone = await delete_expired(database, dict.fromkeys(PERIODS, 0))
        assert gone == {"oauth_clients": 1}
    finally:
        async with database.write() as session:
            await session.execute(delete(OAuthClient).where(OAuthClient.id.like("https://documents.example/%")))


async def test_failed_fetches_of_metadata_count_towards_the_limit(process: Process) -> None:
    class Missing(Documents):
        async def request(self, url: str, **more: Any) -> Fetched:
            self.asked += 1
            return Fetched(404, {}, b"")

    class Leading(Documents):
        async def request(self, url: str, **more: Any) -> Fetched:
            self.asked += 1
            return Fetched(302, {"location": "http://169.254.169.254/client.json"}, b"")

    leading = Leading()
    with pytest.raises(OAuthError, match="its origin answered 302"):
        await find_client(process.database, leading, "https://documents.example/moved", "203.0.113.8")  # type: ignore[arg-type]
    assert leading.asked == 1, "a redirect is not followed"
    origin, refused = Missing(), 0
    for name in range(40):
        try:
            await find_client(process.database, origin, f"https://documents.example/{name}", "203.0.113.7")  # type: ignore[arg-type]
        except OAuthError as error:
            refused += error.status == 429
    assert origin.asked == 40 - refused < 30


async def test_a_client_may_change_artifacts_only_if_the_user_ticked_it(program: Program, api: Api) -> None:
    await program.register()
    for ticked, scopes in ({}, "openid"), ({"edits": "yes"}, "openid artifacts:edit"):
        code = answer_of(await program.decide(**ticked))["code"]
        assert (await program.exchange(code)).json()["scope"] == scopes
    asked = answer_of(await program.decide(scope="openid artifacts:edit"))["code"]
    assert (await program.exchange(asked)).json()["scope"] == "openid", "a client cannot ask for it"
