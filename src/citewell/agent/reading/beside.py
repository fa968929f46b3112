"""Fields side by side: a question that names several things of one sort is answered with a field for each of them, one
that asks for all things of a sort with the rows of their table."""

from collections.abc import Sequence
from itertools import groupby

import msgspec

from citewell.agent.reading import lookup, over_years, phrases
from citewell.agent.reading.document import Opened
from citewell.agent.reading.fields import Field
from citewell.agent.reading.lookup import FoundField
from citewell.agent.reading.question import Asked, Group
from citewell.agent.reading.weights import share
from citewell.search.analyse import analyse

_MOST = 4  # things
_MOST_ROWS, _LEAST_ROWS = 12, 2  # of a table that is a list
_FIGURES = frozenset({"amount", "percent", "share", "price", "date", "duration", "count", "person", "yes_no"})
_Thing = tuple[Group, ...]


def fields(asked: Asked, documents: Sequence[Opened]) -> list[FoundField]:
    """The fields that answer.

    These are the best one about each thing that the question compares; else the best ones about all that it names; else
    the best one about each of several things, or the rows of a table that has their name. None where one of the things
    has none: what is said of the others would be half an answer.
    """
    compared = _compared(asked)
    if compared and (found := _of_each(_plain(asked), compared, documents)):
        return found
    asked = _plain(asked) if "gap" in asked.kinds else asked
    found = lookup.answering(asked, lookup.find(asked, documents))
    if asked.kinds & over_years.CHANGES and found and (then := _earlier(asked, found[0], documents)):
        return [msgspec.structs.replace(found[0], then=then)]
    things = [(group,) for group in _things(asked)]
    if both := _both(asked, found, documents):
        return both
    if found:
        return [] if "gap" in asked.kinds and compared else found
    if 1 < len(things) <= _MOST and (found := _of_each(asked, things, documents)):
        return found
    return _rows(asked, documents)


def _earlier(asked: Asked, found: FoundField, documents: Sequence[Opened]) -> Field | None:
    """The field with which one is compared; None for a whole row."""
    return None if found.field.parts else over_years.earlier(asked, found.field, documents[found.document].fields)


def _compared(asked: Asked) -> list[_Thing]:
    """The two things that a question compares; none for another question."""
    if "gap" in asked.kinds and len(things := _things(asked)) == 2 and not _is_one_name(things, asked.text):
        return [(things[0],), (things[1],)]
    found = phrases.sides(asked.text, asked.language) if asked.kinds & {"gap", "compare", "either"} else None
    if found is None:
        return []
    sides = [tuple(group for group in asked.fields if set(group.text.lower().split()) <= words) for words in found]
    return sides if all(sides) else []


def _both(asked: Asked, found: Sequence[FoundField], documents: Sequence[Opened]) -> list[FoundField]:
    """One field for each of the two things that "and" joins, where none that was found has both."""
    sides = phrases.joined(asked.text)
    if sides is None or asked.kinds & over_years.CHANGES:
        return []
    plain = [group for group in asked.fields if not group.is_soft and not group.tells_apart]
    things = [tuple(group for group in plain if set(group.text.lower().split()) <= words) for words in sides]
    groups = [group for thing in things for group in thing]
    if not all(things) or any(all(lookup.has(one.field, group) for group in groups) for one in found):
        return []
    return _of_each(asked, things, documents)


def _is_one_name(things: Sequence[Group], text: str) -> bool:
    """Whether two words stand side by side: "Hollow Farm"."""
    return " ".join(group.text for group in things) in " ".join(text.split())


def _plain(asked: Asked) -> Asked:
    """The question without words that only compare."""
    words = phrases.comparing_words()
    return msgspec.structs.replace(
        asked, fields=tuple(one for one in asked.fields if one.concept or one.text.lower() not in words)
    )


def _of_each(asked: Asked, things: Sequence[_Thing], documents: Sequence[Opened]) -> list[FoundField]:
    """The best field about each of the things, where all stand in one table."""
    each = [
        _best(_without(asked, [group for other in things if other is not thing for group in other]), documents)
        for thing in things
    ]
    best = [one for one in each if one is not None]
    same = {(one.document, one.field.chunk, one.field.table) for one in best}
    return best if len(best) == len(things) and len(same) == 1 and not _is_one(best) else []


def _is_one(found: Sequence[FoundField]) -> bool:
    """Whether all are one field, which then says nothing of the single things."""
    return len({(one.field.row, one.field.end, one.field.head) for one in found}) < len(found)


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


def _rows(asked: Asked, documents: Sequence[Opened]) -> list[FoundField]:
    """The rows of a table whose heading, with the head of its first column, says what is asked for all of; what else
    the question names stands in the document's name or opening."""
    topics = [group for group in asked.groups if group.alternatives]
    if "list" not in asked.kinds or asked.kinds & _FIGURES or not topics:
        return []
    for index, document in enumerate(documents):
        for (chunk, _), held in groupby(document.fields, key=lambda field: (field.chunk, field.table)):
            rows = _whole_rows(list(held))
            if len(rows) < _LEAST_ROWS:
                continue
            path = document.chunks[chunk].heading_path
            title = frozenset(analyse(path[-1], document.language)) if path else frozenset[str]()
            title |= frozenset.intersection(*(row.named for row in rows))
            about = [group for group in topics if share(group, title) == 1 and not group.is_name]
            rest = [group for group in topics if group not in about]
            if 2 * len(about) >= len(topics) and all(share(group, _around(rows[0], document)) == 1 for group in rest):
                return [FoundField(index, row, 1.0, 1.0, 1.0) for row in rows[:_MOST_ROWS]]
    return []


def _around(field: Field, document: Opened) -> frozenset[str]:
    return field.context | document.opening


def _whole_rows(held: Sequence[Field]) -> list[Field]:
    """One field for each row of a table: the whole row, or its only cell. None for a form, whose pairs are no rows."""
    rows = {field.row: field for field in held if field.parts}
    single = {field.row: field for field in held if not field.parts and field.head and field.row not in rows}
    return [field for _, field in sorted((rows | single).items())]
