"""Rows as things: in a table with heads each row is a thing of its own, told from the others by its cells."""

from collections.abc import Sequence

from citewell.agent.reading.fields import Field
from citewell.agent.reading.question import Group
from citewell.agent.reading.weights import share

_Table = tuple[int, int, int]  # document, chunk, where it begins


def other_rows(held: Sequence[tuple[int, Field]], groups: Sequence[Group]) -> list[bool]:
    """Returns for each field whether the question names rows of its table by a word that other rows have and its
    own lacks.

    "Taxi" is no answer to what hotels cost, whoever took it. Fields come with the index of their document.
    """
    words: dict[tuple[_Table, int], frozenset[str]] = {}
    for index, field in held:
        if _has_head(field):
            key = (_table(index, field), field.row)
            words[key] = words.get(key, frozenset()) | field.named | field.key | field.said
    told: dict[_Table, set[int]] = {}
    for (table, _), row in words.items():
        found = told.setdefault(table, set())
        found.update(place for place, group in enumerate(groups) if share(group, row) == 1)
    return [
        _has_head(field)
        and any(
            not share(groups[place], words[_table(index, field), field.row] | field.headed | field.context)
            for place in told[_table(index, field)]
        )
        for index, field in held
    ]


def _table(index: int, field: Field) -> _Table:
    return index, field.chunk, field.table


def _has_head(field: Field) -> bool:
    return bool(field.head) or any(head for head, _ in field.parts)
