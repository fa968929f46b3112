"""Tells from words whether a passage supports a claim: a logistic regression on a few measures of both.

The weights are in `data/support.toml`. `python -m benchmarks.attribution --fit` fits them to human judgements, and
prints the accuracy on other data.
"""

import math
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from importlib.resources import files

import msgspec

from citewell.search.analyse import analyse, query_terms

WINDOW = 80  # tokens of a passage that are looked at together: three or four sentences
_WINDOW_STEP = 40
_MAX_WINDOWS = 200  # of the passages that are cited for one claim


class Measures(msgspec.Struct, frozen=True):
    """How a claim and a passage compare.

    Terms are stems, without stop words and numbers. `covered` is the share of the claim's terms in the best window of
    the passage. `in_order` is the share of the longest sequence of them that stands there in the same order. `run` is
    the longest piece of the claim that the passage has word for word, as a share of the claim. `missing` is log(1 +
    number of terms that the passage lacks).
    """

    covered: float
    in_order: float
    run: float
    missing: float


def support(claim: str, passage: str, language: str, unmatched: float | None = None) -> float:
    """Returns the probability, from 0 to 1, that the passage supports the claim.

    `unmatched` is the share of the claim's words without a counterpart in the passage (see `unmatched_words`), None if
    no model measured it. It counts only if `needs_meaning`.
    """
    measures = measure(claim, passage, language)
    if measures is None:
        return 1.0
    return _probability(measures, unmatched if needs_meaning(measures) else None)


def needs_meaning(measures: Measures) -> bool:
    """Whether the best window of the passage lacks terms of the claim, so that their meaning must be compared."""
    return measures.covered < 1


def measure(claim: str, passage: str, language: str) -> Measures | None:
    """Returns the measures; None for a claim without terms."""
    terms = frozenset(term for term in query_terms(claim, [language]) if not term[0].isdigit())
    if not terms:
        return None
    said = [token for token in analyse(claim, language) if not token[0].isdigit()]
    ordered = [token for token in said if token in terms]
    held = _tokens(passage, language)
    windows = list(_windows(held))
    present = terms & frozenset(held)
    return Measures(
        covered=max((len(terms & frozenset(window)) for window in windows), default=0) / len(terms),
        in_order=longest_in_order(ordered, windows) / max(len(ordered), 1),
        run=longest_run(said, held) / max(len(said), 1),
        missing=math.log1p(len(terms) - len(present)),
    )


def _probability(measures: Measures, unmatched: float | None) -> float:
    weights = _weights()["words" if unmatched is None else "words_and_vectors"]
    total = weights["constant"] + sum(weights[name] * getattr(measures, name) for name in Measures.__struct_fields__)
    if unmatched is not None:
        total += weights["unmatched"] * unmatched
    return 1 / (1 + math.exp(-total))


@cache
def _weights() -> dict[str, dict[str, float]]:
    return tomllib.loads(files("citewell.agent").joinpath("data/support.toml").read_text())


def _windows(tokens: Sequence[str]) -> Iterator[Sequence[str]]:
    for number, start in enumerate(range(0, max(len(tokens) - _WINDOW_STEP, 1), _WINDOW_STEP)):
        if number == _MAX_WINDOWS:
            return
        yield tokens[start : start + WINDOW]


def longest_in_order(wanted: Sequence[str], windows: Sequence[Sequence[str]]) -> int:
    """Length of the longest common subsequence of the wanted tokens and one of the windows.

    Source: Hyyrö, Bit-Parallel LCS-length Computation Revisited, 2004.
    """
    places = _places(wanted)
    full = (1 << len(wanted)) - 1
    best = 0
    for window in windows:
        row = full
        for token in window:
            if matches := row & places.get(token, 0):
                row = ((row + matches) | (row - matches)) & full
        best = max(best, len(wanted) - row.bit_count())
    return best


def _places(tokens: Sequence[str]) -> dict[str, int]:
    """Returns the positions of each token as a bit mask."""
    places: dict[str, int] = {}
    for place, token in enumerate(tokens):
        places[token] = places.get(token, 0) | 1 << place
    return places


def longest_run(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest sequence of tokens that stands in both without a gap."""
    places: dict[str, list[int]] = {}
    for place, token in enumerate(one):
        places.setdefault(token, []).append(place)
    best = 0
    ending: dict[int, int] = {}  # place in `one` -> length of the common run that ends there
    for token in other:
        ending = {place: ending.get(place - 1, 0) + 1 for place in places.get(token, ())}
        best = max(best, *ending.values()) if ending else best
    return best


@lru_cache(maxsize=64)
def _tokens(passage: str, language: str) -> tuple[str, ...]:
    return tuple(analyse(passage, language))
