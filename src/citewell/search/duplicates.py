"""Leaves out passages that repeat a better one.

Two passages are duplicates if they share nearly all of their words and all of their numbers. Numbers matter: the
statements of two quarters have the same words.
"""

import re
from collections.abc import Iterator
from functools import cached_property

SIMILAR = 0.9  # share of common words among all words of both (Jaccard index)
# The share of their words that only one of two duplicates has: follows from SIMILAR.
_MOST_DIFFERENT = (1 - SIMILAR) / (1 + SIMILAR)
_BITS = 255
_MIN_WORDS = 8  # shorter texts are duplicates only if they are equal
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d(?:[\d.,]*\d)?")
_LETTERS = {code: " " for code in range(128) if not chr(code).isalpha()}
_SIGNS = "-(\u2212"  # -5, (5) and 5 are three numbers


class Seen:
    """The passages that were accepted so far."""

    def __init__(self) -> None:
        self._texts: set[str] = set()
        self._by_numbers: dict[frozenset[str], list[_Words]] = {}

    def is_new(self, text: str) -> bool:
        """Whether the passage repeats none that was accepted. If so, it is accepted."""
        whole = " ".join(text.casefold().split())
        if whole in self._texts:
            return False
        alike = self._by_numbers.setdefault(frozenset(_numbers(text)), [])
        words = _Words(whole)
        if any(words.repeat(accepted) for accepted in alike):
            return False
        self._texts.add(whole)
        alike.append(words)
        return True


class _Words:
    """The distinct words of a text in lower case."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _all(self) -> frozenset[str]:
        # A regular expression takes four times as long.
        return frozenset(self._text.translate(_LETTERS).split() if self._text.isascii() else _WORD.findall(self._text))

    @cached_property
    def _bits(self) -> int:
        """A set of the words' hashes. Two sets differ in at most as many bits as the texts in words."""
        bits = 0
        for word in self._all:
            bits |= 1 << (hash(word) & _BITS)
        return bits

    def repeat(self, other: "_Words") -> bool:
        """Whether both texts have nearly the same words."""
        # A quick test, which is true of all duplicates.
        if (self._bits ^ other._bits).bit_count() > _MOST_DIFFERENT * (len(self._all) + len(other._all)):
            return False
        if min(len(self._all), len(other._all)) < _MIN_WORDS:
            return False
        return len(self._all & other._all) >= SIMILAR * len(self._all | other._all)


def _numbers(text: str) -> Iterator[str]:
    """Yields the numbers with their signs.

    A pattern that begins with an optional sign would take three times as long.
    """
    for match in _NUMBER.finditer(text):
        start, end = match.span()
        yield text[start - 1 : end] if start and text[start - 1] in _SIGNS else match[0]
