"""Joins two models: their vectors are concatenated, so that the cosine is the mean of both cosines."""

import asyncio
from collections.abc import Sequence

import numpy as np

from citewell.embedding.protocol import Embedder, Vectors, WordVectors


class JoinedEmbedder:
    """Ranks better than either model; costs the time of both, and the size of both vectors."""

    def __init__(self, first: Embedder, second: Embedder) -> None:
        self._parts = (first, second)
        self.fingerprint = f"{first.fingerprint}+{second.fingerprint}"
        # Where one model does not know a language, the other half of the vector still tells texts apart.
        self.languages = None if any(part.languages is None for part in self._parts) else first.languages

    @property
    def is_ready(self) -> bool:
        return all(part.is_ready for part in self._parts)

    async def prepare(self) -> None:
        await asyncio.gather(*(part.prepare() for part in self._parts))

    async def embed(self, texts: Sequence[str], *, urgent: bool = False) -> Vectors:
        return _side_by_side(await asyncio.gather(*(part.embed(texts, urgent=urgent) for part in self._parts)))

    async def embed_query(self, text: str) -> Vectors:
        return _side_by_side(await asyncio.gather(*(part.embed_query(text) for part in self._parts)))

    async def read_words(self, texts: Sequence[str]) -> list[WordVectors] | None:
        return await self._parts[0].read_words(texts)

    async def aclose(self) -> None:
        for part in self._parts:
            await part.aclose()


def _side_by_side(halves: Sequence[Vectors]) -> Vectors:
    joined: Vectors = np.concatenate(halves, axis=-1) * np.float32(len(halves) ** -0.5)
    return joined
