"""Fuses the ranking by words and the ranking by meaning into one ranking of chunks.

Words count by rank, because BM25 scores of different queries cannot be compared. Meaning counts by cosine, which tells
how much nearer one passage is than another. Measured on SciFact and XQuAD in English: nDCG@10 .724 and .979, against
.717 and .974 with reciprocal ranks of both.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar
from uuid import UUID

from citewell.search.repository.candidates import PassageKey, Span

K = 3  # the larger, the slower the score by words falls with the rank; benchmarks/README.md has others
# A neighbour of a chunk's best passage is shown with it if it has at least this share of its score.
NEIGHBOUR_SHARE = 0.5
MAX_PASSAGES = 3  # shown together

Key = TypeVar("Key", bound=Hashable)


def reciprocal_ranks(rankings: Sequence[Sequence[Key]], k: int) -> dict[Key, float]:
    """Returns the fused score of each key: the sum of 1 / (k + rank) over the rankings with it; ranks count from 1.

    Source: Cormack, Clarke, Büttcher, Reciprocal rank fusion outperforms Condorcet, SIGIR 2009.
    """
    scores: dict[Key, float] = {}
    for ranking in rankings:
        for rank, key in enumerate(ranking, start=1):
            scores[key] = scores.get(key, 0.0) + 1.0 / (k + rank)
    return scores


def ranks_and_cosines(
    words: Sequence[Key], cosines: Mapping[Key, float], trust: Mapping[Key, float] | None = None
) -> dict[Key, float]:
    """Returns the fused score of each key, from 0 to 2.

    The score by words is (K + 1) / (K + rank). The score by meaning is the cosine, scaled to 1 for the nearest key, 0
    for the farthest one. `trust` has the weights, below 1, of the score by words for some keys.
    """
    scores = {key: (K + 1) / (K + rank) for rank, key in enumerate(words, start=1)}
    if trust:
        scores = {key: score * trust.get(key, 1.0) for key, score in scores.items()}
    if cosines:
        nearest, farthest = max(cosines.values()), min(cosines.values())
        share = 1.0 / (nearest - farthest) if nearest > farthest else 0.0
        for key, cosine in cosines.items():
            # A single key is both nearest and farthest; it counts as the nearest.
            scores[key] = scores.get(key, 0.0) + ((cosine - farthest) * share if share else 1.0)
    return scores


class Fusion:
    """Passages by words, best first, and the cosines of those by meaning, as one ranking of chunks.

    Chunks are fused, not passages: rankings that find different passages of a chunk agree on the chunk. With `rrf_k`
    both rankings count by rank only (reciprocal rank fusion).
    """

    def __init__(
        self,
        words: Sequence[PassageKey],
        cosines: Mapping[PassageKey, float],
        rrf_k: int | None = None,
        trust: Mapping[PassageKey, float] | None = None,
    ) -> None:
        chunks = list(dict.fromkeys(chunk for chunk, _ in words))
        nearest: dict[UUID, float] = {}
        for (chunk, _), cosine in cosines.items():
            nearest[chunk] = max(cosine, nearest.get(chunk, cosine))
        if rrf_k is None:
            self._passages = ranks_and_cosines(words, cosines, trust)
            # A chunk takes the rank and the weight of its best passage by words.
            first = {key[0]: trust.get(key, 1.0) for key in reversed(words)} if trust else None
            self.scores = ranks_and_cosines(chunks, nearest, first)
        else:
            self._passages = reciprocal_ranks([words, list(cosines)], rrf_k)
            self.scores = reciprocal_ranks([chunks, list(nearest)], rrf_k)
        self.chunks: list[UUID] = sorted(self.scores, key=self.scores.__getitem__, reverse=True)
        self._best: dict[UUID, int] = {}
        for chunk, ordinal in sorted(self._passages, key=self._passages.__getitem__, reverse=True):
            self._best.setdefault(chunk, ordinal)

    def span(self, chunk: UUID) -> Span:
        """Returns the chunk's best passage with neighbours that score at least NEIGHBOUR_SHARE of it."""
        scores, ordinal = self._passages, self._best[chunk]
        enough = scores[chunk, ordinal] * NEIGHBOUR_SHARE
        first = last = ordinal
        while last - first + 1 < MAX_PASSAGES:
            before, after = scores.get((chunk, first - 1), 0.0), scores.get((chunk, last + 1), 0.0)
            if max(before, after) < enough or not (before or after):
                break
            if before >= after:
                first -= 1
            else:
                last += 1
        return Span(chunk, ordinal, first, last)
