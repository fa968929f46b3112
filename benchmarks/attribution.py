"""Does the claim check agree with people's judgement?

Usage: python -m benchmarks.attribution [--fit] [--words] [FILE]

The claims of AttributionBench's development split with the passages that were cited for them. A claim counts as
attributable where the rule of docs/citations.md finds its numbers and its words in the passages: with the default
embedding model if it is installed, and without one (--words: only so). Beside it stand rules that only count shared
terms. With --fit the weights of citewell.agent.support are fitted to the claims and printed, and how such weights do on
claims that they were not fitted to. Without FILE it is ../shared/eval/attributionbench/dev.jsonl beside the repository.
"""

import argparse
import asyncio
import json
import tempfile
import time
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
from citewell.agent.unmatched_words import unmatched_words
from citewell.embedding import EmbeddingConfig, load_embedder
from citewell.search.analyse import analyse, query_terms

FILE = Path(__file__).parents[2] / "shared" / "eval" / "attributionbench" / "dev.jsonl"
THRESHOLDS = (0.5, 0.6, 0.7)
RIDGE = 0.5
STEPS = 30
AT_ONCE = 20  # claims, as many as an answer's that the product reads together
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
    """Weights of a logistic regression (Newton's method), the constant last; measures of shape (claims, weights)."""
    weights = np.zeros(measures.shape[1])
    penalty = np.diag([RIDGE] * (measures.shape[1] - 1) + [1e-6])
    for _ in range(STEPS):
        sure = 1 / (1 + np.exp(-measures @ weights))
        slope = measures.T @ (sure - judged) + penalty @ weights
        curve = (measures * (sure * (1 - sure))[:, None]).T @ measures + penalty
        weights -= np.linalg.solve(curve, slope)
    return weights


def fit(claims: list[dict[str, Any]], unmatched: list[float] | None) -> None:
    """Prints weights fitted to all claims, and how weights do that were fitted to some of them."""
    texts = texts_of(claims)
    found = [measure(*text, "en") or Measures(1.0, 1.0, 1.0, 0.0) for text in texts]
    shares = [[share] for share in unmatched] if unmatched else [[] for _ in claims]
    measures = np.array(
        [[*msgspec.structs.astuple(one), *share, 1.0] for one, share in zip(found, shares, strict=True)]
    )
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
    names = (*Measures.__struct_fields__, *(["unmatched"] if unmatched else []), "constant")
    print(*(f"{name} = {weight:.2f}" for name, weight in zip(names, weights, strict=True)), sep="\n")
    print()
    print(table(["weights fitted without", "macro-F1"], rows))


def texts_of(claims: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(claim["claim"], "\n\n".join(claim["references"])) for claim in claims]


def hash_of(text: str) -> int:
    return zlib.crc32(text.encode())


async def read(claims: list[dict[str, Any]]) -> list[float] | None:
    """The share of unmatched words of each claim; None without the model. Prints the CPU that a claim takes."""
    with tempfile.TemporaryDirectory() as folder:
        embedder = load_embedder(EmbeddingConfig("auto", Path(folder)))
        if embedder is None:
            return None
        await embedder.prepare()
        texts, found = texts_of(claims), []
        before = time.process_time()
        for start in range(0, len(texts), AT_ONCE):
            shares = await unmatched_words(texts[start : start + AT_ONCE], "en", embedder.read_words)
            if shares is None:
                return None
            found += shares
        print(f"CPU of the embedding model: {(time.process_time() - before) / len(texts) * 1000:.0f} ms a claim")
        await embedder.aclose()
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("file", nargs="?", type=Path, default=FILE)
    parser.add_argument("--fit", action="store_true", help="fit the weights anew and print them")
    parser.add_argument("--words", action="store_true", help="without the embedding model")
    options = parser.parse_args()
    if not options.file.exists():
        print(f"Skipped: no {options.file}.")
        return
    claims = [json.loads(line) for line in options.file.read_text().splitlines()]
    unmatched = None if options.words else asyncio.run(read(claims))
    if options.fit:
        fit(claims, unmatched)
        return
    texts = texts_of(claims)
    found = {"the product's rule, by words alone": [supports(*text, "en") for text in texts]}
    if unmatched:
        judged_by_both = [supports(*text, "en", share) for text, share in zip(texts, unmatched, strict=True)]
        found["the product's rule, with the embedding model"] = judged_by_both
    for least in THRESHOLDS:
        found[f"{least:.0%} of the terms"] = [shared(least)(*text) for text in texts]
    judged = [claim["label"] == "attributable" for claim in claims]
    print(machine())
    print()
    print(table(["rule", "macro-F1"], [[name, f"{macro_f1(said, judged):.3f}"] for name, said in found.items()]))


if __name__ == "__main__":
    main()
