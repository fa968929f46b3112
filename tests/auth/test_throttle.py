"""Failed sign-ins are slowed down, and nobody is locked out for good."""

import asyncio

import pytest
from sqlalchemy import func, select, update

from citewell.auth import throttle
from citewell.auth.throttle import network_of, subjects
from citewell.kit.time import now
from citewell.models import LoginFailures
from citewell.process import Process
from tests.auth.people import PASSWORD, Browser, new_peer, person
from tests.conftest import serving

WRONG = "a wrong password"


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands still: on a busy machine a wait of a second would be over before the next attempt."""
    moment = now()
    monkeypatch.setattr(throttle, "now", lambda: moment)


async def let_time_pass(process: Process, email: str, peer: str = "") -> None:
    """As if the wait of the address and of the peer were over."""
    async with process.database.write() as session:
        mine = LoginFailures.subject.in_(subjects(email, peer, None))
        await session.execute(update(LoginFailures).where(mine).values(blocked_until=throttle.now()))


async def fail(server: str, email: str, times: int) -> list[int]:
    """Each from a network of its own."""
    statuses = []
    for _ in range(times):
        async with Browser(server) as browser:
            statuses.append((await browser.sign_in(email, WRONG)).status_code)
    return statuses


async def test_the_wait_doubles_and_ends(process: Process, server: str) -> None:
    email = await person(process)
    assert await fail(server, email, 6) == [401] * 6
    waits = []
    for _ in range(3):
        async with Browser(server) as browser:
            refused = await browser.sign_in(email)
            assert refused.status_code == 429
            assert "try again in" in refused.json()["error"]
            waits.append(int(refused.headers["retry-after"]))
            await let_time_pass(process, email)
            assert (await browser.sign_in(email, WRONG)).status_code == 401
    assert waits == [1, 2, 4]
    async with serving(process) as replica, Browser(replica) as browser:
        assert (await browser.sign_in(email)).status_code == 429, "also through another process"
        await let_time_pass(process, email)
        assert (await browser.sign_in(email)).status_code == 200
    assert await fail(server, email, 6) == [401] * 6, "the right password starts the count anew"


async def test_the_wait_is_bounded_and_not_made_longer_by_attempts(process: Process, server: str) -> None:
    email = await person(process)
    await fail(server, email, 1)
    async with process.database.write() as session:
        mine = LoginFailures.subject.in_(subjects(email, "", None))
        await session.execute(update(LoginFailures).where(mine).values(failures=10_000))
    await fail(server, email, 1)
    async with Browser(server) as browser:
        waits = [int((await browser.sign_in(email, WRONG)).headers["retry-after"]) for _ in range(5)]
    assert max(waits) <= 300
    assert waits == sorted(waits, reverse=True)


async def test_a_browser_that_was_signed_in_is_not_kept_out_by_others(process: Process, server: str) -> None:
    email, other = await person(process), await person(process)
    async with Browser(server) as known, Browser(server) as of_other:
        await known.sign_in(email)
        await of_other.sign_in(other)
        await fail(server, email, 6)
        async with Browser(server) as stranger:
            assert (await stranger.sign_in(email)).status_code == 429
        assert (await of_other.sign_in(email)).status_code == 429, "the mark is good for one user"
        assert (await known.get("/auth/session/")).status_code == 200
        assert (await known.sign_in(email)).status_code == 200
        for _ in range(6):
            assert (await known.sign_in(email, WRONG)).status_code == 401
        assert (await known.sign_in(email)).status_code == 429, "and it is no way around the limit"


async def test_a_thousand_at_once_count_as_a_thousand(process: Process, server: str) -> None:
    email = await person(process)
    browsers = [Browser(server) for _ in range(30)]
    answers = await asyncio.gather(*(browser.sign_in(email, WRONG) for browser in browsers))
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(401) == 6
    assert statuses.count(429) == 24
    for browser in browsers:
        await browser.aclose()


async def test_one_network_that_tries_many_addresses(process: Process, server: str) -> None:
    email, peer = await person(process), new_peer()
    async with Browser(server, peer) as browser:
        answers = await asyncio.gather(*(browser.sign_in(f"{n}@many.example", WRONG) for n in range(20)))
        assert {answer.status_code for answer in answers} == {401}
        assert (await browser.sign_in("one@more.example", WRONG)).status_code == 401
        assert (await browser.sign_in(email)).status_code == 429
        async with Browser(server) as elsewhere:
            assert (await elsewhere.sign_in(email)).status_code == 200
        await let_time_pass(process, email, peer)
        assert (await browser.sign_in(email)).status_code == 200
        async with process.database.read() as session:
            mine = LoginFailures.subject == f"peer:{peer}"
            assert await session.scalar(select(LoginFailures.failures).where(mine)) == 21, (
                "an own account resets nothing"
            )


async def test_time_takes_failures_back(process: Process, server: str) -> None:
    email = await person(process)
    await fail(server, email, 5)
    async with process.database.write() as session:
        mine = LoginFailures.subject.in_(subjects(email, "", None))
        earlier = LoginFailures.last_at - func.make_interval(0, 0, 0, 0, 0, 31)
        await session.execute(update(LoginFailures).where(mine).values(last_at=earlier))
    assert await fail(server, email, 3) == [401] * 3, "two of five were taken back in half an hour"
    async with Browser(server) as browser:
        assert (await browser.sign_in(email)).status_code == 429


async def test_guessing_the_current_password_is_slowed_down_too(process: Process, server: str) -> None:
    email = await person(process)
    async with Browser(server) as browser:
        await browser.sign_in(email)
        body = {"current_password": WRONG, "new_password": "a meadow of nine clocks"}
        statuses = [(await browser.post("/auth/password/", json=body)).status_code for _ in range(7)]
    assert statuses == [400] * 6 + [429]


async def test_addresses_are_not_kept(process: Process, server: str) -> None:
    async with Browser(server) as browser:
        await browser.sign_in(PASSWORD, WRONG)
    async with process.database.read() as session:
        kept = list(await session.scalars(select(LoginFailures.subject)))
    assert kept
    assert not [subject for subject in kept if PASSWORD in subject or "@" in subject]


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "::ffff:c000:207"),
        ("", ""),
        ("x" * 1000, "x" * 64),
    ],
)
def test_addresses_of_one_network_count_together(host: str, network: str) -> None:
    assert network_of(host) == network
