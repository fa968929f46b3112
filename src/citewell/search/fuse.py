"""Reciprocal rank fusion: one ranking of chunks from several of passages."""

from collections.abc import Hashable, Sequence
from typing import TypeVar
from uuid import UUID

from citewell.search.candidates import PassageKey, Span

# Measured on SciFact: nDCG@10 .721 with 10, .714 with the usual 60.
K = 10
# A neighbour of a chunk's best passage is shown with it if it ranks at least half as high.
NEIGHBOUR_SHARE = 0.5
MAX_PASSAGES = 3  # shown together

Key = TypeVar("Key", bound=Hashable)


def reciprocal_ranks(rankings: Sequence[Sequence[Key]], k: int = K) -> dict[Key, float]:
    """The fused score of every key: the sum of 1 / (k + rank) over the rankings that hold it, ranks from 1."""
    scores: dict[Key, float] = {}
    for ranking in rankings:
        for rank, key in enumerate(ranking, start=1):
            scores[key] = scores.get(key, 0.0) + 1.0 / (k + rank)
    return scores


class Fusion:
    """Rankings of passages as one of chunks, best first.

    Chunks are fused, not passages: two halves that find different passages of a chunk agree on the chunk.
    """

    def __init__(self, rankings: Sequence[Sequence[PassageKey]], k: int = K) -> None:
        self._passages = reciprocal_ranks(rankings, k)
        self.scores = reciprocal_ranks([list(dict.fromkeys(chunk for chunk, _ in ranking)) for ranking in rankings], k)
        self.chunks: list[UUID] = sorted(self.scores, key=self.scores.__getitem__, reverse=True)
        self._best: dict[UUID, int] = {}
        for chunk, ordinal in sorted(self._passages, key=self._passages.__getitem__, reverse=True):
            self._best.setdefault(chunk, ordinal)

    def span(self, chunk: UUID) -> Span:
        """The chunk's best passage, with those of its neighbours that rank high as well."""
        scores, ordinal = self._passages, self._best[chunk]
        enough = scores[chunk, ordinal] * NEIGHBOUR_SHARE
        first = last = ordinal
        while last - first + 1 < MAX_PASSAGES:
            before, after = scores.get((chunk, first - 1), 0.0), scores.get((chunk, last + 1), 0.0)
            if max(before, after) < enough:
                break
            if before >= after:
                first -= 1
            else:
                last += 1
        return Span(chunk, ordinal, first, last)
