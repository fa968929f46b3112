"""Which programs may ask for a token: registration, addresses to return to, metadata documents, and their limits."""

import asyncio
import json
from collections import Counter
from datetime import timedelta
from itertools import chain
from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import delete

from citewell.db.retention import delete_expired
from citewell.kit.public_http import Fetched
from citewell.kit.time import now
from citewell.mcp.oauth.clients import find_client
from citewell.mcp.oauth.errors import OAuthError
from citewell.mcp.oauth.redirects import matches
from citewell.models import OAuthClient
from citewell.process import Process
from tests.conftest import Api
from tests.mcp.program import BACK, Program

PERIODS = ("streams", "run_logs", "jobs", "notifications", "sign_ins", "webhooks", "audit")


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
