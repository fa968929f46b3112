"""Exports a version of a table as CSV or as an Excel workbook, with the evidence of extracted values."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

import msgspec

from citewell.tables.corrections import EVIDENCE, OBJECT, leaves

Format = Literal["csv", "xlsx"]
MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
Row = Mapping[str, Any]
_DOCUMENT = "document_id"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_table(
    file_format: Format, columns: Sequence[str], rows: Sequence[Row], documents: Mapping[UUID, str]
) -> bytes:
    """Returns the bytes of the file. `documents` maps ids to names of documents.

    If rows have evidence, the column of each value is followed by one with its quote, place and status.
    """
    lines = list(_lines(columns, rows, documents))
    if file_format == "csv":
        return _csv(lines)
    # Imported with the first workbook, to keep the server's start short.
    from citewell.tables.workbook import to_workbook

    return to_workbook(lines)


def _lines(columns: Sequence[str], rows: Sequence[Row], documents: Mapping[UUID, str]) -> Iterator[list[Any]]:
    if OBJECT not in columns or EVIDENCE not in columns:
        yield list(columns)
        yield from ([_plain(row.get(name)) for name in columns] for row in rows)
        return
    values = [dict(leaves(row.get(OBJECT) or {})) for row in rows]
    pointers = list(dict.fromkeys(pointer for one in values for pointer in one if pointer))
    names = [pointer.removeprefix("/").replace("/", ".") for pointer in pointers]
    yield ["document", *(title for name in names for title in (name, f"{name}: evidence"))]
    for row, own in zip(rows, values, strict=True):
        evidence = row.get(EVIDENCE) or {}
        cells = [cell for one in pointers for cell in (_plain(own.get(one)), _entry_in_words(evidence.get(one)))]
        yield [_name(row.get(_DOCUMENT), documents), *cells]


def _name(document_id: Any, documents: Mapping[UUID, str]) -> str:
    try:
        return documents.get(UUID(str(document_id)), str(document_id))
    except ValueError:
        return str(document_id)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return msgspec.json.encode(value).decode()


def _entry_in_words(entry: Any) -> str:
    """Returns an entry of the evidence as text: the quote, its place, and whether it was confirmed or corrected."""
    if not isinstance(entry, dict):
        return ""
    if entry.get("corrected"):
        return "written by a person"
    quoted = f"“{entry['verbatim']}”" if entry.get("verbatim") else ""
    remarks = [str(entry["place"])] if entry.get("place") else []
    remarks += [str(entry.get("status") or "")] if entry.get("status") != "exact" else []
    remarks += ["other values in the document"] if entry.get("conflicts") else []
    remarks += ["reviewed"] if entry.get("reviewed") else []
    return " ".join(part for part in (quoted, f"({', '.join(remarks)})" if remarks else "") if part)


def _csv(lines: Sequence[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([_harmless(cell) for cell in line] for line in lines)
    # With a byte order mark, else Excel decodes it in the code page of its system.
    return out.getvalue().encode("utf-8-sig", "replace")


def _harmless(cell: Any) -> Any:
    """Puts an apostrophe before a text that a spreadsheet would run as a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
