"""Two runs side by side, question by question: what differs, and how sure that is.

The interval of a mean difference is the percentile interval of the paired bootstrap (Efron and Tibshirani, An
Introduction to the Bootstrap, 1993, chapters 13 and 16; for comparing systems on the same questions: Koehn, Statistical
Significance Tests for Machine Translation Evaluation, 2004). Whether more questions went from wrong to right than the
other way is tested exactly, with the binomial form of McNemar's test (McNemar 1947): questions that both answered the
same way say nothing.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

CONFIDENCE = 0.95
RESAMPLES = 10_000
METHOD = "paired bootstrap (percentile, 10,000 resamples) for differences; exact McNemar test for p_value"
_SEED = 20_250_101  # the same runs give the same interval each time
_CELLS = 5_000_000  # drawn at once: 40 MB


class Result(msgspec.Struct, frozen=True):
    """The result of a question in a run; None if it says nothing. `tokens` counts input and output."""

    id: str
    ground_truth: str
    query: str
    is_right: bool | None
    score: float | None
    found: bool | None
    rank: int | None
    verified_share: float | None
    seconds: float | None
    tokens: int | None
    is_done: bool

    @property
    def values(self) -> dict[str, float | None]:
        reciprocal = None if self.found is None else 1 / self.rank if self.rank else 0.0
        return {
            "right": _number(self.is_right),
            "score": self.score,
            "retrieval_found": _number(self.found),
            "reciprocal_rank": reciprocal,
            "verified_share": self.verified_share,
            "seconds": self.seconds,
            "tokens": _number(self.tokens),
        }

    def brief(self) -> dict[str, Any]:
        names = ("id", "is_right", "score", "found", "rank", "verified_share", "seconds")
        return {name: getattr(self, name) for name in names}


METRICS = ("right", "score", "retrieval_found", "reciprocal_rank", "verified_share", "seconds", "tokens")


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def pair_up(before: Sequence[Result], after: Sequence[Result]) -> list[tuple[Result, Result]]:
    """Returns the questions that both runs have an answer to, in the order of `after`.

    A ground truth whose question was changed in between is not the same question, and makes no pair.
    """
    known = {(one.ground_truth, one.query): one for one in before if one.is_done}
    pairs = [(known.get((one.ground_truth, one.query)), one) for one in after if one.is_done]
    return [(former, one) for former, one in pairs if former is not None]


def change_of(former: Result, latter: Result) -> str:
    """better, worse or same: by whether the answer is right, then by whether the expected source was found."""
    for name in ("is_right", "found"):
        old, new = getattr(former, name), getattr(latter, name)
        if old is not None and new is not None and old != new:
            return "better" if new else "worse"
    return "same"


def compare(before: Sequence[Result], after: Sequence[Result]) -> dict[str, Any]:
    """Returns the comparison without its runs, as it goes on the wire.

    Takes up to a second for thousands of questions.
    """
    pairs = pair_up(before, after)
    changes = [change_of(former, latter) for former, latter in pairs]
    changed = [
        {
            "ground_truth": latter.ground_truth,
            "query": latter.query,
            "change": change,
            "before": former.brief(),
            "after": latter.brief(),
        }
        for wanted in ("worse", "better")
        for change, (former, latter) in zip(changes, pairs, strict=True)
        if change == wanted
    ]
    judged = [(former, latter) for former, latter in pairs if None not in (former.is_right, latter.is_right)]
    gained = sum(bool(latter.is_right) and not former.is_right for former, latter in judged)
    lost = sum(bool(former.is_right) and not latter.is_right for former, latter in judged)
    return {
        "pairs": len(pairs),
        "better": changes.count("better"),
        "worse": changes.count("worse"),
        "same": changes.count("same"),
        "only_before": sum(one.is_done for one in before) - len(pairs),
        "only_after": sum(one.is_done for one in after) - len(pairs),
        "p_value": mcnemar(gained, lost) if judged else None,
        "confidence": CONFIDENCE,
        "method": METHOD,
        "metrics": _metrics(pairs),
        "changed": changed,
    }


def mcnemar(gained: int, lost: int) -> float:
    """Returns the two-sided exact probability of a split at least as uneven, if both directions were equally likely."""
    count, fewer = gained + lost, min(gained, lost)
    if count == 0:
        return 1.0
    tail = sum(math.comb(count, number) for number in range(fewer + 1))
    return min(1.0, float(2 * tail / 2**count))


def _metrics(pairs: Sequence[tuple[Result, Result]]) -> list[dict[str, Any]]:
    values = [(former.values, latter.values) for former, latter in pairs]
    return [found for name in METRICS if (found := _metric(name, values)) is not None]


def _metric(
    name: str, values: Sequence[tuple[Mapping[str, float | None], Mapping[str, float | None]]]
) -> dict[str, Any] | None:
    both = [(old[name], new[name]) for old, new in values]
    known = [(old, new) for old, new in both if old is not None and new is not None]
    if not known:
        return None
    array = np.array(known, dtype=float)
    before, after = array.mean(axis=0)
    low, high = bootstrap(array[:, 1] - array[:, 0])
    found = {"before": before, "after": after, "difference": after - before, "low": low, "high": high}
    return {"metric": name, "pairs": len(known), **{key: round(float(value), 6) for key, value in found.items()}}


def bootstrap(differences: "np.ndarray[Any, np.dtype[np.float64]]") -> tuple[float, float]:
    """Returns the interval of the mean of the differences, at CONFIDENCE."""
    count = len(differences)
    draw = np.random.default_rng(_SEED)
    at_once = max(1, min(RESAMPLES, _CELLS // count))
    means = np.concatenate(
        [
            differences[draw.integers(0, count, (min(at_once, RESAMPLES - start), count))].mean(axis=1)
            for start in range(0, RESAMPLES, at_once)
        ]
    )
    outside = (1 - CONFIDENCE) / 2
    low, high = np.quantile(means, (outside, 1 - outside))
    return float(low), float(high)
