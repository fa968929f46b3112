"""Metrics of a ranking, against the documents that answer the query. All are between 0 and 1."""

import math
from collections.abc import Mapping, Sequence


def ndcg(ranking: Sequence[str], relevant: Mapping[str, int], depth: int = 10) -> float:
    """Discounted gain of the first `depth`, against the best that is possible."""
    best = _discounted(sorted(relevant.values(), reverse=True)[:depth])
    return _discounted([relevant.get(name, 0) for name in ranking[:depth]]) / best if best else 0.0


def recall(ranking: Sequence[str], relevant: Mapping[str, int], depth: int) -> float:
    """Returns the share of the relevant documents that are among the first `depth`."""
    return len(set(ranking[:depth]) & set(relevant)) / len(relevant) if relevant else 0.0


def reciprocal_rank(ranking: Sequence[str], relevant: Mapping[str, int], depth: int = 10) -> float:
    """1 over the rank of the first relevant document, 0 if none is among the first `depth`."""
    for rank, name in enumerate(ranking[:depth], start=1):
        if name in relevant:
            return 1.0 / rank
    return 0.0


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))
