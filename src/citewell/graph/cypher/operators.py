"""Operators of expressions on values."""

import math
import operator
import re
from collections.abc import Callable
from typing import Any

from citewell.graph.cypher.errors import CypherError
from citewell.graph.cypher.functions import MAX_LIST, MAX_TEXT
from citewell.graph.cypher.temporal.arithmetic import added, scaled
from citewell.graph.cypher.temporal.kinds import Duration, Temporal
from citewell.graph.cypher.values import Node, Relation, compare, equal, is_number

_MAX_INT, _LEAST_INT = 2**63 - 1, -(2**63)
_MAX_PATTERN = 200  # characters of a regular expression
_MAX_SEARCHED = 10_000  # characters that one is tried on


def add(left: Any, right: Any) -> Any:
    if left is None or right is None:
        return None
    if isinstance(left, list) or isinstance(right, list):
        return _bounded(_items(left) + _items(right))
    if isinstance(left, str) or isinstance(right, str):
        return _joined(left, right)
    if isinstance(left, Temporal):
        return added(left, right)
    return _arithmetic("+", operator.add, left, right)


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _bounded(items: list[Any]) -> list[Any]:
    if len(items) > MAX_LIST:
        raise CypherError(f"A list may have at most {MAX_LIST:,} items.")
    return items


def _joined(left: Any, right: Any) -> str:
    for side in (left, right):
        if not (isinstance(side, str) or is_number(side)):
            raise CypherError("+ joins text with text and numbers.")
    made = f"{left}{right}"
    if len(made) > MAX_TEXT:
        raise CypherError(f"A text may have at most {MAX_TEXT:,} characters.")
    return made


def _arithmetic(name: str, of: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    if not (is_number(left) and is_number(right)):
        raise CypherError(f"{name} takes numbers.")
    made = of(left, right)
    if isinstance(made, int) and not _LEAST_INT <= made <= _MAX_INT:
        raise CypherError("The result is too large for an integer of 64 bits.")
    return made


def _divide(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int):
        if right == 0:
            raise CypherError("Division by zero.")
        return abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
    if right == 0:
        return math.nan if left == 0 or left != left else math.copysign(math.inf, left)
    return left / right


def _remainder(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int):
        if right == 0:
            raise CypherError("Division by zero.")
        return abs(left) % abs(right) * (-1 if left < 0 else 1)
    return math.fmod(left, right) if right != 0 else math.nan


def _power(left: Any, right: Any) -> float:
    try:
        made = float(left) ** float(right)
    except OverflowError:
        return math.inf
    except ZeroDivisionError:
        return math.inf
    return made if isinstance(made, float) else math.nan


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "%": _remainder,
    "^": _power,
}


def arithmetic(name: str) -> Callable[[Any, Any], Any]:
    of = _ARITHMETIC[name]

    def call(left: Any, right: Any) -> Any:
        if left is None or right is None:
            return None
        if isinstance(left, Temporal) or isinstance(right, Temporal):
            return _temporal(name, left, right)
        return _arithmetic(name, of, left, right)

    return call


def _temporal(name: str, left: Any, right: Any) -> Any:
    match name, left, right:
        case "-", Temporal(), _:
            return added(left, right, -1)
        case "*" | "/", Duration(), int() | float() if is_number(right):
            return scaled(left, right, divide=name == "/")
        case "*", int() | float(), Duration() if is_number(left):
            return scaled(right, left)
    raise CypherError(f"{name} does not take such values.")


def negative(value: Any) -> Any:
    return None if value is None else _arithmetic("-", operator.sub, 0, value) if value != 0 else -value


def positive(value: Any) -> Any:
    return None if value is None else _arithmetic("+", operator.add, 0, value)


def truth(value: Any) -> bool | None:
    """True, false or null; raises CypherError for anything else."""
    if value is None or isinstance(value, bool):
        return value
    raise CypherError("A condition must be true, false or null.")


def negation(value: bool | None) -> bool | None:
    return None if value is None else not value


def exclusive(left: bool | None, right: bool | None) -> bool | None:
    return None if left is None or right is None else left != right


def contains(item: Any, items: Any) -> bool | None:
    if items is None:
        return None
    if not isinstance(items, list):
        raise CypherError("IN takes a list on its right.")
    unknown = False
    for one in items:
        found = equal(item, one)
        if found:
            return True
        unknown = unknown or found is None
    return None if unknown else False


def text_test(of: Callable[[str, str], bool]) -> Callable[[Any, Any], bool | None]:
    def call(left: Any, right: Any) -> bool | None:
        return of(left, right) if isinstance(left, str) and isinstance(right, str) else None

    return call


def matches(text: str, pattern: str) -> bool:
    """Whether the whole text fits the regular expression."""
    if len(pattern) > _MAX_PATTERN or len(text) > _MAX_SEARCHED:
        raise CypherError(f"=~ takes at most {_MAX_PATTERN} characters of pattern and {_MAX_SEARCHED:,} of text.")
    try:
        return re.fullmatch(pattern, text) is not None
    except (re.error, RecursionError, OverflowError):
        raise CypherError(f"{pattern!r} is not a regular expression.") from None


_ORDERED: dict[str, Callable[[int], bool]] = {
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}


def comparison(name: str) -> Callable[[Any, Any], bool | None]:
    if name == "=":
        return equal
    if name == "<>":
        return lambda left, right: negation(equal(left, right))
    fits = _ORDERED[name]

    def call(left: Any, right: Any) -> bool | None:
        order = compare(left, right)
        if order is None:
            both = is_number(left) and is_number(right)
            return False if both else None  # NaN
        return fits(order)

    return call


def property_of(value: Any, key: str) -> Any:
    match value:
        case None:
            return None
        case Node() | Relation():
            return value.properties.get(key)
        case dict():
            return value.get(key)
        case Temporal():
            return value.field(key)
    raise CypherError(f'Only nodes, relations, maps and temporal values have properties such as "{key[:100]}".')


def subscript(value: Any, index: Any) -> Any:
    if value is None or index is None:
        return None
    if isinstance(value, list):
        if isinstance(index, bool) or not isinstance(index, int):
            raise CypherError("The index of a list must be an integer.")
        return value[index] if -len(value) <= index < len(value) else None
    if isinstance(value, (dict, Node, Relation)):
        if not isinstance(index, str):
            raise CypherError("The key of a map must be text.")
        return property_of(value, index)
    raise CypherError("Only lists, maps, nodes and relations take [ ].")


def part(value: Any, low: Any, high: Any) -> Any:
    if value is None:
        return None
    if not isinstance(value, list):
        raise CypherError("Only a list has parts such as [1..3].")
    for bound in (low, high):
        if isinstance(bound, bool) or not isinstance(bound, int):
            raise CypherError("The bounds of a part must be integers.")
    return value[low:high]
