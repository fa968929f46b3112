"""Results of queries as JSON."""

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

from citewell.graph.cypher.values import Node, Path, Relation


def as_json(value: Any) -> Any:
    """A node is its properties with `_id` and `_labels`; a relation has `_type`, `_start` and `_end`; a path has
    `nodes` and `relations`. Infinity and NaN, which JSON lacks, are null."""
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
        case date():
            return value.isoformat()
    return value


def _mapped(value: dict[str, Any]) -> dict[str, Any]:
    return {key: as_json(one) for key, one in value.items()}


def _listed(values: Sequence[Any]) -> list[Any]:
    return [as_json(one) for one in values]
