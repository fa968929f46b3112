"""Any OpenAI-compatible `/embeddings` endpoint, or several with the same model, which are used side by side."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass

import msgspec
import numpy as np

from citewell.embedding.protocol import Vectors, WordVectors
from citewell.errors import Unavailable
from citewell.kit.http import MAX_WAIT, TRANSIENT, HttpClient, NoReply, Reply, ReplyTooLarge, Sleep, bearer

_BATCH = 64
_ATTEMPTS = 5  # with one endpoint; each further one gives another
_ANSWER_SECONDS = 120
_QUERY_SECONDS = 10.0  # for all attempts of a query


class _Item(msgspec.Struct):
    index: int
    embedding: list[float]


class _Answer(msgspec.Struct):
    data: list[_Item]


@dataclass
class _Endpoint:
    """`busy` counts requests under way. After a fault it rests until a time of the monotonic clock."""

    url: str
    busy: int = 0
    rests_until: float = 0.0


class RemoteEmbedder:
    """`base_url` is one address, or several separated by commas; the first one names the vectors.

    Each endpoint gets up to `at_once` requests at the same time. One that fails rests, for as long as it asks or twice
    as long each time, and the others go on with its work.
    """

    languages: frozenset[str] | None = None

    def __init__(
        self,
        base_url: str,
        model: str,
        api_key: str | None,
        *,
        at_once: int = 4,
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        addresses = [address.strip().rstrip("/") for address in base_url.split(",") if address.strip()]
        self.fingerprint = f"{model}@{addresses[0]}"
        self._endpoints = [_Endpoint(f"{address}/embeddings") for address in addresses]
        self._places = asyncio.Semaphore(at_once * len(addresses))
        self._model = model
        self._http = HttpClient(bearer(api_key), seconds=_ANSWER_SECONDS)
        self._sleep, self._clock = sleep, clock
        self._dimensions = 0  # not known before the first answer

    @property
    def is_ready(self) -> bool:
        return True

    async def prepare(self) -> None:
        """An endpoint needs no preparation."""

    async def embed(self, texts: Sequence[str], *, urgent: bool = False) -> Vectors:
        if not texts:
            return np.empty((0, 0), np.float32)
        place = nullcontext() if urgent else self._places
        attempts = _ATTEMPTS + len(self._endpoints) - 1
        batches = [texts[start : start + _BATCH] for start in range(0, len(texts), _BATCH)]
        tasks = [asyncio.create_task(self._batch(batch, place, attempts)) for batch in batches]
        try:
            found = await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
        return self._joined(found)

    def _joined(self, found: Sequence[Vectors]) -> Vectors:
        self._dimensions = self._dimensions or found[0].shape[1]
        if any(vectors.shape[1] != self._dimensions for vectors in found):
            raise Unavailable(
                "The embedding endpoint returned vectors with another number of dimensions: check its model."
            )
        return np.concatenate(found)

    async def embed_query(self, text: str) -> Vectors:
        """Embeds with one attempt more than there are endpoints, because a search can go on by words."""
        try:
            async with asyncio.timeout(_QUERY_SECONDS):
                found = await self._batch([text], nullcontext(), len(self._endpoints) + 1)
        except TimeoutError:
            message = f"The embedding endpoint does not answer within {_QUERY_SECONDS:.0f} s"
            raise Unavailable(f"{message}: check CITEWELL_EMBEDDING_BASE_URL.") from None
        vector: Vectors = self._joined([found])[0]
        return vector

    async def read_words(self, texts: Sequence[str]) -> list[WordVectors] | None:
        """None: an endpoint only gives vectors of whole texts."""
        return None

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _batch(self, texts: Sequence[str], place: AbstractAsyncContextManager[None], attempts: int) -> Vectors:
        async with place:
            reply = await self._answer(texts, attempts)
        return _checked(reply, len(texts))

    async def _answer(self, texts: Sequence[str], attempts: int) -> Reply | None:
        """Returns the first answer without a transient fault, or else the last one; None if none came."""
        for attempt in range(1, attempts + 1):
            endpoint = min(self._endpoints, key=lambda one: (max(one.rests_until - self._clock(), 0.0), one.busy))
            reply = await self._ask(endpoint, texts)
            if attempt == attempts or (reply is not None and reply.status not in TRANSIENT):
                break
            asked = reply.retry_after if reply is not None else None
            wait = min(2.0 ** (attempt - 1) if asked is None else asked, MAX_WAIT)
            endpoint.rests_until = self._clock() + wait
            if all(one.rests_until > self._clock() for one in self._endpoints):
                await self._sleep(wait)
        return reply

    async def _ask(self, endpoint: _Endpoint, texts: Sequence[str]) -> Reply | None:
        """Returns the reply; None if the endpoint does not answer.

        Raises Unavailable for an answer that is too large.
        """
        endpoint.busy += 1
        try:
            return await self._http.send("POST", endpoint.url, json={"model": self._model, "input": list(texts)})
        except NoReply:
            return None
        except ReplyTooLarge:
            raise Unavailable("The embedding endpoint's answer is too large.") from None
        finally:
            endpoint.busy -= 1


def _checked(reply: Reply | None, expected: int) -> Vectors:
    """Returns the vectors of the reply. Raises Unavailable if there is none, and for one that is a refusal."""
    if reply is None:
        raise Unavailable("The embedding endpoint does not answer: check CITEWELL_EMBEDDING_BASE_URL.")
    if reply.status in TRANSIENT:
        message = f"The embedding endpoint failed (HTTP {reply.status}) again and again"
        raise Unavailable(f"{message}: check CITEWELL_EMBEDDING_BASE_URL.")
    if reply.status != 200:
        raise Unavailable(f"The embedding endpoint refused the request (HTTP {reply.status}).")
    return _vectors(reply.body, expected)


def _vectors(body: bytes, expected: int) -> Vectors:
    """Returns the vectors of the response, of length 1, in the order of their texts."""
    try:
        items = sorted(msgspec.json.decode(body, type=_Answer).data, key=lambda item: item.index)
        vectors = np.array([item.embedding for item in items], np.float32)
    except (msgspec.MsgspecError, ValueError) as error:
        raise Unavailable("The embedding endpoint's answer cannot be read.") from error
    if vectors.ndim != 2 or [item.index for item in items] != list(range(expected)):
        raise Unavailable("The embedding endpoint returned another number of vectors than it got texts.")
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not (np.isfinite(norms).all() and norms.all()):
        raise Unavailable("The embedding endpoint returned zero vectors.")
    result: Vectors = vectors / norms
    return result
