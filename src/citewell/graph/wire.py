"""Encodes values for the process that runs queries, and results as JSON."""

import math
from collections.abc import Sequence
from typing import Any

import msgspec

from citewell.graph.cypher.temporal.functions import TEMPORAL_FUNCTIONS
from citewell.graph.cypher.temporal.kinds import Temporal
from citewell.graph.cypher.values import Node, Path, Relation

_TEMPORAL = 1  # code of the extension type: a kind and its text, such as `date 2026-01-31`


def packed(value: Any) -> Any:
    """Returns a property in a form that MessagePack can encode."""
    match value:
        case Temporal():
            return msgspec.msgpack.Ext(_TEMPORAL, f"{value.kind} {value}".encode())
        case list():
            return [packed(one) for one in value]
    return value


def unpacked(code: int, data: memoryview) -> Any:
    """Decodes what `packed` has encoded as an extension type."""
    kind, _, text = bytes(data).decode().partition(" ")
    return TEMPORAL_FUNCTIONS[kind][2](text) if code == _TEMPORAL else None


def as_json(value: Any) -> Any:
    """Returns a result as JSON.

    A node becomes its properties with `_id` and `_labels`. A relation has `_type`, `_start` and `_end`, a path `nodes`
    and `relations`. Dates, times and durations become text in ISO 8601; infinity and NaN become null.
    """
    match value:
        case Node():
            return {"_id": value.id, "_labels": list(value.labels), **_mapped(value.properties)}
        case Relation():
            ends = {"_start": value.start.id, "_end": value.end.id}
            return {"_id": value.id, "_type": value.type, **ends, **_mapped(value.properties)}
        case Path():
            return {"nodes": _listed(value.nodes), "relations": _listed(value.relations)}
        case dict():
            return _mapped(value)
        case list():
            return _listed(value)
        case float() if not math.isfinite(value):
            return None
        case Temporal():
            return str(value)
    return value


def _mapped(value: dict[str, Any]) -> dict[str, Any]:
    return {key: as_json(one) for key, one in value.items()}


def _listed(values: Sequence[Any]) -> list[Any]:
    return [as_json(one) for one in values]
