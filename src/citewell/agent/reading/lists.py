"""Lists: the items below a line or heading that says what they are, for questions that ask for steps or for all of
something."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

import msgspec

from citewell.agent.knowledge import ChunkText
from citewell.agent.reading.document import Opened
from citewell.agent.reading.question import Asked, Group
from citewell.agent.reading.sentences import Sentence
from citewell.agent.reading.vocabulary import any_of, load
from citewell.agent.reading.weights import share
from citewell.search.analyse import analyse

MOST = 10  # items that are shown
_LEAST = 2
_LEAST_SHARE = 0.6  # of what is asked about, that the line above must have
_KINDS = frozenset({"list", "steps"})
_MAX_LEAD = 300  # characters
_LINE = re.compile(r"[^\n]+")
_ITEM = re.compile(r"\s{0,12}(?:[•◦▪●·–*-]|\d{1,2}[.)]|\(?[a-z]\))\s{1,4}(?=\S)")


class Items(msgspec.Struct, frozen=True):
    """`document` is the index of its document; `score` is the share of the question that the line above has."""

    document: int
    items: list[Sentence]
    score: float


def answering(asked: Asked, documents: Sequence[Opened]) -> Items | None:
    """The list whose line or heading above has most of what is asked about; None where none has enough of it."""
    place, said = _asked_place(asked)
    groups = [group for group in asked.groups if group.alternatives and group.text.lower() not in said]
    if not asked.kinds & _KINDS or not groups:
        return None
    found = (
        Items(index, items, _score(groups, lead, document))
        for index, document in enumerate(documents)
        for number, chunk in enumerate(document.chunks)
        for lead, items in _lists(chunk, number)
    )
    best = max((one for one in found if one.score >= _LEAST_SHARE), key=lambda one: one.score, default=None)
    if best is None or place is None:
        return best
    items = best.items[place - 1 : place] if place else best.items[-1:]
    return msgspec.structs.replace(best, items=items) if items else None


def _asked_place(asked: Asked) -> tuple[int | None, frozenset[str]]:
    """(which step of a list is asked for, counted from 1, 0 for the last one, None for all; the words that say so)."""
    match = _step().search(asked.text)
    if match is None:
        return None, frozenset()
    ordinal = (match["ordinal"] or "").lower()
    words = frozenset(match[0].lower().split())
    if not ordinal:
        return (0 if match["last"] else None), words
    return int(load("time")["ordinals"][ordinal]), words


@cache
def _step() -> re.Pattern[str]:
    words = load("questions")["listing"]
    ordinal, last = any_of(list(load("time")["ordinals"])), any_of(words["last"])
    return re.compile(rf"\b(?:(?P<ordinal>{ordinal})\s+|(?P<last>{last})\s+)?{any_of(words['steps'])}\b", re.IGNORECASE)


def _score(groups: Sequence[Group], lead: str, document: Opened) -> float:
    words = frozenset(analyse(lead, document.language))
    around = words | document.opening  # says of which thing the list is
    return sum(share(group, around if group.tells_apart else words) for group in groups) / len(groups)


def _lists(chunk: ChunkText, number: int) -> Iterator[tuple[str, list[Sentence]]]:
    """(the line above, the items) of each list; the heading of the chunk where no line is above."""
    lead = chunk.heading_path[-1] if chunk.heading_path else ""
    none = frozenset[str]()
    items: list[Sentence] = []
    for line in _LINE.finditer(chunk.content):
        mark = _ITEM.match(line[0])
        if mark is None and items and line.start() == items[-1].end + 1:  # an item goes on
            text = chunk.content[items[-1].start : line.end()].rstrip()
            items[-1] = Sentence(number, items[-1].start, items[-1].start + len(text), text, none, none)
        elif mark is not None:
            start = line.start() + mark.end()
            text = chunk.content[start : line.end()].rstrip()
            items.append(Sentence(number, start, start + len(text), text, none, none))
        elif line[0].strip():
            if len(items) >= _LEAST:
                yield lead, items
            lead, items = line[0].strip()[-_MAX_LEAD:], []
    if len(items) >= _LEAST:
        yield lead, items
