"""Does the claim check agree with people's judgement?

Usage: python -m benchmarks.attribution [FILE]

The claims of AttributionBench's development split with the passages that were cited for them. A claim counts as
attributable where the rule of docs/citations.md finds its numbers and enough of its terms in the passages. Beside it
stand rules that only count shared terms. Without an argument the file is ../shared/eval/attributionbench/dev.jsonl
beside the repository.
"""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.report import machine, table
from citewell.agent.claims import supports
from citewell.search.analyse import analyse, query_terms

FILE = Path(__file__).parents[2] / "shared" / "eval" / "attributionbench" / "dev.jsonl"
THRESHOLDS = (0.5, 0.6, 0.7)
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


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else FILE
    if not path.exists():
        print(f"Skipped: no {path}.")
        return
    claims = [json.loads(line) for line in path.read_text().splitlines()]
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
