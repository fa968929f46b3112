"""Extraction from texts whose words were changed: is a value that the text no longer holds ever taken as exact?

    python -m benchmarks.changed_values [FILE]

Each answer of QuoteSum (development split) gives a document: its sources, each with its title. The values are the
quotations that people took from them. A model that states them is simulated: first for the text as it is, then for the
text in which one word of the quotation was replaced, left out, doubled or swapped with the next, or one of its digits
raised. Such a value must never be exact. Without an argument the file is ../shared/eval/quotesum/dev.jsonl beside the
repository. Exit status 1 where a changed value is exact.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from benchmarks.quotations import FILE
from benchmarks.report import machine, table
from citewell.agent.knowledge import ChunkText
from citewell.extractors.class_source import read_class
from citewell.extractors.engine.lookup import look_up
from citewell.extractors.engine.pages import Document

[_FIELD] = read_class("class Answer(BaseModel):\n    value: str\n").fields
_WORD = re.compile(r"\w+")
_DIGIT = re.compile(r"\d")


def _at_middle(quote: str, change: Callable[[str], str]) -> str:
    words = list(_WORD.finditer(quote))
    one = words[len(words) // 2]
    return quote[: one.start()] + change(one[0]) + quote[one.end() :]


def _replaced(quote: str) -> str:
    return _at_middle(quote, lambda word: "zebra" if word.lower() != "zebra" else "lion")


def _left_out(quote: str) -> str:
    return _at_middle(quote, lambda _: "")


def _doubled(quote: str) -> str:
    return _at_middle(quote, lambda word: f"{word} indeed {word}")


def _swapped(quote: str) -> str:
    words = list(_WORD.finditer(quote))
    if len(words) < 2:
        return quote
    one, other = words[-2:]
    return quote[: one.start()] + other[0] + quote[one.end() : other.start()] + one[0] + quote[other.end() :]


def _negated(quote: str) -> str:
    return _at_middle(quote, lambda word: f"not {word}")


def _digit_raised(quote: str) -> str:
    found = _DIGIT.search(quote)
    return quote if found is None else f"{quote[: found.start()]}{(int(found[0]) + 1) % 10}{quote[found.end() :]}"


CHANGES: dict[str, Callable[[str], str]] = {
    "a word replaced": _replaced,
    "a word left out": _left_out,
    "a word doubled": _doubled,
    "two words swapped": _swapped,
    "a not put in": _negated,
    "a digit raised": _digit_raised,
}


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else FILE
    if not path.exists():
        print(f"Skipped: no {path}.")
        return
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("as it is", *CHANGES)}
    for sources, quote in quotations(path):
        counts["as it is"][status(sources, quote)] += 1
        for name, change in CHANGES.items():
            if (changed := _mutated(sources, quote, change)) is not None:
                counts[name][status(changed, quote)] += 1
    statuses = ("exact", "normalized", "derived", "missing")
    print(machine())
    rows = [(name, f"{found.total():,}", *(f"{found[one]:,}" for one in statuses)) for name, found in counts.items()]
    print(table(("the quotation in the text", "values", *statuses), rows))
    if any(counts[name]["exact"] for name in CHANGES):
        sys.exit(1)


def quotations(path: Path) -> Iterator[tuple[list[str], str]]:
    """The texts of a document with a quotation that stands in one of them."""
    for line in path.read_text().splitlines():
        answer = json.loads(line)
        sources = answer["sources"].values() if isinstance(answer["sources"], dict) else answer["sources"]
        texts = [f"{one['title']}\n\n{one['text']}" for one in sources]
        for quote in answer["quotes"]:
            if _WORD.search(quote["text"]) and any(quote["text"] in text for text in texts):
                yield texts, quote["text"]


def _mutated(texts: list[str], quote: str, change: Callable[[str], str]) -> list[str] | None:
    """The texts with the quotation changed wherever it stands; None where the change leaves it in them."""
    if (other := change(quote)) == quote:
        return None
    changed = [text.replace(quote, other) for text in texts]
    return None if any(_plain(quote) in _plain(text) for text in changed) else changed


def _plain(text: str) -> str:
    """Its words in lower case: what stands elsewhere in other letters, or over a line end, was not changed."""
    return f" {' '.join(_WORD.findall(text.casefold()))} "


def status(texts: list[str], value: str) -> str:
    """The status of the value, stated by a model with itself as the quotation."""
    document = Document([_chunk(number, text) for number, text in enumerate(texts)])
    found = look_up(document, _FIELD, value, value)
    return "missing" if found is None else str(found.status)


def _chunk(number: int, text: str) -> ChunkText:
    chunk_id, document_id = (uuid5(NAMESPACE_URL, name) for name in (str(number), "document"))
    return ChunkText(chunk_id, document_id, "document", text, 1, 1, (), "")


if __name__ == "__main__":
    main()
