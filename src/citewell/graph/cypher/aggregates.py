"""Aggregate functions. They ignore nulls and, with DISTINCT, repeated values."""

import math
import statistics
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from citewell.graph.cypher.errors import CypherError
from citewell.graph.cypher.temporal.arithmetic import added, scaled
from citewell.graph.cypher.temporal.kinds import Duration
from citewell.graph.cypher.values import Sorted, identity, is_number

NAMES = frozenset(
    ("count", "sum", "avg", "min", "max", "collect", "stdev", "stdevp", "percentilecont", "percentiledisc")
)


def aggregate(name: str, values: Sequence[Any], distinct: bool, share: Any) -> Any:
    """Returns the aggregate of the values of all rows. `share` is the rank of a percentile, from 0 to 1."""
    kept = [value for value in values if value is not None]
    if distinct:
        kept = list({identity(value): value for value in kept}.values())
    if name in ("percentilecont", "percentiledisc"):
        return _percentile(name, kept, share)
    return _FUNCTIONS[name](kept)


def _numbers(values: Sequence[Any], name: str) -> Sequence[Any]:
    for value in values:
        if not is_number(value):
            raise CypherError(f"{name}() takes numbers.")
    return values


def _sum(values: Sequence[Any]) -> Any:
    if values and all(isinstance(value, Duration) for value in values):
        return reduce(added, values)
    return sum(_numbers(values, "sum"))


def _average(values: Sequence[Any]) -> Any:
    if values and all(isinstance(value, Duration) for value in values):
        return scaled(_sum(values), len(values), divide=True)
    return math.fsum(_numbers(values, "avg")) / len(values) if values else None


def _percentile(name: str, values: Sequence[Any], share: Any) -> Any:
    if not is_number(share) or not 0 <= share <= 1:
        raise CypherError("A percentile must be a number from 0.0 to 1.0.")
    ordered = sorted(_numbers(values, name))
    if not ordered:
        return None
    if name == "percentiledisc":
        return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]
    place = share * (len(ordered) - 1)
    low, high = math.floor(place), math.ceil(place)
    return float(ordered[low] + (ordered[high] - ordered[low]) * (place - low))


_FUNCTIONS: dict[str, Callable[[Sequence[Any]], Any]] = {
    "count": len,
    "sum": _sum,
    "avg": _average,
    "min": lambda values: min(values, key=Sorted, default=None),
    "max": lambda values: max(values, key=Sorted, default=None),
    "collect": list,
    "stdev": lambda values: statistics.stdev(_numbers(values, "stdev")) if len(values) > 1 else 0.0,
    "stdevp": lambda values: statistics.pstdev(_numbers(values, "stdevp")) if values else 0.0,
}
