"""Any OpenAI-compatible `/embeddings` endpoint."""

import asyncio
from collections.abc import Sequence

import msgspec
import numpy as np

from citewell.embedding.protocol import Vectors
from citewell.errors import Unavailable
from citewell.kit.http import TRANSIENT, HttpClient, NoReply, ReplyTooLarge, Sleep, bearer

_BATCH = 64
_ATTEMPTS = 5
_SECONDS = 120


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
        self._http = HttpClient(bearer(api_key), seconds=_SECONDS, attempts=_ATTEMPTS, sleep=sleep)
        self._dimensions = 0  # not known before the first answer

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
        await self._http.aclose()

    async def _batch(self, texts: Sequence[str]) -> Vectors:
        """The vectors of one batch. Raises Unavailable if the endpoint refuses, or does not answer after some
        attempts."""
        try:
            reply = await self._http.send("POST", self._url, json={"model": self._model, "input": list(texts)})
        except NoReply:
            raise Unavailable("The embedding endpoint does not answer: check CITEWELL_EMBEDDING_BASE_URL.") from None
        except ReplyTooLarge:
            raise Unavailable("The embedding endpoint's answer is too large.") from None
        if reply.status in TRANSIENT:
            message = f"The embedding endpoint failed (HTTP {reply.status}) again and again"
            raise Unavailable(f"{message}: check CITEWELL_EMBEDDING_BASE_URL.")
        if reply.status != 200:
            raise Unavailable(f"The embedding endpoint refused the request (HTTP {reply.status}).")
        return _vectors(reply.body, len(texts))


def _vectors(body: bytes, expected: int) -> Vectors:
    """The vectors of the response, of length 1, in the order of their texts."""
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
