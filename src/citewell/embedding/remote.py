"""Any OpenAI-compatible `/embeddings` endpoint."""

import asyncio
from collections.abc import Sequence

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


class _Item(msgspec.Struct):
    index: int
    embedding: list[float]


class _Answer(msgspec.Struct):
    data: list[_Item]


class RemoteEmbedder:
    languages: frozenset[str] | None = None

    def __init__(self, base_url: str, model: str, api_key: str | None) -> None:
        self.fingerprint = f"{model}@{base_url.rstrip('/')}"
        self._url = f"{base_url.rstrip('/')}/embeddings"
        self._model = model
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._session: aiohttp.ClientSession | None = None

    async def embed(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, 0), np.float32)
        batches = [texts[start : start + _BATCH] for start in range(0, len(texts), _BATCH)]
        return np.concatenate([await self._batch(batch) for batch in batches])

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
                await asyncio.sleep(wait)
        raise Unavailable("The embedding endpoint does not answer: check CITEWELL_EMBEDDING_BASE_URL.")

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(headers=self._headers, timeout=_TIMEOUT)
        return self._session


def _vectors(body: bytes, expected: int) -> Vectors:
    try:
        items = sorted(msgspec.json.decode(body, type=_Answer).data, key=lambda item: item.index)
        vectors = np.array([item.embedding for item in items], np.float32)
    except (msgspec.MsgspecError, ValueError) as error:
        raise Unavailable("The embedding endpoint's answer cannot be read.") from error
    if vectors.ndim != 2 or len(vectors) != expected:
        raise Unavailable("The embedding endpoint gave another number of vectors than texts.")
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    result: Vectors = vectors / np.maximum(norms, 1e-12)
    return result


def _retry_after(header: str | None, default: float) -> float:
    return min(float(header), _MAX_WAIT) if header and header.isdigit() else default
