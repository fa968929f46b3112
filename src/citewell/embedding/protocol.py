"""The interface of embedding models for search and ingestion."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Word(NamedTuple):
    """A word of a text, or a character in scripts without spaces; `start` and `end` are its rows in the vectors."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class WordVectors:
    """The words of a text, and a vector of length 1 for each part of a word; shape (parts, dimensions)."""

    words: Sequence[Word]
    vectors: Vectors


class Embedder(Protocol):
    """An embedding model.

    `fingerprint` names model and weights: vectors of different fingerprints are never compared. `languages` lists the
    languages that the model knows; None means all. `is_ready` tells whether it can answer at once: a local model is
    prepared in the background after the start, and until then searches go by words.
    """

    fingerprint: str
    languages: frozenset[str] | None

    @property
    def is_ready(self) -> bool: ...

    async def prepare(self) -> None:
        """Make the model ready; returns at once if it is. Raises a CitewellError if that fails."""
        ...

    async def embed(self, texts: Sequence[str], *, urgent: bool = False) -> Vectors:
        """Returns the vectors of passages, of length 1; shape (number of texts, dimensions).

        Waits until the model is ready. `urgent` texts, for which somebody waits, go ahead of documents that are being
        indexed.
        """
        ...

    async def embed_query(self, text: str) -> Vectors:
        """Returns the vector of a query, of length 1; shape (dimensions,). Queries go ahead of documents."""
        ...

    async def read_words(self, texts: Sequence[str]) -> list[WordVectors] | None:
        """Returns the vectors of each text's words, with the priority of queries; a text beyond the model's maximum
        length is cut. None from a model that does not give them.
        """
        ...

    async def aclose(self) -> None: ...


def speaks(embedder: Embedder, language: str) -> bool:
    """Whether the model knows this language; True if the language is unknown."""
    return embedder.languages is None or language in embedder.languages or language == "unknown"
