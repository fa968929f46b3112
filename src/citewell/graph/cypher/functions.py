"""Functions of values. Each gives null for null unless it says otherwise."""

import math
import random
import re
from collections.abc import Callable
from typing import Any

from citewell.graph.cypher.errors import CypherError
from citewell.graph.cypher.temporal.functions import TEMPORAL_FUNCTIONS
from citewell.graph.cypher.temporal.kinds import Temporal
from citewell.graph.cypher.values import Node, Path, Relation, is_number

MAX_LIST = 1_000_000  # items that range() makes
MAX_TEXT = 10_000_000  # characters that replace() and joins make
_NUMBER = re.compile(r"\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*")
_INT_BOUND = 2**63


def _wrong(name: str, wanted: str) -> CypherError:
    return CypherError(f"{name}() takes {wanted}.")


def _to_integer(value: Any) -> int | None:
    if isinstance(value, str):
        return int(number) if (number := _to_float(value)) is not None and abs(number) < _INT_BOUND else None
    if is_number(value):
        return int(value) if math.isfinite(value) else None
    raise _wrong("toInteger", "numbers and text")


def _to_float(value: Any) -> float | None:
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else None
    if is_number(value):
        return float(value)
    raise _wrong("toFloat", "numbers and text")


def _to_boolean(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    if isinstance(value, int):
        return value != 0
    raise _wrong("toBoolean", "text, integers, true and false")


def text_of(value: Any) -> str:
    """Returns a value as text. Raises CypherError for lists, maps and what is of the graph."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "NaN")
    if isinstance(value, (str, int, Temporal)):
        return str(value)
    raise _wrong("toString", "numbers, text, dates and times, true and false")


def _size(value: Any) -> int:
    if isinstance(value, (str, list)):
        return len(value)
    raise _wrong("size", "lists and text")


def _keys(value: Any) -> list[str]:
    return list(_properties(value, "keys"))


def _properties(value: Any, name: str = "properties") -> dict[str, Any]:
    if isinstance(value, (Node, Relation)):
        return dict(value.properties)
    if isinstance(value, dict):
        return {key: one for key, one in value.items() if one is not None or name == "keys"}
    raise _wrong(name, "nodes, relations and maps")


def _range(low: Any, high: Any, step: Any = 1) -> list[int]:
    for one in (low, high, step):
        if isinstance(one, bool) or not isinstance(one, int):
            raise _wrong("range", "integers")
    if step == 0:
        raise CypherError("The step of range() cannot be 0.")
    made = range(low, high + (1 if step > 0 else -1), step)
    if len(made) > MAX_LIST:
        raise CypherError(f"range() returns at most {MAX_LIST:,} items.")
    return list(made)


def _list(name: str, of: Callable[[list[Any]], Any]) -> Callable[[Any], Any]:
    def call(value: Any) -> Any:
        if not isinstance(value, list):
            raise _wrong(name, "lists")
        return of(value)

    return call


def _text(name: str, of: Callable[[str], Any]) -> Callable[[Any], Any]:
    def call(value: Any) -> Any:
        if not isinstance(value, str):
            raise _wrong(name, "text")
        return of(value)

    return call


def _number(name: str, of: Callable[[float], Any]) -> Callable[[Any], Any]:
    def call(value: Any) -> Any:
        if not is_number(value):
            raise _wrong(name, "numbers")
        try:
            return of(value)
        except (ValueError, OverflowError):
            return math.nan

    return call


def _of_kind(name: str, kind: type[Any], kind_name: str, read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def call(value: Any) -> Any:
        if not isinstance(value, kind):
            raise _wrong(name, kind_name)
        return read(value)

    return call


def _reverse(value: Any) -> Any:
    if isinstance(value, (str, list)):
        return value[::-1]
    raise _wrong("reverse", "lists and text")


def _substring(text: Any, start: Any, length: Any = None) -> str:
    if not isinstance(text, str) or not isinstance(start, int) or start < 0:
        raise _wrong("substring", "text, a start from 0 and a length")
    return text[start:] if length is None else text[start : start + max(int(length), 0)]


def _replace(text: str, old: str, new: str) -> str:
    if len(text) * max(len(new), 1) > MAX_TEXT:
        raise CypherError("The text that replace() makes would be too long.")
    return text.replace(old, new)


def _round(value: float, digits: int = 0) -> float:
    scale = 10.0**digits
    return math.floor(value * scale + 0.5) / scale


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def _length(value: Any) -> int:
    if isinstance(value, (Path, str, list)):
        return len(value)
    raise _wrong("length", "paths")


# Name: least and most arguments, function. Nulls among the arguments make null.
FUNCTIONS: dict[str, tuple[int, int, Callable[..., Any]]] = {
    "id": (1, 1, lambda value: value.id if isinstance(value, (Node, Relation)) else None),
    "elementid": (1, 1, lambda value: str(value.id) if isinstance(value, (Node, Relation)) else None),
    "labels": (1, 1, _of_kind("labels", Node, "nodes", lambda node: list(node.labels))),
    "type": (1, 1, _of_kind("type", Relation, "relations", lambda relation: relation.type)),
    "startnode": (1, 1, _of_kind("startNode", Relation, "relations", lambda relation: relation.start)),
    "endnode": (1, 1, _of_kind("endNode", Relation, "relations", lambda relation: relation.end)),
    "nodes": (1, 1, _of_kind("nodes", Path, "paths", lambda path: list(path.nodes))),
    "relationships": (1, 1, _of_kind("relationships", Path, "paths", lambda path: list(path.relations))),
    "length": (1, 1, _length),
    "keys": (1, 1, _keys),
    "properties": (1, 1, _properties),
    "size": (1, 1, _size),
    "head": (1, 1, _list("head", lambda items: items[0] if items else None)),
    "last": (1, 1, _list("last", lambda items: items[-1] if items else None)),
    "tail": (1, 1, _list("tail", lambda items: items[1:])),
    "isempty": (1, 1, lambda value: len(value) == 0),
    "reverse": (1, 1, _reverse),
    "range": (2, 3, _range),
    "tointeger": (1, 1, _to_integer),
    "tofloat": (1, 1, _to_float),
    "toboolean": (1, 1, _to_boolean),
    "tostring": (1, 1, text_of),
    "tolower": (1, 1, _text("toLower", str.lower)),
    "toupper": (1, 1, _text("toUpper", str.upper)),
    "trim": (1, 1, _text("trim", str.strip)),
    "ltrim": (1, 1, _text("lTrim", str.lstrip)),
    "rtrim": (1, 1, _text("rTrim", str.rstrip)),
    "substring": (2, 3, _substring),
    "left": (2, 2, lambda text, count: _substring(text, 0, count)),
    "right": (2, 2, lambda text, count: text[-count:] if count > 0 else ""),
    "replace": (3, 3, _replace),
    "split": (2, 2, lambda text, by: text.split(by) if by else list(text)),
    "abs": (1, 1, _number("abs", abs)),
    "ceil": (1, 1, _number("ceil", lambda value: float(math.ceil(value)))),
    "floor": (1, 1, _number("floor", lambda value: float(math.floor(value)))),
    "round": (1, 2, _round),
    "sign": (1, 1, _number("sign", _sign)),
    "sqrt": (1, 1, _number("sqrt", math.sqrt)),
    "exp": (1, 1, _number("exp", math.exp)),
    "log": (1, 1, _number("log", math.log)),
    "log10": (1, 1, _number("log10", math.log10)),
    "sin": (1, 1, _number("sin", math.sin)),
    "cos": (1, 1, _number("cos", math.cos)),
    "tan": (1, 1, _number("tan", math.tan)),
    "asin": (1, 1, _number("asin", math.asin)),
    "acos": (1, 1, _number("acos", math.acos)),
    "atan": (1, 1, _number("atan", math.atan)),
    "atan2": (2, 2, math.atan2),
    "degrees": (1, 1, _number("degrees", math.degrees)),
    "radians": (1, 1, _number("radians", math.radians)),
    "pi": (0, 0, lambda: math.pi),
    "e": (0, 0, lambda: math.e),
    "rand": (0, 0, random.random),
    **TEMPORAL_FUNCTIONS,
}
# These see nulls.
OPEN_FUNCTIONS: dict[str, tuple[int, int, Callable[..., Any]]] = {
    "coalesce": (1, 100, lambda *values: next((value for value in values if value is not None), None)),
    "exists": (1, 1, lambda value: value is not None and value is not False),
}
