"""Checks that an amount has a unit of the quantity in question: 265 g is no voltage, and 24 V no response time."""

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from citewell.agent.reading.kinds import NUMBER_WORDS
from citewell.agent.reading.vocabulary import any_of, load, whole_words


def is_of_another(question: str, text: str) -> bool:
    """Returns whether a question asks for a quantity, and the numbers in a text all have units of other quantities."""
    return lacks_unit(question, text) and bool(_stated(text))


def lacks_unit(question: str, text: str) -> bool:
    """Returns whether a question asks for a quantity, and a text has no number with a unit of that quantity."""
    wanted = _asked(question)
    return bool(wanted) and wanted.isdisjoint(_stated(text))


def states(question: str, text: str) -> bool:
    """Returns whether a question asks for a quantity, and a text has a number with a unit of that quantity."""
    return not _asked(question).isdisjoint(_stated(text))


@lru_cache(maxsize=1000)
def _asked(question: str) -> frozenset[str]:
    return frozenset(name for name, asked, _ in _known() if asked.search(question))


@lru_cache(maxsize=20_000)
def _stated(text: str) -> frozenset[str]:
    return frozenset(name for name, _, units in _known() if units.search(text))


@cache
def _known() -> list[tuple[str, re.Pattern[str], re.Pattern[str]]]:
    """Returns quantities: (name, pattern of its words in questions, pattern of a number with one of its units)."""
    return [
        (name, whole_words(known["asked"]), _with_number(known["units"])) for name, known in load("quantities").items()
    ]


def _with_number(units: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"(?:\d|(?i:{NUMBER_WORDS.pattern}))\s?{any_of(units)}(?![\w'’])")
