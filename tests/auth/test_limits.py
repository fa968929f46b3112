"""How often and how much one may ask."""

import copy
from collections.abc import AsyncIterator
from typing import Any

import httpx2 as httpx
import pytest

from citewell.auth import middleware
from citewell.auth.buckets import Buckets
from citewell.kit.ids import new_id
from citewell.process import Process
from tests.auth.people import Browser, person
from tests.conftest import Api, client_of, serving, token_for

BURST = 6


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_empties_and_fills() -> None:
    clock = Clock()
    buckets = Buckets(60, 3, clock=clock)
    assert [buckets.take("a").remaining for _ in range(3)] == [2, 1, 0]
    refused = buckets.take("a")
    assert (refused.limit, refused.remaining) == (3, 0)
    assert refused.retry_after == pytest.approx(1)
    assert refused.reset == pytest.approx(3)
    assert not buckets.take("b").retry_after, "others have a bucket of their own"
    clock.now += 0.5
    assert buckets.take("a").retry_after == pytest.approx(0.5), "a refused request costs nothing"
    clock.now += 0.5
    assert not buckets.take("a").retry_after
    assert buckets.take("a").retry_after == pytest.approx(1)
    clock.now += 3600
    assert [bool(buckets.take("a").retry_after) for _ in range(4)] == [False, False, False, True]


def test_a_long_run_gets_the_rate() -> None:
    clock = Clock()
    buckets = Buckets(1200, 300, clock=clock)
    allowed = 0
    for _ in range(60_000):
        clock.now += 0.001
        allowed += not buckets.take("a").retry_after
    assert allowed == pytest.approx(300 + 1200, abs=2)


def test_memory_is_bounded() -> None:
    buckets = Buckets(60, 1, most_keys=100)
    for number in range(1000):
        buckets.take(number)
    assert len(buckets) == 100
    assert buckets.take(999).retry_after, "the last are kept"
    assert not buckets.take(1).retry_after


@pytest.fixture
async def limited(process: Process) -> AsyncIterator[str]:
    """A server where one may ask `BURST` times and then once in ten minutes: longer than a test takes."""
    small = copy.copy(process)
    small.settings = process.settings.model_copy(update={"rate_limit_per_minute": 0.1, "rate_limit_burst": BURST})
    async with serving(small) as address:
        yield address


async def test_each_token_has_a_limit(process: Process, limited: str, api: Api) -> None:
    path = f"/api/v1/projects/{api.project}/"
    async with client_of(process, limited, f"a-{api.project}@example.org") as first:
        answers = [await first.http.get(path) for _ in range(BURST + 1)]
        assert [answer.status_code for answer in answers] == [403] * BURST + [429], "errors are answers too"
        remaining = [int(answer.headers["ratelimit-remaining"]) for answer in answers]
        assert remaining == [*reversed(range(BURST)), 0]
        assert {answer.headers["ratelimit-limit"] for answer in answers} == {str(BURST)}
        assert 1 <= int(answers[0].headers["ratelimit-reset"]) <= 600
        refused = answers[-1]
        assert 1 <= int(refused.headers["retry-after"]) <= 600
        assert refused.json()["code"] == "too_many_requests"
        another = await token_for(process, f"a-{api.project}@example.org")
        fresh = await first.http.get("/api/v1/users/me/", headers={"Authorization": f"Bearer {another}"})
        assert fresh.status_code == 200


async def test_sessions_of_a_user_have_one_limit(process: Process, server: str, limited: str) -> None:
    email = await person(process)
    async with Browser(server) as here, Browser(server) as there:
        await here.sign_in(email)
        await there.sign_in(email)
        path = f"{limited}/api/v1/users/me/"
        statuses = [(await here.get(path)).status_code for _ in range(BURST)]
        assert statuses == [200] * BURST
        assert (await there.get(path)).status_code == 429


async def test_who_is_unknown_is_limited_by_network(limited: str) -> None:
    async with Browser(limited) as stranger, Browser(limited) as other:
        paths = ["/projects/", "/openapi.json", "/auth/session/", "/nothing/", "/users/me/", "/projects/"]
        statuses = [(await stranger.get(path)).status_code for path in paths]
        assert statuses == [401, 200, 401, 401, 401, 401]
        assert (await stranger.post("/auth/login/", json={})).status_code == 429
        assert (await other.post("/auth/login/", json={})).status_code == 400


async def test_the_limit_can_be_switched_off(process: Process, api: Api) -> None:
    free = copy.copy(process)
    free.settings = process.settings.model_copy(update={"rate_limit_burst": 0})
    async with serving(free) as address, httpx.AsyncClient(base_url=address, headers=api.http.headers) as http:
        answer = await http.get("/api/v1/users/me/")
    assert answer.status_code == 200
    assert "ratelimit-limit" not in answer.headers


async def test_the_size_of_bodies_and_pages(api: Api) -> None:
    large = await api.http.post("/api/v1/tokens/", json={"name": "x" * 3_000_000})
    assert large.status_code == 413
    assert large.headers["ratelimit-remaining"]

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 100_000

    without_length = await api.http.post(
        "/api/v1/tokens/", content=pieces(), headers={"Content-Type": "application/json"}
    )
    assert without_length.status_code == 413
    async with httpx.AsyncClient(base_url=api.server, timeout=60) as nobody:
        unknown = await nobody.post("/api/v1/tokens/", json={"name": "x" * 3_000_000})
        assert unknown.status_code == 401, "who calls is asked before anything else"
        assert (await nobody.post("/api/v1/auth/login/", json={"email": "x" * 3_000_000})).status_code == 413
    asked = await api.http.get("/api/v1/tokens/", params={"limit": 100_000})
    assert asked.status_code == 200
    for wrong in ({"limit": 0}, {"limit": -1}, {"offset": -1}, {"offset": 2**40}, {"limit": "many"}, {"page": 0}):
        assert (await api.http.get("/api/v1/tokens/", params=wrong)).status_code == 400, wrong


async def test_what_is_kept_of_users_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever only reads is kept as well, until others come."""
    monkeypatch.setattr(middleware, "_MOST_KNOWN", 3)

    async def nothing(scope: Any, receive: Any, send: Any) -> None: ...

    found = middleware.AuthenticationMiddleware(nothing, buckets=None)
    users = [new_id() for _ in range(5)]
    for method, user in (*(("GET", user) for user in users), ("POST", users[3]), ("GET", users[0])):
        await found._serve({"method": method, "path": "/api/v1/me/"}, nothing, nothing, user)  # type: ignore[arg-type]
    assert list(found._wrote) == [users[4], users[3], users[0]]
