"""The embedder of an OpenAI-compatible endpoint, against a real server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from aiohttp import web

from citewell.embedding.remote import RemoteEmbedder, Sleep
from citewell.errors import Unavailable
from tests.listening import listening

Answer = Callable[[dict[str, Any]], web.Response]


def vector_of(text: str) -> list[float]:
    return [float(len(text)), 2.0, 1.0]


def good(body: dict[str, Any]) -> web.Response:
    data = [{"index": index, "embedding": vector_of(text)} for index, text in enumerate(body["input"])]
    return web.json_response({"data": data[::-1], "model": body["model"]})  # an endpoint may answer in any order


def status(code: int, **headers: str) -> Answer:
    return lambda body: web.Response(status=code, text="an inner detail of the endpoint", headers=headers)


def data(*items: Any) -> Answer:
    return lambda body: web.json_response({"data": list(items)})


@dataclass
class Endpoint:
    """Gives the next of `answers` to each request, then good ones."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[str | None] = field(default_factory=list)
    before: Callable[[], Awaitable[None]] | None = None  # an answer

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.requests.append(body)
        self.headers.append(request.headers.get("Authorization"))
        if self.before is not None:
            await self.before()
            return good(body)
        return (self.answers.pop(0) if self.answers else good)(self.requests[-1])


@asynccontextmanager
async def serving(found: Endpoint) -> AsyncIterator[Endpoint]:
    app = web.Application()
    app.router.add_post("/v1/embeddings", found.handle)
    async with listening(app) as address:
        found.url = f"{address}/v1"
        yield found


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    async with serving(Endpoint()) as found:
        yield found


@pytest.fixture
async def embedder(endpoint: Endpoint, waits: list[float]) -> AsyncIterator[RemoteEmbedder]:
    made = RemoteEmbedder(endpoint.url + "/", "embed-small", "a-key", sleep=noting(waits))
    yield made
    await made.aclose()


@pytest.fixture
def waits() -> list[float]:
    """The pauses that the embedder asked for; none of them is made."""
    return []


def noting(waits: list[float]) -> Sleep:
    async def note(seconds: float) -> None:
        waits.append(seconds)

    return note


async def test_texts_go_in_batches_and_come_back_in_order(endpoint: Endpoint, embedder: RemoteEmbedder) -> None:
    texts = ["x" * (number + 1) for number in range(150)]
    vectors = await embedder.embed(texts)
    assert sorted(len(request["input"]) for request in endpoint.requests) == [22, 64, 64]
    assert {request["model"] for request in endpoint.requests} == {"embed-small"}
    assert set(endpoint.headers) == {"Bearer a-key"}
    raw = np.array([vector_of(text) for text in texts], np.float32)
    np.testing.assert_allclose(vectors, raw / np.linalg.norm(raw, axis=1, keepdims=True), rtol=1e-6)


async def test_several_endpoints_work_side_by_side(waits: list[float]) -> None:
    """Each is asked twice at once; no answer comes before four requests are under way."""
    four = asyncio.Barrier(4)

    async def wait_for_others() -> None:
        await asyncio.wait_for(four.wait(), 120)

    async with serving(Endpoint(before=wait_for_others)) as first, serving(Endpoint(before=wait_for_others)) as second:
        addresses = f"{first.url}, {second.url}/"
        embedder = RemoteEmbedder(addresses, "embed-small", None, at_once=2, sleep=noting(waits))
        texts = ["x" * (number + 1) for number in range(4 * 64)]
        vectors = await embedder.embed(texts)
        assert embedder.fingerprint == f"embed-small@{first.url}"
        assert (len(first.requests), len(second.requests)) == (2, 2)
        raw = np.array([vector_of(text) for text in texts], np.float32)
        np.testing.assert_allclose(vectors, raw / np.linalg.norm(raw, axis=1, keepdims=True), rtol=1e-6)
        await embedder.aclose()


async def test_one_that_fails_rests_while_the_others_work(endpoint: Endpoint, waits: list[float]) -> None:
    async with serving(Endpoint(answers=[status(503, **{"Retry-After": "30"})])) as failing:
        addresses = f"{failing.url},http://127.0.0.1:9/v1,{endpoint.url}"
        embedder = RemoteEmbedder(addresses, "embed-small", None, sleep=noting(waits))
        for _ in range(3):
            assert (await embedder.embed(["a text"])).shape == (1, 3)
        await embedder.aclose()
    assert (len(failing.requests), len(endpoint.requests)) == (1, 3)
    assert waits == [], "nobody waited, because one was good"


