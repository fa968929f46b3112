"""Corrections: values of an extracted object that a person changed. Their evidence is marked as no longer valid."""

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any

OBJECT, EVIDENCE = "json_object", "evidence"
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")  # of a list, as RFC 6901 has it


def marked(row: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the change of a row, with the evidence of each value that it corrects. The evidence keeps the extracted
    value.
    """
    evidence = row.get(EVIDENCE)
    if OBJECT not in change or EVIDENCE in change or not isinstance(evidence, dict) or not evidence:
        return dict(change)
    before, after = dict(leaves(row.get(OBJECT))), dict(leaves(change[OBJECT]))
    fresh = dict(evidence)
    for pointer in {*before, *after}:
        if before.get(pointer) == after.get(pointer):
            continue
        known = evidence.get(pointer)
        known = known if isinstance(known, dict) else {"status": "missing"}
        extracted = known.get("extracted", known) if known.get("corrected") else known
        fresh[pointer] = {
            "status": "missing",
            "corrected": True,
            "value": after.get(pointer),
            "extracted": extracted,
        }
    return {**change, EVIDENCE: fresh}


def corrected_pointers(evidence: Mapping[str, Any]) -> list[str]:
    """Returns the JSON pointers to values that a person wrote.

    Their evidence is marked `corrected`, or `confirmed` if the extractor later found the same value. Keys of the
    evidence that are no pointers into the object are ignored: clients may write any.
    """
    return [
        pointer
        for pointer, entry in evidence.items()
        if pointer.startswith("/") and isinstance(entry, dict) and (entry.get("corrected") or entry.get("confirmed"))
    ]


def leaves(value: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """Yields (JSON pointer (RFC 6901), value) of the values inside a JSON value that contain no others."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from leaves(inner, f"{above}/{_escaped(name)}")
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from leaves(inner, f"{above}/{index}")
    else:
        yield above, value


def at_pointer(value: Any, pointer: str) -> Any:
    """Returns the value that the pointer names; None if there is none."""
    for part in _parts(pointer):
        value = value.get(part) if isinstance(value, dict) else _item(value, part)
    return value


def with_value(value: Any, pointer: str, new: Any) -> Any:
    """Returns a copy in which the pointer names the new value; an unchanged one if the pointer's parent is missing."""
    made = copy.deepcopy(value)
    *way, last = _parts(pointer)
    holder = made
    for part in way:
        holder = holder.get(part) if isinstance(holder, dict) else _item(holder, part)
    if isinstance(holder, dict):
        holder[last] = new
    elif (index := _index(holder, last)) is not None:
        holder[index] = new
    return made


def _item(holder: Any, part: str) -> Any:
    index = _index(holder, part)
    return holder[index] if index is not None else None


def _index(holder: Any, part: str) -> int | None:
    """Returns the list index that a part of a pointer names; None if it names none."""
    if not isinstance(holder, list) or not _INDEX.fullmatch(part) or int(part) >= len(holder):
        return None
    return int(part)


def _parts(pointer: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
