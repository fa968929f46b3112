"""The types of a table's columns: checks values against them, and encodes rows for storing."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import msgspec

from citewell.errors import InvalidFields
from citewell.kit.ids import is_uuid, new_id
from citewell.kit.json_depth import MAX_DEPTH, value_is_too_deep

ColumnType = Literal["uuid", "text", "json", "int", "number", "bool", "date"]
MAX_ROW_BYTES = 1024 * 1024
_MAX_INT = 2**63 - 1


@dataclass(frozen=True)
class StoredRow:
    """A checked row, with the keys by which it is found."""

    row_id: str
    document_id: str | None
    chunk_id: str | None
    data: str  # JSON


def checked_rows(rows: Sequence[Mapping[str, Any]], types: Mapping[str, ColumnType]) -> list[StoredRow]:
    """Returns the rows as they are stored: each with an `id`, without nulls, without columns that the table lacks.

    Raises InvalidFields, which names the first row and column whose value does not fit.
    """
    return [_stored(checked_values(row, types, f"data[{number}]")) for number, row in enumerate(rows)]


def checked_values(row: Mapping[str, Any], types: Mapping[str, ColumnType], place: str) -> dict[str, Any]:
    """Returns the values of a row, or of a part of one, by column, including nulls. Raises InvalidFields."""
    values: dict[str, Any] = {}
    for name, value in row.items():
        kind = types.get(name)
        if kind is None:
            continue
        if value is not None and not fits(value, kind):
            raise InvalidFields({f"{place}.{name}": [f"Must be {_WANTED[kind]}, not {_shown(value)}."]})
        values[name] = value
    if len(msgspec.json.encode(values)) > MAX_ROW_BYTES:
        raise InvalidFields({place: [f"A row may have {MAX_ROW_BYTES // 1024} KiB of JSON at most."]})
    return values


def _stored(values: Mapping[str, Any]) -> StoredRow:
    kept = {name: value for name, value in values.items() if value is not None}
    row_id = kept.setdefault("id", str(new_id()))
    text = msgspec.json.encode(kept).decode()
    return StoredRow(str(row_id), _key(kept.get("document_id")), _key(kept.get("chunk_id")), text)


def _key(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def fits(value: Any, kind: ColumnType) -> bool:
    """Whether a JSON value has this type. A text never counts as a number."""
    return _CHECKS[kind](value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and "\x00" not in value


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _MAX_INT


def _is_number(value: Any) -> bool:
    return _is_int(value) or (isinstance(value, float) and math.isfinite(value))


def _is_date(value: Any) -> bool:
    """Whether the text is a date or a date with a time in ISO 8601."""
    if not isinstance(value, str):
        return False
    try:
        return bool(date.fromisoformat(value) if len(value) <= 10 else datetime.fromisoformat(value))
    except ValueError:
        return False


def _is_json(value: Any) -> bool:
    # jsonb cannot hold NUL, and responses cannot be encoded if they are nested deeper.
    return not value_is_too_deep(value) and b"\\u0000" not in msgspec.json.encode(value)


_CHECKS = {
    "uuid": is_uuid,
    "text": _is_text,
    "json": _is_json,
    "int": _is_int,
    "number": _is_number,
    "bool": lambda value: isinstance(value, bool),
    "date": _is_date,
}
_WANTED = {
    "uuid": "a UUID",
    "text": "text without NUL characters",
    "json": f"JSON without NUL characters, nested at most {MAX_DEPTH} levels",
    "int": "a whole number of 64 bits",
    "number": "a number",
    "bool": "true or false",
    "date": "a date like 2026-01-31",
}


def _shown(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 60 else f"{text[:57]}..."
