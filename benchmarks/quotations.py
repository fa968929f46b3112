"""Are quotations found that people wrote, and none that was changed?

Usage: python -m benchmarks.quotations [FILE]

The quotations of QuoteSum (development split): each should stand in its source, which is its title and text. Then the
first digit of each quotation that has one is changed, and none of these may be found. Without an argument the file is
../shared/eval/quotesum/dev.jsonl beside the repository.
"""

import json
import re
import sys
from collections import Counter
from pathlib import Path

from benchmarks.report import machine, table
from citewell.agent.spans import find_span

FILE = Path(__file__).parents[2] / "shared" / "eval" / "quotesum" / "dev.jsonl"
_DIGIT = re.compile(r"\d")


def changed(quote: str) -> str | None:
    """The quotation with its first digit d as (d + 1) mod 10; None where it has no digit."""
    found = _DIGIT.search(quote)
    if found is None:
        return None
    return f"{quote[: found.start()]}{(int(found[0]) + 1) % 10}{quote[found.end() :]}"


def counts(answers: list[dict]) -> Counter[str]:  # type: ignore[type-arg]
    """How many quotations there are, stand in the text as they are, are found exact or normalized, and were changed."""
    found: Counter[str] = Counter()
    for answer in answers:
        for quote in answer["quotes"]:
            source = answer["sources"][quote["source"]]
            content = f"{source['title']}\n{source['text']}"
            span = find_span(content, quote["text"])
            found["quotations"] += 1
            found["in the text character for character"] += quote["text"] in source["text"]
            found["exact"] += span is not None and span.exact
            found["normalized"] += span is not None and not span.exact
            if (other := changed(quote["text"])) is not None:
                found["changed"] += 1
                found["changed, and found all the same"] += find_span(content, other) is not None
    return found


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else FILE
    if not path.exists():
        print(f"Skipped: no {path}.")
        return
    found = counts([json.loads(line) for line in path.read_text().splitlines()])
    print(machine())
    print()
    print(table(["quotations", "count"], [[name, count] for name, count in found.items()]))


if __name__ == "__main__":
    main()
