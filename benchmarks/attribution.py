"""Does the claim check agree with people's judgement?

Usage: python -m benchmarks.attribution [--fit] [FILE]

The claims of AttributionBench's development split with the passages that were cited for them. A claim counts as
attributable where the rule of docs/citations.md finds its numbers and its words in the passages. Beside it stand rules
that only count shared terms. With --fit the weights of citewell.agent.support are fitted to the claims and printed, and
how such weights do on claims that they were not fitted to. Without FILE it is ../shared/eval/attributionbench/dev.jsonl
beside the repository.
"""

import argparse
import json
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from benchmarks.report import machine, table
from citewell.agent.claim_numbers import has_numbers
from citewell.agent.claims import supports
from citewell.agent.support import Measures, measure
from citewell.search.analyse import analyse, query_terms

FILE = Path(__file__).parents[2] / "shared" / "eval" / "attributionbench" / "dev.jsonl"
THRESHOLDS = (0.5, 0.6, 0.7)
RIDGE = 0.5
STEPS = 30
Rule = Callable[[str, str], bool]


def shared(least: float) -> Rule:
    """Supported where this share of the claim's terms is in the passages."""

    def rule(claim: str, passage: str) -> bool:
        terms, held = query_terms(claim, ["en"]), frozenset(analyse(passage, "en"))
        return sum(term in held for term in terms) >= least * len(terms)

    return rule


def macro_f1(found: Sequence[bool], judged: Sequence[bool]) -> float:
    scores = []
    for label in (True, False):
        hits = sum(one == other == label for one, other in zip(found, judged, strict=True))
        scores.append(2 * hits / max(found.count(label) + judged.count(label), 1))
    return sum(scores) / 2


def fitted(measures: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """Weights of a logistic regression (Newton's method), the constant last; measures of shape (claims, 5)."""
    weights = np.zeros(measures.shape[1])
    penalty = np.diag([RIDGE] * (measures.shape[1] - 1) + [1e-6])
    for _ in range(STEPS):
        sure = 1 / (1 + np.exp(-measures @ weights))
        slope = measures.T @ (sure - judged) + penalty @ weights
        curve = (measures * (sure * (1 - sure))[:, None]).T @ measures + penalty
        weights -= np.linalg.solve(curve, slope)
    return weights


def fit(claims: list[dict[str, Any]]) -> None:
    """Prints weights fitted to all claims, and how weights do that were fitted to some of them."""
    texts = [(claim["claim"], "\n\n".join(claim["references"])) for claim in claims]
    found = [measure(*text, "en") or Measures(1.0, 1.0, 1.0, 0.0) for text in texts]
    measures = np.array([[*msgspec.structs.astuple(one), 1.0] for one in found])
    possible = np.array([has_numbers(*text, "en") for text in texts])
    judged = np.array([claim["label"] == "attributable" for claim in claims])
    groups = {
        "a fifth of the questions kept back, in turn": [hash_of(claim["question"]) % 5 for claim in claims],
        "a source kept back, in turn": [claim["source"] for claim in claims],
    }
    rows = []
    for name, group in groups.items():
        said = np.zeros(len(claims), bool)
        for one in sorted(set(group), key=str):
            held = np.array([other == one for other in group])
            known = ~held & possible
            said[held] = (measures[held] @ fitted(measures[known], judged[known]) > 0) & possible[held]
        rows.append([name, f"{macro_f1(said.tolist(), judged.tolist()):.3f}"])
    weights = fitted(measures[possible], judged[possible])
    names = (*Measures.__struct_fields__, "constant")
    print(*(f"{name} = {weight:.2f}" for name, weight in zip(names, weights, strict=True)), sep="\n")
    print()
    print(table(["weights fitted without", "macro-F1"], rows))


def hash_of(text: str) -> int:
    return zlib.crc32(text.encode())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("file", nargs="?", type=Path, default=FILE)
    parser.add_argument("--fit", action="store_true", help="fit the weights anew and print them")
    options = parser.parse_args()
    if not options.file.exists():
        print(f"Skipped: no {options.file}.")
        return
    claims = [json.loads(line) for line in options.file.read_text().splitlines()]
    if options.fit:
        fit(claims)
        return
    judged = [claim["label"] == "attributable" for claim in claims]
    rules: dict[str, Rule] = {"the product's rule": lambda claim, passage: supports(claim, passage, "en")}
    rules |= {f"{least:.0%} of the terms": shared(least) for least in THRESHOLDS}
    rows = []
    for name, rule in rules.items():
        found = [rule(claim["claim"], "\n\n".join(claim["references"])) for claim in claims]
        rows.append([name, f"{macro_f1(found, judged):.3f}"])
    print(machine())
    print()
    print(table(["rule", "macro-F1"], rows))


if __name__ == "__main__":
    main()
