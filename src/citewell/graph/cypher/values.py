"""Values of a query: what equals what, what comes before what, and the graph's own kinds.

Numbers, text, true and false, lists, maps and null are Python's. Null is "unknown" in comparisons, as in SQL.
"""

import math
from collections.abc import Iterator
from typing import Any

from citewell.graph.cypher.temporal.kinds import Duration, Temporal


class Node:
    __slots__ = ("id", "incoming", "labels", "outgoing", "properties")

    def __init__(self, number: int, labels: tuple[str, ...], properties: dict[str, Any]) -> None:
        self.id = number
        self.labels = labels
        self.properties = properties
        self.outgoing: list[Relation] = []
        self.incoming: list[Relation] = []


class Relation:
    __slots__ = ("end", "id", "properties", "start", "type")

    def __init__(self, number: int, kind: str, start: Node, end: Node, properties: dict[str, Any]) -> None:
        self.id = number
        self.type = kind
        self.start = start
        self.end = end
        self.properties = properties


class Path:
    """`nodes` has one more than `relations`."""

    __slots__ = ("nodes", "relations")

    def __init__(self, nodes: tuple[Node, ...], relations: tuple[Relation, ...]) -> None:
        self.nodes = nodes
        self.relations = relations

    def __len__(self) -> int:
        return len(self.relations)


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def equal(left: Any, right: Any) -> bool | None:
    """Compares two values; None if a null decides it."""
    if left is None or right is None:
        return None
    if is_number(left) and is_number(right):
        return bool(left == right)
    if isinstance(left, list) and isinstance(right, list):
        return _all_equal(zip(left, right, strict=False)) if len(left) == len(right) else False
    if isinstance(left, dict) and isinstance(right, dict):
        same = left.keys() == right.keys()
        return _all_equal((left[key], right[key]) for key in left) if same else False
    if isinstance(left, Path) and isinstance(right, Path):
        return left.nodes == right.nodes and left.relations == right.relations
    return type(left) is type(right) and bool(left == right)


def _all_equal(pairs: Iterator[tuple[Any, Any]] | Any) -> bool | None:
    unknown = False
    for left, right in pairs:
        match equal(left, right):
            case False:
                return False
            case None:
                unknown = True
    return None if unknown else True


def compare(left: Any, right: Any) -> int | None:
    """-1, 0 or 1; None if the two have no order: null, NaN, and values of different kinds."""
    if left is None or right is None:
        return None
    if is_number(left) and is_number(right):
        return None if left != left or right != right else (left > right) - (left < right)
    if isinstance(left, list) and isinstance(right, list):
        for one, other in zip(left, right, strict=False):
            found = compare(one, other)
            if found != 0:
                return found
        return (len(left) > len(right)) - (len(left) < len(right))
    if type(left) is type(right) and isinstance(left, (str, bool)):
        return int(left > right) - int(left < right)
    if type(left) is type(right) and isinstance(left, Temporal) and not isinstance(left, Duration):
        return int(left.order() > right.order()) - int(left.order() < right.order())
    return None


class Sorted:
    """The place of a value in ORDER BY: maps, nodes, relations, lists, paths, dates and times, text, booleans, numbers,
    null."""

    __slots__ = ("kind", "value")

    def __init__(self, value: Any) -> None:
        self.kind, self.value = _sort_key(value)

    def __lt__(self, other: "Sorted") -> bool:
        return self.kind < other.kind if self.kind != other.kind else bool(self.value < other.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sorted) and self.kind == other.kind and bool(self.value == other.value)

    __hash__ = None  # type: ignore[assignment]


def _sort_key(value: Any) -> tuple[int, Any]:
    match value:
        case None:
            return 10, 0
        case bool():
            return 7, value
        case int() | float():
            return (9, 0) if value != value else (8, value)
        case str():
            return 6, value
        case dict():
            return 0, [(key, Sorted(value[key])) for key in sorted(value)]
        case Node() | Relation():
            return (1 if isinstance(value, Node) else 2), value.id
        case list():
            return 3, [Sorted(one) for one in value]
        case Path():
            return 4, [one.id for one in value.nodes]
        case _:
            return 5, (value.kind, value.order())


def identity(value: Any) -> Any:
    """Returns a hashable key by which DISTINCT and grouping compare: nulls are equal, and NaNs are."""
    match value:
        case None | str():
            return value
        case bool():
            return (bool, value)
        case float() if math.isnan(value):
            return (float, "nan")
        case int() | float():
            return value
        case Node() | Relation():
            return (type(value), value.id)
        case list():
            return (list, *(identity(one) for one in value))
        case dict():
            return (dict, *sorted((key, identity(one)) for key, one in value.items()))
        case Path():
            return (Path, tuple(one.id for one in value.nodes), tuple(one.id for one in value.relations))
        case _:
            return (type(value), value)
