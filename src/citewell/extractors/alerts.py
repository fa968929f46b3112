"""Alerts: what somebody should look at in extracted objects and tags, found from the evidence alone."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

_MAX_ALERTS = 20  # of one object


def object_alerts(rows: Sequence[Mapping[str, Any]], required: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Alerts of objects: values that conflict, required values that are missing, values that were worked out.

    `required` are names of fields. An alert of the same object and field has the same id in every run."""
    found: list[dict[str, Any]] = []
    for row in rows:
        for alert in list(_of_object(row, required))[:_MAX_ALERTS]:
            found.append(
                {
                    "id": str(uuid5(NAMESPACE_URL, f"alert:{row['id']}:{alert['kind']}:{alert['field']}")),
                    "extracted_object_id": str(row["id"]),
                    "document_id": row.get("document_id"),
                    "json_alert": alert,
                    "min_page": row.get("min_page"),
                    "max_page": row.get("max_page"),
                }
            )
    return found


def _of_object(row: Mapping[str, Any], required: Sequence[str]) -> Iterator[dict[str, Any]]:
    evidence = row.get("evidence")
    for pointer, entry in evidence.items() if isinstance(evidence, dict) else ():
        if not isinstance(entry, dict) or entry.get("corrected"):
            continue
        field = pointer.lstrip("/")
        if conflicts := entry.get("conflicts"):
            others = ", ".join(str(one.get("value")) for one in conflicts[:3])
            yield _alert("conflict", field, f"{field}: the documents also say {others}.", "high")
        if entry.get("status") == "missing" and field in required:
            yield _alert("missing", field, f"{field} is required, and no value was found.", "medium")
        if entry.get("status") == "derived":
            yield _alert("derived", field, f"{field} was worked out from several values: check it.", "low")


def tag_alerts(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Alerts of tags: chunks that carry several tags of one hierarchy."""
    by_chunk: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        path = (row.get("metadata") or {}).get("tags") or [row["id"]]
        by_chunk[str(row["chunk_id"]), str(path[0])].append(row)
    return [_ambiguous(chunk, root, tags) for (chunk, root), tags in by_chunk.items() if _disagree(tags)]


def _disagree(tags: Sequence[Mapping[str, Any]]) -> bool:
    """Whether two of them stand in different branches of the tree."""
    above = {one for tag in tags for one in ((tag.get("metadata") or {}).get("tags") or [])[:-1]}
    return len({tag["id"] for tag in tags} - above) > 1


def _ambiguous(chunk: str, root: str, tags: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    names = sorted(str(tag["id"]) for tag in tags)
    alert = _alert("ambiguous", root, f"The passage carries several tags of {root}: {', '.join(names)}.", "low")
    return {"id": str(uuid5(NAMESPACE_URL, f"alert:{chunk}:{root}")), "chunk_id": chunk, "json_alert": alert}


def _alert(kind: str, field: str, message: str, severity: str) -> dict[str, Any]:
    return {"kind": kind, "field": field, "message": message, "severity": severity}
