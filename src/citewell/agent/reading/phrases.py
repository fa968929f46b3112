"""Sentences and phrases of a question: what stands behind a preposition, and the two sides that a question compares."""

import re
from collections.abc import Iterator
from functools import cache

from citewell.agent.reading.vocabulary import DEFAULT_LANGUAGE, any_of, load

_END = re.compile(r"[,;:?!]")
_WORD = re.compile(r"[^\s,;:?!]+")
_SENTENCE = re.compile(r"(?<=[.?!])\s+")


def sentences(text: str) -> list[str]:
    """The sentences of a question, with the marks at their ends."""
    return _SENTENCE.split(text)


def replaced(text: str, before: str, language: str, own_language: str = "") -> frozenset[str]:
    """Returns the words, in lower case, of the phrase in the question before that the first phrase of this one
    replaces: "for adults" by "And for children?". The phrase has the same preposition, else it is the last one.
    `language` is that of the question before, and of this one where it has no other.
    """
    own = next(_phrases(text, own_language or language), None)
    if own is None or len(_WORD.findall(text[: own[1]])) > 1:
        return frozenset()
    held = list(_phrases(before, language))
    same = [words for preposition, _, words in held if _is_same(preposition, own[0])]
    return (same or [words for _, _, words in held] or [frozenset()])[-1] - own[2]


def told_apart(text: str, before: str) -> frozenset[str]:
    """Returns the word, in lower case, in the question before that another word of this one replaces, because both
    stand beside the same word: "full-time" by "and part-time employees?".
    """
    own, held = ([word.lower() for word in _WORD.findall(one)] for one in (text, before))
    gone = set()
    for place, word in enumerate(own):
        if word not in held:
            continue
        for step in (-1, 1):
            other, there = place + step, held.index(word) + step
            if 0 <= other < len(own) and 0 <= there < len(held) and own[other] != held[there]:
                gone.add(held[there])
    return frozenset(gone)


def _is_same(one: str, other: str) -> bool:
    """Whether two prepositions, of one language or of two, mean the same."""
    return one == other or any({one, other} <= set(alike.split()) for alike in load("questions")["follow_up"]["alike"])


def _phrases(text: str, language: str) -> Iterator[tuple[str, int, frozenset[str]]]:
    """(preposition, its place, the words behind it) of each phrase; a phrase ends at the next one."""
    known, pattern = _prepositions(language)
    found = list(pattern.finditer(text))
    for place, match in enumerate(found):
        end = found[place + 1].start() if place + 1 < len(found) else len(text)
        behind = _END.split(text[match.end() : end], maxsplit=1)[0]
        yield known[match[0].lower()], match.start(), frozenset(word.lower() for word in _WORD.findall(behind))


@cache
def _prepositions(language: str) -> tuple[dict[str, str], re.Pattern[str]]:
    """(the first form of each, a pattern of all)."""
    of_all = load("questions")["follow_up"]["prepositions"]
    forms = [entry.split("|") for entry in of_all.get(language, of_all[DEFAULT_LANGUAGE])]
    known = {form: entry[0] for entry in forms for form in entry}
    return known, re.compile(rf"(?<!\S){any_of(list(known))}(?=\s)", re.IGNORECASE)


def sides(text: str, language: str = DEFAULT_LANGUAGE) -> tuple[frozenset[str], frozenset[str]] | None:
    """Returns the words, in lower case, of the two things that a question compares: "between A and B", "more in A than
    in B" or, behind a comma, "A or B". None for another question.
    """
    match = next((found for pattern in _sides() if (found := pattern.search(text))), None)
    if match is None:
        return _beside_than(text, language)
    one, two = (frozenset(word.lower() for word in _WORD.findall(match[place])) for place in (1, 2))
    return one - two, two - one


def joined(text: str) -> tuple[frozenset[str], frozenset[str]] | None:
    """Returns the words, in lower case, in front of and behind the only "and" of a text; None without one."""
    found = list(_both().finditer(text))
    if len(found) != 1:
        return None
    parts = text[: found[0].start()], _END.split(text[found[0].end() :], maxsplit=1)[0]
    one, two = (frozenset(word.lower() for word in _WORD.findall(part)) for part in parts)
    return one - two, two - one


@cache
def _both() -> re.Pattern[str]:
    return re.compile(rf"\s{any_of(load('questions')['sides']['both'])}\s", re.IGNORECASE)


def _beside_than(text: str, language: str) -> tuple[frozenset[str], frozenset[str]] | None:
    """The two sides of "than": phrases with one preposition, else the words that tell two like phrases apart."""
    match = _than().search(text)
    if match is None:
        return None
    before, behind = text[: match.start()], _END.split(text[match.end() :], maxsplit=1)[0]
    own = next(_phrases(behind, language), None)
    if own is not None and not _WORD.findall(behind[: own[1]]):
        same = [words for preposition, _, words in _phrases(before, language) if _is_same(preposition, own[0])]
        return (same[-1] - own[2], own[2] - same[-1]) if same else None
    gone, come = told_apart(behind, before), told_apart(before, behind)
    return (gone, come) if gone and come else None


@cache
def _than() -> re.Pattern[str]:
    return re.compile(rf"\s{any_of(load('questions')['sides']['than'])}\s", re.IGNORECASE)


@cache
def _sides() -> tuple[re.Pattern[str], ...]:
    words = load("questions")["sides"]
    return (
        re.compile(rf"\b{any_of(words['between'])}\s(.+?)\s{any_of(words['both'])}\s(.+?)(?:[,;:?!]|$)", re.IGNORECASE),
        re.compile(rf"[,:]\s([^,:]+?)\s{any_of(words['either'])}\s([^,:]+?)(?:[,;:?!]|$)", re.IGNORECASE),
    )


@cache
def comparing_words() -> frozenset[str]:
    """Words that say how things compare, and are no thing."""
    return frozenset(load("questions")["sides"]["words"].split())
