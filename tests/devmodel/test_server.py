"""The scripted model server as a user of it sees it."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from citewell.devmodel import Recorder, serving
from citewell.devmodel.behaviour import KINDS, Behaviour, UnknownBehaviour, parse_behaviour


@pytest.fixture
async def server() -> AsyncIterator[tuple[str, Recorder]]:
    async with serving() as running:
        yield running


@pytest.mark.parametrize(
    ("name", "behaviour"),
    [
        ("flood", Behaviour("flood")),
        ("openai/flood", Behaviour("flood")),
        ("paced:tokens=500,rate=50.5", Behaviour("paced", 0, {"tokens": 500, "rate": 50.5})),
        ("error-429:retry_after=2", Behaviour("error", 429, {"retry_after": 2})),
        ("error-500-then-ok", Behaviour("error-then-ok", 500)),
    ],
)
def test_a_name_says_what_happens(name: str, behaviour: Behaviour) -> None:
    assert parse_behaviour(name) == behaviour


@pytest.mark.parametrize("name", ["", "gpt-4", "flood:", "flood:tokens", "flood:tokens=-1", "error-200", "x" * 10_000])
def test_other_names_are_refused_with_the_list(name: str) -> None:
    with pytest.raises(UnknownBehaviour, match=r"paced.*reasoning"):
        parse_behaviour(name)


def test_no_number_is_without_a_bound() -> None:
    assert parse_behaviour("flood:tokens=" + "9" * 100).count("tokens", 1) == 1_000_000


async def test_it_lists_its_models(server: tuple[str, Recorder]) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{server[0]}/models") as answer:
        listed = [model["id"] for model in (await answer.json())["data"]]
    assert listed == list(KINDS)


async def test_it_shows_what_it_was_asked_and_forgets_it(server: tuple[str, Recorder]) -> None:
    root = server[0].removesuffix("/v1")
    body = {"model": "flood:tokens=2", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
    headers = {"Authorization": "Bearer very-secret"}
    async with aiohttp.ClientSession() as http:
        async with http.post(f"{server[0]}/chat/completions", json=body, headers=headers) as answer:
            assert "data: [DONE]" in await answer.text()
        async with http.get(f"{root}/__requests") as answer:
            text = await answer.text()
            (seen,) = await answer.json()
        assert (seen["wire"], seen["body"], seen["authorized"], seen["end"]) == ("openai", body, True, "finished")
        assert "very-secret" not in text
        async with http.delete(f"{root}/__requests") as answer:
            assert answer.status == 204
        async with http.get(f"{root}/__requests") as answer:
            assert await answer.json() == []


@pytest.mark.parametrize("path", ["chat/completions", "messages"])
@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"model": 5, "messages": 7, "tools": [1]}'])
async def test_a_body_that_says_nothing_is_refused(body: bytes, path: str, server: tuple[str, Recorder]) -> None:
    async with aiohttp.ClientSession() as http, http.post(f"{server[0]}/{path}", data=body) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"]["message"]


async def test_a_client_that_goes_is_noticed(server: tuple[str, Recorder]) -> None:
    url, recorder = server
    async with aiohttp.ClientSession() as http:
        async with http.post(f"{url}/messages", json={"model": "stall", "messages": []}) as answer:
            await answer.content.readany()
            answer.close()
        (seen,) = await recorder.wait_for(lambda exchanges: bool(exchanges) and exchanges[-1].end != "")
    assert seen.end == "client_closed"
