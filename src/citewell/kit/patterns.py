"""Builds regular expressions from the words of a vocabulary."""

import re
from collections.abc import Iterable, Sequence


def any_of(words: Sequence[str]) -> str:
    """Returns a pattern that matches any of the words or patterns, the longest first."""
    return "(?:" + "|".join(sorted(words, key=len, reverse=True)) + ")"


def whole_words(words: Sequence[str]) -> re.Pattern[str]:
    """Returns a pattern that finds any of the words or patterns as whole words, ignoring case; in scripts without
    spaces, anywhere.
    """
    spaced = [word for word in words if word.isascii() or word[0] < "\u2e80"]
    unspaced = [word for word in words if word not in spaced]
    parts = [rf"\b{any_of(spaced)}(?!\w)"] if spaced else []
    return re.compile("|".join(parts + unspaced), re.IGNORECASE)


def longest(patterns: Iterable[tuple[str, re.Pattern[str]]], text: str) -> list[tuple[int, int, str]]:
    """(start, end, name) of each match of the named patterns, in text order. Of overlapping matches the longer one
    counts."""
    found = [(match.start(), match.end(), name) for name, pattern in patterns for match in pattern.finditer(text)]
    taken: list[tuple[int, int, str]] = []
    for start, end, name in sorted(found, key=lambda item: item[0] - item[1]):
        if all(end <= other[0] or other[1] <= start for other in taken):
            taken.append((start, end, name))
    return sorted(taken)
