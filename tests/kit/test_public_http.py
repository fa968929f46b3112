"""What may be fetched for a user, and what may not."""

import ipaddress
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from citewell.kit import public_http
from citewell.kit.public_http import PublicFetcher, Refused, is_public
from tests.listening import listening

LOCAL = PublicFetcher([ipaddress.ip_network("127.0.0.0/8")])


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"])
def test_addresses_of_the_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:80ff:fffe",  # Teredo to 127.0.0.1
        "not an address",
    ],
)
def test_addresses_that_are_not(address: str) -> None:
    assert not is_public(address)


@pytest.fixture
async def site() -> AsyncIterator[str]:
    """A server on this machine whose pages a fetcher must not reach on its own."""

    async def page(request: web.Request) -> web.Response:
        if request.path == "/away":
            return web.Response(status=302, headers={"Location": "http://127.0.0.1/secret"})
        return web.Response(text="x" * 5000)

    app = web.Application()
    app.router.add_get("/{tail:.*}", page)
    async with listening(app) as address:
        yield f"localhost:{address.rpartition(':')[2]}"


async def fetch(fetcher: PublicFetcher, url: str, most_bytes: int = 10_000) -> tuple[int, int]:
    answer = await fetcher.request(url, most_bytes=most_bytes, seconds=5, schemes=("http", "https"))
    return answer.status, len(answer.body)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "2130706433",
        "[::ffff:127.0.0.1]",
        "\uff11\uff12\uff17.0.0.1",  # digits of full width, which names may not have: they become 127.0.0.1
        "\u2460\u2461\u2466.0.0.1",
        "127\u30020\u30020\u30021",
        "\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3",
    ],
)
async def test_this_machine_is_not_reached_by_any_of_its_names(site: str, host: str) -> None:
    with pytest.raises((Refused, aiohttp.ClientError)):
        await fetch(PublicFetcher(), f"http://{host}:{site.partition(':')[2]}/")


async def test_an_address_is_checked_once_more_before_it_is_connected_to(
    site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PublicFetcher, "check", lambda *_: "example.org")
    with pytest.raises(Refused, match="not an address of the public Internet"):
        await fetch(PublicFetcher(), f"http://127.0.0.1:{site.partition(':')[2]}/")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "gopher://localhost/", "http://u:p@example.org/", "http://"])
async def test_only_plain_addresses_of_the_web(url: str) -> None:
    with pytest.raises(Refused):
        await fetch(LOCAL, url)


async def test_an_administrator_may_open_a_network(site: str) -> None:
    assert await fetch(LOCAL, f"http://{site}/") == (200, 5000)


async def test_a_name_that_changes_its_address(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked up once for a connection, and what was checked is what is connected to."""
    leads_to = ["127.0.0.1", "10.0.0.1"]

    async def resolve(self: object, host: str, port: int, family: object) -> list[dict[str, object]]:
        return [{"hostname": host, "host": leads_to.pop(0), "port": port, "family": 2, "proto": 0, "flags": 0}]

    monkeypatch.setattr(public_http.ThreadedResolver, "resolve", resolve)
    url = f"http://changing.example:{site.partition(':')[2]}/"
    assert await fetch(LOCAL, url) == (200, 5000)
    assert leads_to == ["10.0.0.1"]
    with pytest.raises(Refused, match="not on the public Internet"):
        await fetch(LOCAL, url)


async def test_a_name_with_one_private_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which of its addresses would be connected to is chance."""

    async def resolve(self: object, host: str, port: int, family: object) -> list[dict[str, object]]:
        return [{"hostname": host, "host": one, "port": port} for one in ("93.184.215.14", "10.0.0.1")]

    monkeypatch.setattr(public_http.ThreadedResolver, "resolve", resolve)
    with pytest.raises(Refused, match="not on the public Internet"):
        await PublicFetcher().addresses("mixed.example", 443)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "0x7f.1", "10.1"])
def test_an_address_is_refused_before_it_is_stored(host: str) -> None:
    """Whoever makes a webhook is told at once, and not by its first delivery."""
    with pytest.raises(Refused, match="not an address of the public Internet"):
        PublicFetcher().check(f"https://{host}/", ("https",))


async def test_redirects_are_not_followed_and_answers_are_bounded(site: str) -> None:
    assert (await fetch(LOCAL, f"http://{site}/away"))[0] == 302
    with pytest.raises(Refused, match="larger than 4,999 bytes"):
        await fetch(LOCAL, f"http://{site}/", most_bytes=4999)
