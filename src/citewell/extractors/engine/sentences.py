"""Numbers and dates in sentences: "2.47 billion shares were outstanding as of ...", "for the period ended ..."."""

import re
from collections.abc import Iterator

import msgspec

from citewell.extractors.engine.evidence import Found, distinct
from citewell.extractors.engine.pages import FRONT_CHARS, Document, Line
from citewell.extractors.engine.values import Typed, typed, wanted_unit
from citewell.extractors.engine.words import Named, vocabulary, words

ENOUGH = 0.6
_CLAUSE = re.compile(r"[^;]+")
_MONTHS = "Jan|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez"
# A point behind the day of a German date ends no sentence.
_SENTENCE = re.compile(
    rf"(?:[^.!?]|[.!?](?!\s+[A-Z☐☒])|\b(?:No|Inc|Corp|Co|Ltd|Nr)\.|(?<=\d)\.(?=\s(?:{_MONTHS})))+[.!?]?"
)
_NEXT = re.compile(r"\W*(\w+)(?:\W+(\w+))?(?:\W+(\w+))?")
_LAST = re.compile(r"(?:(\w+)\W+)?(?:(\w+)\W+)?(\w+)\W*$")
# Words behind it are about the next value: "begins on 1 May and ends on 3 June", "the rent is 5 EUR, the deposit 9".
_NEXT_VALUE = re.compile(r",\s|\b(?:and|or|und|oder|bis|et|ou|y|o|e|ed|but|aber|mais|pero|ma)\b", re.IGNORECASE)
_LINKS = frozenset(
    {"was", "is", "were", "are", "of", "totaled", "totalled", "amounted", "beträgt", "betragen", "betrug", "war"}
)


class Candidate(msgspec.Struct, frozen=True):
    found: Found
    place: int


def find(document: Document, field: Named) -> Found | None:
    """Returns the value of the clause that has the words of the field and fewest others; others as sure are its
    conflicts.
    """
    rated: list[Candidate] = []
    offset = 0
    heads: dict[int, Line] = {}
    for line in document.lines:
        heads.setdefault(line.block, line)
        head = heads[line.block] if heads[line.block] is not line and line.is_row else None
        if any(character.isdigit() for character in line.text):
            rated += _in_line(document, field, line, head, offset)
        offset += len(line.text) + 1
    if not rated:
        return None
    best = max(rated, key=lambda one: (one.found.score, -one.place))
    near = [one.found for one in rated if one.found.score >= best.found.score - 0.02]
    return msgspec.structs.replace(best.found, conflicts=distinct(best.found, near))


def _in_line(document: Document, field: Named, line: Line, head: Line | None, offset: int) -> Iterator[Candidate]:
    over = words(head.text[:300]) if head else frozenset()
    for sentence in _SENTENCE.finditer(line.text):
        for clause in _CLAUSE.finditer(sentence[0]):
            own = words(clause[0][:1000])
            covered = own | over
            if not field.core or not field.core <= covered or not own & field.core:
                continue
            start = line.start + sentence.start() + clause.start()
            made = [one for one in typed(field, clause[0], document.style) if _fits(field, one)]
            for one in made:
                score = _score(field, clause[0], own, covered, one, len(made))
                score += 0.08 if offset < FRONT_CHARS else 0.0
                if score >= ENOUGH:
                    yield Candidate(_found(document, field, line.chunk, start, one, score), offset + one.start)


def _found(document: Document, field: Named, chunk: int, start: int, one: Typed, score: float) -> Found:
    value = one.value
    if field.spec.kind in ("int", "number") and one.scaled:
        value = value / wanted_unit(field) if wanted_unit(field) != 1 else value
    source = document.source(chunk, start + one.start, start + one.end)
    return Found(value, (source,), min(score, 0.95), one.unit, one.currency)


def _fits(field: Named, one: Typed) -> bool:
    """A number of things has no currency."""
    counted = field.name & set(vocabulary()["counted"]["words"])
    priced = field.name & set(vocabulary()["counted"]["priced"])
    return not (counted and not priced and one.currency)


def _score(field: Named, clause: str, own: frozenset[str], covered: frozenset[str], one: Typed, count: int) -> float:
    score = 0.72
    after = _terms(_NEXT.match(_NEXT_VALUE.split(clause[one.end : one.end + 60], maxsplit=1)[0]))
    before = _LAST.search(clause[max(one.start - 60, 0) : one.start])
    if _terms(before) & field.name or (before and before[3].lower() in _LINKS):
        score += 0.12
    if after & field.name:
        score += 0.1
    qualified = own & set(vocabulary()["qualifiers"]["words"]) - field.name - field.described
    score -= 0.25 * len(qualified)
    score -= 0.1 * (count - 1)
    if count > 1 and not field.core <= covered - own | words(clause[: one.end][:1000]) | after:
        score -= 0.06  # what names the field stands behind another value
    score += 0.05 * (len(field.described & covered) / len(field.described)) if field.described else 0.0
    return score - 0.002 * min(len(own), 40)


def _terms(match: re.Match[str] | None) -> frozenset[str]:
    if match is None:
        return frozenset()
    return frozenset(term for part in match.groups() if part for term in words(part))
