"""Leaves out passages that say the same as a better one.

Two passages say the same when they share nearly all of their words and all of their numbers: the statements of two
quarters share their words, and only their numbers tell them apart.
"""

import re

import msgspec

SIMILAR = 0.9  # common words among all words of both
_SAMPLE = 16
_MIN_WORDS = 8  # below this only equal texts are the same
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"[-(\u2212]?\d(?:[\d.,]*\d)?")  # -5, (5) and 5 are three


class Seen:
    """The passages that were accepted so far."""

    def __init__(self) -> None:
        self._texts: set[str] = set()
        self._passages: list[_Passage] = []

    def is_new(self, text: str) -> bool:
        """Whether the passage says something new; it then counts as seen."""
        whole = " ".join(text.casefold().split())
        if whole in self._texts:
            return False
        passage = _Passage.of(text)
        if len(passage.words) >= _MIN_WORDS and any(passage.says_what(seen) for seen in self._passages):
            return False
        self._texts.add(whole)
        self._passages.append(passage)
        return True


class _Passage(msgspec.Struct, frozen=True):
    """`sample` is a fixed part of the words (equal texts have equal samples); comparing samples rules most passages out
    quickly."""

    words: frozenset[str]
    numbers: frozenset[str]
    sample: frozenset[str]

    @classmethod
    def of(cls, text: str) -> "_Passage":
        words = frozenset(_WORD.findall(text.casefold()))
        return cls(words, frozenset(_NUMBER.findall(text)), frozenset(sorted(words)[:_SAMPLE]))

    def says_what(self, other: "_Passage") -> bool:
        if self.numbers != other.numbers or len(self.sample & other.sample) < len(self.sample) // 2:
            return False
        return _overlap(self.words, other.words) >= SIMILAR


def _overlap(first: frozenset[str], second: frozenset[str]) -> float:
    smaller, larger = sorted((len(first), len(second)))
    if smaller < SIMILAR * larger:
        return 0.0  # even if the larger held all words of the smaller, they would differ too much
    return len(first & second) / len(first | second)
