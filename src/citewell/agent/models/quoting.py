"""Choosing what to quote: the sentences and table rows that cover a question's words best."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from citewell.search.analyse import analyse, query_terms
from citewell.search.language import detect_language

MAX_QUOTES = 3
MAX_QUOTE_CHARS = 500
# Of the weight of the question's words, the share that the best quote and its headings must cover. Measured in
# benchmarks/extractive_support.py.
MIN_COVERAGE = 0.5
_MIN_IN_QUOTE = 0.25
_CONTEXT_SHARE = 0.6  # what a word counts that stands only in the headings or the document's name
_CLOSE_TO_BEST = 0.6

_HEADER = re.compile(r"^\[(c\d+)\] (.+)$", re.MULTILINE)
_TAIL = re.compile(r"\.\.\. \(get_chunk [0-9a-f-]+ reads more\)$")
_SENTENCE = re.compile(r"[^.!?。！？\n]*(?:[.!?。！？](?![\s\n]|$)[^.!?。！？\n]*)*(?:[.!?。！？]+[”\"')\]]*|\n|$)")
# Words of a question that say nothing of what it is about.
_GENERIC = frozenset(
    [
        "information",
        "tell",
        "know",
        "find",
        "document",
        "documents",
        "say",
        "says",
        "mention",
        "mentioned",
        "describe",
        "explain",
        "give",
        "list",
        "show",
        "have",
        "much",
        "many",
        "please",
        "question",
        "answer",
        "about",
        "report",
        "file",
    ]
)


@dataclass(frozen=True)
class Quote:
    """A piece of a chunk, character for character, with the chunk's label and where it stands."""

    label: str
    text: str
    where: str


@dataclass
class _Unit:
    label: str
    where: str
    text: str
    rank: int
    own: frozenset[str]
    context: frozenset[str]


def content_terms(question: str) -> list[str]:
    """Returns the analysed words of a question that carry its meaning."""
    language = detect_language(question)
    kept = " ".join(word for word in re.findall(r"\S+", question) if word.strip("?.,!:;\"'").lower() not in _GENERIC)
    languages = [language if language != "unknown" else "en"]
    return query_terms(kept or question, languages)


def choose(question: str, results: Sequence[str]) -> list[Quote]:
    """Returns the quotes that answer best, best first; none if the support is too weak."""
    terms = content_terms(question)
    units = [unit for text in results for unit in _units(text)]
    if not terms or not units:
        return []
    weights = _weights(terms, units)
    total = sum(weights.values())

    def score(unit: _Unit) -> float:
        own = sum(weights[term] for term in terms if term in unit.own)
        around = sum(weights[term] for term in terms if term not in unit.own and term in unit.context)
        return (own + _CONTEXT_SHARE * around) / total / (1 + 0.02 * unit.rank)

    ranked = sorted(units, key=score, reverse=True)
    best = ranked[0]
    in_best = sum(weights[term] for term in terms if term in best.own) / total
    if score(best) < MIN_COVERAGE or in_best < _MIN_IN_QUOTE:
        return []
    floor = _CLOSE_TO_BEST * score(best)
    chosen = [best]
    for unit in ranked[1:]:
        if len(chosen) == MAX_QUOTES or score(unit) < floor:
            break
        if all(unit.text != other.text for other in chosen):
            chosen.append(unit)
    chosen += _completing(chosen, ranked, terms)
    return [Quote(unit.label, _cut(unit.text), unit.where) for unit in chosen[: MAX_QUOTES + 1]]


def _completing(chosen: Sequence[_Unit], ranked: Sequence[_Unit], terms: Sequence[str]) -> list[_Unit]:
    """Returns a unit of the best quote's chunk that has words of the question which no quote has yet."""
    covered = frozenset().union(*(unit.own for unit in chosen))
    missing = [term for term in terms if term not in covered]
    same = [unit for unit in ranked if unit.label == chosen[0].label and unit not in chosen]
    better = max(same, key=lambda unit: sum(term in unit.own for term in missing), default=None)
    if better is None or not any(term in better.own for term in missing):
        return []
    return [better]


def _weights(terms: Sequence[str], units: Sequence[_Unit]) -> dict[str, float]:
    """Rare words weigh more; one that stands nowhere weighs most: the question is about it."""
    counts = Counter(term for unit in units for term in unit.own | unit.context)
    return {term: math.log(1 + len(units) / (0.5 + counts[term])) for term in terms}


def _units(text: str) -> Iterator[_Unit]:
    """Yields the sentences and rows of each result in a tool's text."""
    headers = list(_HEADER.finditer(text))
    for rank, header in enumerate(headers):
        end = headers[rank + 1].start() if rank + 1 < len(headers) else len(text)
        body = _TAIL.sub("", text[header.end() : end].strip())
        body = body.removeprefix("...")
        context = frozenset(analyse(header.group(2), "en"))
        for piece in _split(body):
            language = detect_language(body)
            own = frozenset(analyse(piece, language if language != "unknown" else "en"))
            yield _Unit(header.group(1), header.group(2), piece, rank, own, context)


def _split(body: str) -> Iterator[str]:
    for line in body.split("\n"):
        if " | " in line:
            yield line.strip()
            continue
        for found in _SENTENCE.finditer(line):
            sentence = found.group().strip()
            if len(sentence) > 2:
                yield sentence


def _cut(text: str) -> str:
    if len(text) <= MAX_QUOTE_CHARS:
        return text
    return text[:MAX_QUOTE_CHARS].rsplit(" ", 1)[0]
