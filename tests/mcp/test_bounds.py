"""What programs from outside may cost: registrations in an hour, the size of a metadata document."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import text

from citewell.db.engine import Database
from citewell.kit.public_http import Fetched, PublicFetcher
from citewell.mcp.oauth.clients import find_client, register
from citewell.mcp.oauth.errors import OAuthError
from tests.kit.test_public_http import LOCAL
from tests.listening import listening

BODY = b'{"redirect_uris": ["https://client.example/callback"]}'
ID = "https://client.example/client.json"
PIECE = bytes(64 * 1024)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    yield opened
    await opened.close()


async def registered(database: Database, peer: str) -> bool:
    try:
        async with database.write() as session:
            await register(session, BODY, peer)
    except OAuthError as error:
        if error.status != 429:
            raise
        return False
    return True


async def test_a_thousand_registrations_in_an_hour(database: Database) -> None:
    """60 of one network also when they come at once, 500 of all; an hour later there is room again."""
    at_once = await asyncio.gather(*(registered(database, "192.0.2.1") for _ in range(70)))
    assert at_once.count(True) == 60
    async with database.write() as session:
        await session.execute(
            text(
                "INSERT INTO oauth_clients (id, kind, name, redirect_uris, auth_method, details, registered_from)"
                " SELECT 'c' || n, 'registered', 'A program', redirect_uris, 'none', '{}', '198.51.' || n FROM"
                " generate_series(1, 439) n, (SELECT redirect_uris FROM oauth_clients LIMIT 1) one"
            )
        )
    assert [await registered(database, "203.0.113.0") for _ in range(3)] == [True, False, False]
    async with database.write() as session:
        await session.execute(text("UPDATE oauth_clients SET created_at = created_at - interval '1 hour'"))
    assert await registered(database, "192.0.2.1")


class Origin(PublicFetcher):
    """Leads `client.example` to a server on this machine."""

    def __init__(self, address: str) -> None:
        super().__init__(LOCAL._allowed)
        self._address = address

    async def request(self, url: str, **more: Any) -> Fetched:
        return await super().request(
            url.replace("https://client.example", self._address), **more | {"schemes": ("http",)}
        )


async def test_a_metadata_document_of_ten_megabytes_is_not_read(database: Database) -> None:
    """It is refused while it comes. A client that is known goes on with the copy."""
    sent, is_large = 0, True

    async def document(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        if not is_large:
            return web.json_response({"client_id": ID, "redirect_uris": ["https://client.example/callback"]})
        answer = web.StreamResponse()
        await answer.prepare(request)
        try:
            while sent < 10_000_000:
                await answer.write(PIECE)
                sent += len(PIECE)
        except ConnectionError:
            pass
        return answer

    app = web.Application()
    app.router.add_get("/client.json", document)
    async with listening(app) as address:
        fetcher = Origin(address)
        with pytest.raises(OAuthError, match="larger than 16,384 bytes"):
            await find_client(database, fetcher, ID, "192.0.2.0/24")
        is_large = False
        assert (await find_client(database, fetcher, ID, "192.0.2.0/24")).kind == "document"
        async with database.write() as session:
            await session.execute(text("UPDATE oauth_clients SET fetched_at = fetched_at - interval '2 hours'"))
        sent, is_large = 0, True
        assert (await find_client(database, fetcher, ID, "192.0.2.0/24")).redirect_uris == [
            "https://client.example/callback"
        ]
        assert 0 < sent < 10_000_000
        sent = 0
        assert (await find_client(database, fetcher, ID, "192.0.2.0/24")).kind == "document"
        assert not sent, "an origin that has failed is left alone for some minutes"
