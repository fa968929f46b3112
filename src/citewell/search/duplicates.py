"""Passages that say the same: shown once.

Two passages are the same when nearly all of their words are and all of their numbers: the statements of two quarters
share their words, and only their numbers tell them apart.
"""

import re

SIMILAR = 0.9  # common words among all words of both
_MIN_WORDS = 8  # below this only equal texts are the same
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"[-(\u2212]?\d(?:[\d.,]*\d)?")  # -5, (5) and 5 are three


class Seen:
    """The passages that were let through so far."""

    def __init__(self) -> None:
        self._texts: set[str] = set()
        self._words: list[tuple[frozenset[str], frozenset[str]]] = []

    def is_new(self, text: str) -> bool:
        """Whether the passage says something new; it then counts as seen."""
        words = _WORD.findall(text.casefold())
        whole = " ".join(text.casefold().split())
        if whole in self._texts:
            return False
        numbers = frozenset(_NUMBER.findall(text))
        found = frozenset(words)
        if len(words) >= _MIN_WORDS and self._has_similar(found, numbers):
            return False
        self._texts.add(whole)
        self._words.append((found, numbers))
        return True

    def _has_similar(self, words: frozenset[str], numbers: frozenset[str]) -> bool:
        return any(numbers == others and _overlap(words, seen) >= SIMILAR for seen, others in self._words)


def _overlap(first: frozenset[str], second: frozenset[str]) -> float:
    smaller, larger = sorted((len(first), len(second)))
    if smaller < SIMILAR * larger:
        return 0.0  # without counting: even if all of the smaller were in the larger
    return len(first & second) / len(first | second)
