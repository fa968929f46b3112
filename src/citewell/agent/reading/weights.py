"""Computes how much of an asked thing a text has, and how much each thing weighs."""

import math
from collections.abc import Iterable, Mapping, Sequence

from citewell.agent.reading.question import Group

_PART_SHARE = 0.6  # what a part of a phrase counts
_JOINING = frozenset({"de", "nl"})  # languages that write several words as one
BEGINNING = 5  # letters that two words must share to be alike
_ALIKE_CHARS, _ALIKE_SHARE = 6, 0.7  # of the longer word, where none is the beginning of the other


def share(group: Group, words: frozenset[str]) -> float:
    """1 where the words have one of the group's alternatives, less for a part of the first."""
    best = 0.0
    for phrase in group.alternatives:
        if not phrase:
            continue
        held = len(phrase & words)
        if held == len(phrase):
            return 1.0
        if len(phrase) > 1 and phrase is group.alternatives[0]:
            best = max(best, _PART_SHARE * held / len(phrase))
    return best


def share_abroad(group: Group, words: frozenset[str], language: str) -> float:
    """The same in a document of another language, which may join words: "Versorgungsspannung" has "Spannung"."""
    held = share(group, words)
    if held == 1 or language not in _JOINING or not group.alternatives:
        return held
    terms = [next(iter(phrase)) for phrase in group.alternatives if len(phrase) == 1]
    long = tuple(term for term in terms if len(term) >= BEGINNING and term.isalpha())
    return 1.0 if any(word.endswith(long) or word.startswith(long) for word in words) else held


def beginnings(words: Iterable[str]) -> dict[str, list[str]]:
    """The words by their first letters; words with figures and short ones are left out."""
    found: dict[str, list[str]] = {}
    for word in words:
        if len(word) >= BEGINNING and word.isalpha():
            found.setdefault(word[:BEGINNING], []).append(word)
    return found


def alike(group: Group, known: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """The words that begin like the one of the group and may be another form of it: "repair" and "reparation"; German
    participles also without their "ge"."""
    if group.concept or len(group.alternatives[0]) != 1:
        return frozenset()
    (term,) = group.alternatives[0]
    forms = [term, term[2:]] if term.startswith("ge") else [term]
    return frozenset(
        word for form in forms if form.isalpha() for word in known.get(form[:BEGINNING], ()) if _is_form(form, word)
    )


def _is_form(one: str, other: str) -> bool:
    if len(one) < BEGINNING:
        return False
    if one.startswith(other) or other.startswith(one):
        return True
    same = next((place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), 0)
    return same >= _ALIKE_CHARS and same >= _ALIKE_SHARE * max(len(one), len(other))


def weights(
    shares: Sequence[Sequence[float]], around: Sequence[Sequence[float]], groups: Sequence[Group]
) -> list[float]:
    """Rare things weigh more; one that stands nowhere weighs most: the question is about it. What the vocabulary knows
    weighs no less than any word."""
    found = []
    for place in range(len(groups)):
        having = sum(max(own[place], over[place]) for own, over in zip(shares, around, strict=True))
        found.append(math.log(1 + (len(shares) + 1) / (0.5 + having)))
    most = max(found, default=1.0)
    return [most if group.concept else weight for group, weight in zip(groups, found, strict=True)]
