"""Any OpenAI-compatible `/embeddings` endpoint."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
import msgspec
import numpy as np

from citewell.embedding.protocol import Vectors
from citewell.errors import Unavailable

_BATCH = 64
_ATTEMPTS = 5
_TRANSIENT = frozenset({408, 429, 500, 502, 503, 504, 529})
_TIMEOUT = aiohttp.ClientTimeout(total=120, connect=10)
_MAX_WAIT = 30.0

Sleep = Callable[[float], Awaitable[None]]


class _Item(msgspec.Struct):
    index: int
    embedding: list[float]


class _Answer(msgspec.Struct):
    data: list[_Item]


class RemoteEmbedder:
    languages: frozenset[str] | None = None

    def __init__(self, base_url: str, model: str, api_key: str | None, *, sleep: Sleep = asyncio.sleep) -> None:
        self.fingerprint = f"{model}@{base_url.rstrip('/')}"
        self._url = f"{base_url.rstrip('/')}/embeddings"
        self._model = model
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._sleep = sleep
        self._dimensions = 0  # not known before the first answer
        self._session: aiohttp.ClientSession | None = None

    @property
    def is_ready(self) -> bool:
        return True

    async def prepare(self) -> None:
        """An endpoint needs no preparation."""

    async def embed(self, texts: Sequence[str], *, urgent: bool = False) -> Vectors:
        if not texts:
            return np.empty((0, 0), np.float32)
        batches = [texts[start : start + _BATCH] for start in range(0, len(texts), _BATCH)]
        found = [await self._batch(batch) for batch in batches]
        self._dimensions = self._dimensions or found[0].shape[1]
        if any(vectors.shape[1] != self._dimensions for vectors in found):
            raise Unavailable("The embedding endpoint gave vectors of other dimensions than before: check its model.")
        return np.concatenate(found)

    async def embed_query(self, text: str) -> Vectors:
        vector: Vectors = (await self.embed([text]))[0]
        return vector

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _batch(self, texts: Sequence[str]) -> Vectors:
        """Raises Unavailable when the endpoint does not answer after some tries with growing waits."""
        for attempt in range(_ATTEMPTS):
            wait = min(2.0**attempt, _MAX_WAIT)
            try:
                async with self._client().post(self._url, json={"model": self._model, "input": list(texts)}) as answer:
                    if answer.status == 200:
                        return _vectors(await answer.read(), len(texts))
                    if answer.status not in _TRANSIENT:
                        raise Unavailable(f"The embedding endpoint refused the request (HTTP {answer.status}).")
                    wait = _retry_after(answer.headers.get("Retry-After"), wait)
            except (aiohttp.ClientConnectionError, TimeoutError):
                pass  # tried again below, like an overloaded endpoint
            if attempt < _ATTEMPTS - 1:
                await self._sleep(wait)
        raise Unavailable("The embedding endpoint does not answer: check CITEWELL_EMBEDDING_BASE_URL.")

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(headers=self._headers, timeout=_TIMEOUT)
        return self._session


def _vectors(body: bytes, expected: int) -> Vectors:
    """The vectors at length 1, in the order of their texts."""
    try:
        items = sorted(msgspec.json.decode(body, type=_Answer).data, key=lambda item: item.index)
        vectors = np.array([item.embedding for item in items], np.float32)
    except (msgspec.MsgspecError, ValueError) as error:
        raise Unavailable("The embedding endpoint's answer cannot be read.") from error
    if vectors.ndim != 2 or [item.index for item in items] != list(range(expected)):
        raise Unavailable("The embedding endpoint gave another number of vectors than texts.")
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not (np.isfinite(norms).all() and norms.all()):
        raise Unavailable("The embedding endpoint gave vectors without a direction.")
    result: Vectors = vectors / norms
    return result


def _retry_after(header: str | None, default: float) -> float:
    """The wait in seconds that the endpoint asks for, as a number or as a date."""
    if not header:
        return default
    try:
        wait = float(header)
    except ValueError:
        try:
            wait = (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError):
            return default
    return min(max(wait, 0.0), _MAX_WAIT)
