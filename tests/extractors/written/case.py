"""What a case is: a document as people write it, with the class that is read and what a reader finds."""

from typing import Any, NamedTuple


class Case(NamedTuple):
    """A line of `text` with bars is a row of a table.

    `lines` in `wanted` is the number of items of a list; None says that the document has no such value.
    """

    name: str
    source: str
    text: str
    wanted: dict[str, Any]


def case(name: str, source: str, text: str, **wanted: Any) -> Case:
    return Case(name, source, text, wanted)
