"""What search and ingestion know of an embedding model."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """`fingerprint` names model and weights: vectors of different fingerprints are never compared.

    `languages` are those that the model is good for; None means all.
    """

    fingerprint: str
    languages: frozenset[str] | None

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of length 1, shape (number of texts, dimensions)."""
        ...

    async def embed_query(self, text: str) -> Vectors:
        """The vector of a query, shape (dimensions,): for somebody who waits, so ahead of documents."""
        ...

    async def aclose(self) -> None: ...


def speaks(embedder: Embedder, language: str) -> bool:
    """Whether vectors of texts in this language are worth having. Of an unknown language we assume so."""
    return embedder.languages is None or language in embedder.languages or language == "unknown"