async def test_no_texts_no_request(endpoint: Endpoint, embedder: RemoteEmbedder) -> None:
    assert len(await embedder.embed([])) == 0
    assert endpoint.requests == []


@pytest.mark.parametrize("code", [408, 429, 500, 503, 529])
async def test_an_overloaded_endpoint_is_asked_again(
    endpoint: Endpoint, embedder: RemoteEmbedder, waits: list[float], code: int
) -> None:
    endpoint.answers = [status(code), status(code)]
    assert (await embedder.embed(["a text"])).shape == (1, 3)
    assert len(endpoint.requests) == 3
    assert len(waits) == 2
    assert 0 < waits[0] < waits[1]


async def test_it_waits_as_long_as_it_is_told(endpoint: Endpoint, embedder: RemoteEmbedder, waits: list[float]) -> None:
    later = "Mon, 23 Nov 2099 14:00:00 GMT"
    endpoint.answers = [
        status(429, **{"Retry-After": "7"}),
        status(429, **{"Retry-After": "0.5"}),
        status(429, **{"Retry-After": "86400"}),
        status(429, **{"Retry-After": later}),
    ]
    await embedder.embed(["a text"])
    assert waits[:3] == [7, 0.5, 30]
    assert 0 < waits[3] <= 30


async def test_it_gives_up_in_the_end(endpoint: Endpoint, embedder: RemoteEmbedder, waits: list[float]) -> None:
    endpoint.answers = [status(503)] * 50
    with pytest.raises(Unavailable, match="CITEWELL_EMBEDDING_BASE_URL"):
        await embedder.embed(["a text"])
    assert len(endpoint.requests) == 5
    assert len(waits) == 4


@pytest.mark.parametrize("code", [400, 401, 403, 404, 422])
async def test_a_refusal_is_final_and_tells_no_secrets(
    endpoint: Endpoint, embedder: RemoteEmbedder, waits: list[float], code: int
) -> None:
    endpoint.answers = [status(code)]
    with pytest.raises(Unavailable) as refused:
        await embedder.embed(["a text"])
    assert str(code) in refused.value.message
    assert "inner detail" not in refused.value.message
    assert waits == []


async def test_nobody_listens(waits: list[float]) -> None:
    embedder = RemoteEmbedder("http://127.0.0.1:9/v1", "embed-small", None, sleep=noting(waits))
    with pytest.raises(Unavailable, match="does not answer"):
        await embedder.embed(["a text"])
    await embedder.aclose()
    assert len(waits) == 4


@pytest.mark.parametrize(
    "answer",
    [
        data({"index": 0, "embedding": [1.0, 2.0]}),
        data(*({"index": index, "embedding": [1.0]} for index in range(3))),
        data({"index": 0, "embedding": [1.0, 2.0]}, {"index": 1, "embedding": [1.0]}),
        data({"index": 0, "embedding": []}, {"index": 1, "embedding": []}),
        data({"index": 0, "embedding": [1.0]}, {"index": 0, "embedding": [2.0]}),
        data({"index": 0, "embedding": [0.0, 0.0]}, {"index": 1, "embedding": [1.0, 0.0]}),
        data({"index": 0, "embedding": "AAAA"}, {"index": 1, "embedding": "AAAA"}),
        lambda body: web.Response(text="<html>not JSON</html>", content_type="text/html"),
        lambda body: web.json_response({"error": "none"}),
    ],
    ids=["too few", "too many", "unequal", "empty", "twice", "zero", "base64", "html", "error"],
)
async def test_an_answer_that_makes_no_sense_is_refused(
    endpoint: Endpoint, embedder: RemoteEmbedder, answer: Answer
) -> None:
    endpoint.answers = [answer]
    with pytest.raises(Unavailable, match="embedding endpoint"):
        await embedder.embed(["one", "two"])


async def test_all_batches_have_the_same_dimensions(endpoint: Endpoint, embedder: RemoteEmbedder) -> None:
    def wider(body: dict[str, Any]) -> web.Response:
        return web.json_response({"data": [{"index": i, "embedding": [1.0] * 5} for i, _ in enumerate(body["input"])]})

    endpoint.answers = [good, wider]
    with pytest.raises(Unavailable, match="dimensions"):
        await embedder.embed(["a text"] * 100)


async def test_a_query_is_given_up_soon_because_words_find_something_without_it(waits: list[float]) -> None:
    down = RemoteEmbedder("http://127.0.0.1:9/v1", "embed-small", None, sleep=noting(waits))
    with pytest.raises(Unavailable, match="does not answer"):
        await down.embed_query("Where is the key?")
    assert waits == [1.0], "one more attempt, where documents get four"
    await down.aclose()
