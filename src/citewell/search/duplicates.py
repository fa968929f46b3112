"""Leaves out passages that repeat a better one.

Two passages are duplicates if they share nearly all of their words and all of their numbers. Numbers matter: the
statements of two quarters have the same words.
"""

import re
from collections.abc import Iterator
from functools import cached_property

SIMILAR = 0.9  # share of common words among all words of both (Jaccard index)
_SAMPLE = 16
_MIN_WORDS = 8  # shorter texts are duplicates only if they are equal
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d(?:[\d.,]*\d)?")
_LETTERS = {code: " " for code in range(128) if not chr(code).isalpha()}
_SIGNS = "-(\u2212"  # -5, (5) and 5 are three numbers


class Seen:
    """The passages that were accepted so far."""

    def __init__(self) -> None:
        self._texts: set[str] = set()
        self._passages: list[_Passage] = []

    def is_new(self, text: str) -> bool:
        """Whether the passage repeats none that was accepted. If so, it is accepted."""
        whole = " ".join(text.casefold().split())
        if whole in self._texts:
            return False
        passage = _Passage(text)
        if any(passage.says_what(seen) for seen in self._passages):
            return False
        self._texts.add(whole)
        self._passages.append(passage)
        return True


class _Passage:
    """The numbers of a text, and its words, which are found when they are first compared."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._numbers = frozenset(_numbers(text))

    @cached_property
    def words(self) -> frozenset[str]:
        folded = self._text.casefold()
        # A regular expression takes four times as long.
        return frozenset(folded.translate(_LETTERS).split() if folded.isascii() else _WORD.findall(folded))

    @cached_property
    def _sample(self) -> frozenset[str]:
        """A fixed part of the words. Equal texts have equal samples, and comparing samples is quick."""
        return frozenset(sorted(self.words)[:_SAMPLE])

    def says_what(self, other: "_Passage") -> bool:
        """Whether both texts are duplicates. Makes the quick comparisons first."""
        if self._numbers != other._numbers or not self._is_about_as_long(other):
            return False
        if len(self._sample & other._sample) < len(self._sample) // 2:
            return False
        return len(self.words & other.words) >= SIMILAR * len(self.words | other.words)

    def _is_about_as_long(self, other: "_Passage") -> bool:
        """Whether the lengths allow it: else they would differ too much even if one had all words of the other."""
        smaller, larger = sorted((len(self.words), len(other.words)))
        return smaller >= max(_MIN_WORDS, SIMILAR * larger)


def _numbers(text: str) -> Iterator[str]:
    """Yields the numbers with their signs.

    A pattern that begins with an optional sign would take three times as long.
    """
    for match in _NUMBER.finditer(text):
        start, end = match.span()
        yield text[start - 1 : end] if start and text[start - 1] in _SIGNS else match[0]
