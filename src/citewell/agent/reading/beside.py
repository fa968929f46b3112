"""Fields side by side: a question that names several things of one sort is answered with a field for each of them."""

from collections.abc import Sequence
from itertools import groupby

import msgspec

from citewell.agent.reading import lookup
from citewell.agent.reading.document import Opened
from citewell.agent.reading.lookup import FoundField
from citewell.agent.reading.question import Asked, Group

_MOST = 4  # things


def fields(asked: Asked, documents: Sequence[Opened]) -> list[FoundField]:
    """The fields that answer; where none is about all things that the question names, the best one about each of them.
    None where one of them has none: what is said of the others would be half an answer."""
    found = lookup.answering(asked, lookup.find(asked, documents))
    things = _things(asked)
    if found or not 1 < len(things) <= _MOST:
        return found
    each = [_best(_without(asked, [one for one in things if one is not thing]), documents) for thing in things]
    best = [one for one in each if one is not None]
    same = {(one.document, one.field.chunk, one.field.table) for one in best}
    return best if len(best) == len(things) and len(same) == 1 else []


def _best(asked: Asked, documents: Sequence[Opened]) -> FoundField | None:
    return next(iter(lookup.answering(asked, lookup.find(asked, documents))), None)


def _without(asked: Asked, things: Sequence[Group]) -> Asked:
    return msgspec.structs.replace(asked, fields=tuple(one for one in asked.fields if one not in things))


def _things(asked: Asked) -> list[Group]:
    """The numbers and codes, else the names, in the question, where these are several."""
    sorts = sorted((_sort(group), place) for place, group in enumerate(asked.fields) if _sort(group))
    for _, held in groupby(sorts, key=lambda one: one[0]):
        places = [place for _, place in held]
        if len(places) > 1:
            return [asked.fields[place] for place in places]
    return []


def _sort(group: Group) -> str:
    if group.concept or group.is_soft:
        return ""
    if any(character.isdigit() for character in group.text):
        return "code"
    return "name" if group.is_name else ""
