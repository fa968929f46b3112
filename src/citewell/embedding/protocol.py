"""What search and ingestion know of an embedding model."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """`fingerprint` names model and weights: vectors of different fingerprints are never compared.

    `languages` are those that the model is good for; None means all. `is_ready` tells whether it can answer at once: a
    local model is prepared in the background after the start, and a search that comes before that goes by words.
    """

    fingerprint: str
    languages: frozenset[str] | None

    @property
    def is_ready(self) -> bool: ...

    async def prepare(self) -> None:
        """Make the model ready; nothing to do where it is. Raises a CitewellError where that fails."""
        ...

    async def embed(self, texts: Sequence[str], *, urgent: bool = False) -> Vectors:
        """Vectors of texts that are searched, at length 1, shape (number of texts, dimensions).

        Waits until the model is ready. `urgent` texts, which somebody waits for, do not stand behind those of
        documents that are being indexed.
        """
        ...

    async def embed_query(self, text: str) -> Vectors:
        """The vector of a query, shape (dimensions,): for somebody who waits, so ahead of documents."""
        ...

    async def aclose(self) -> None: ...


def speaks(embedder: Embedder, language: str) -> bool:
    """Whether vectors of texts in this language are worth having. Of an unknown language we assume so."""
    return embedder.languages is None or language in embedder.languages or language == "unknown"
