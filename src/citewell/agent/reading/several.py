"""Texts that ask more than once, or tell a story before they ask."""

import re
from functools import cache

from citewell.agent.reading import phrases
from citewell.agent.reading.question import Asked
from citewell.agent.reading.vocabulary import any_of, load

_LOOKED_UP = frozenset({"date", "person", "place", "duration", "frequency", "price", "percent", "amount"})


def last_question(text: str) -> str | None:
    """The question behind sentences that only tell how it came up; None for a text that is no such story."""
    *told, asking = phrases.sentences(text.strip())
    return asking if told and "?" in asking and not any("?" in sentence for sentence in told) else None


def halves(text: str) -> tuple[str, str] | None:
    """The two questions of a text: "when does it start and how long does it run?". None for another text."""
    found = list(_joint().finditer(text))
    if len(found) != 1:
        return None
    one, two = text[: found[0].start()].strip(), text[found[0].end() :].strip()
    return (one, two) if one and two else None


def are_apart(one: Asked, two: Asked) -> bool:
    """Whether two questions look up different kinds of thing, so that the answer to one is none to the other."""
    sought = one.kinds & _LOOKED_UP, two.kinds & _LOOKED_UP
    return all(sought) and not sought[0] & sought[1]


@cache
def _joint() -> re.Pattern[str]:
    """Finds what stands between two questions."""
    words = load("questions")
    asking = any_of([word for of_one in words["follow_up"]["asks"].values() for word in of_one.split()])
    return re.compile(rf"(?:\?\s+|,?\s+{any_of(words['sides']['both'])}\s+)(?={asking}\b)", re.IGNORECASE)
