"""Carries people's corrections of extracted rows over to the rows of a new run.

`citewell.tables.corrections` marks a corrected value in the evidence of its row.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.extractors.engine.rows import content_of
from citewell.extractors.repository.table_rows import find_corrected, find_document_ids, find_newest_versions
from citewell.models import KnowledgeTable
from citewell.tables.corrections import EVIDENCE, OBJECT, at_pointer, corrected_pointers, leaves, with_value

_VERSIONS = 10  # that are looked at, from the newest


async def corrected_rows(session: AsyncSession, table: KnowledgeTable) -> dict[str, list[dict[str, Any]]]:
    """Returns the rows that people corrected or added, by document, from the newest version that has rows of the
    document.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for version_id in await find_newest_versions(session, table.project_id, table.id, _VERSIONS):
        newer = set(found)
        documents = await find_document_ids(session, table.project_id, version_id)
        for data in await find_corrected(session, table.project_id, version_id):
            if _is_whole(data) and data["document_id"] not in newer:
                found.setdefault(data["document_id"], []).append(data)
        for document in documents - newer:
            found.setdefault(document or "", [])
    return {document: rows for document, rows in found.items() if rows}


def _is_whole(row: Mapping[str, Any]) -> bool:
    """Rows may come from clients as well, with anything for values and evidence and without ids."""
    has_ids = bool(row.get("id") and row.get("document_id"))
    return has_ids and isinstance(row.get(OBJECT), dict) and isinstance(row.get(EVIDENCE), dict)


def with_corrections(rows: Sequence[Mapping[str, Any]], corrected: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Returns the rows of a document with the corrections of the former run.

    A corrected row that the run did not find stays, with what a person wrote and nothing else.
    """
    former = same_rows(rows, corrected)
    kept = [
        _corrected(dict(row), corrected[former[index]]) if index in former else dict(row)
        for index, row in enumerate(rows)
    ]
    paired = set(former.values())
    alone = [row for index, row in enumerate(corrected) if _values_of(row) and index not in paired]
    return kept + [_corrected(_emptied(row), row) for row in alone]


def same_rows(rows: Sequence[Mapping[str, Any]], corrected: Sequence[Mapping[str, Any]]) -> dict[int, int]:
    """Maps the index of each row to the index of the corrected row for the same object.

    That is the row with its id. Without one (an imported project has other ids) it is the row that agrees with it in
    most values that nobody corrected, or the only row left beside the only row left.
    """
    by_id = {str(row["id"]): index for index, row in enumerate(rows)}
    said = [index for index, one in enumerate(corrected) if _values_of(one)]
    found = {by_id[str(corrected[index]["id"])]: index for index in said if str(corrected[index]["id"]) in by_id}
    left = [index for index in said if str(corrected[index]["id"]) not in by_id]
    values = [dict(leaves(row.get(OBJECT))) for row in rows] if left else []
    for index in left:
        others = _uncorrected(corrected[index])
        agreeing = {free: _agreement(values[free], others) for free in range(len(rows)) if free not in found}
        best = max(agreeing, key=agreeing.__getitem__, default=None)
        if best is not None and (agreeing[best] or (len(agreeing) == 1 and len(left) == 1)):
            found[best] = index
    return found


def _values_of(row: Mapping[str, Any]) -> list[str]:
    return corrected_pointers(row.get(EVIDENCE) or {})


def _uncorrected(row: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the values that nobody corrected, by pointer."""
    said = set(_values_of(row))
    return {pointer: value for pointer, value in leaves(row.get(OBJECT)) if pointer not in said and value}


def _agreement(values: Mapping[str, Any], others: Mapping[str, Any]) -> int:
    return sum(values.get(pointer) == value for pointer, value in others.items())


def _emptied(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, OBJECT: _without_values(row.get(OBJECT)) or {}, EVIDENCE: {}}


def _without_values(value: Any) -> Any:
    """Returns the same objects and lists, with nothing in them."""
    if isinstance(value, dict) and value:
        return {name: _without_values(inner) for name, inner in value.items()}
    return [_without_values(inner) for inner in value] if isinstance(value, list) and value else None


def _corrected(row: dict[str, Any], former: Mapping[str, Any]) -> dict[str, Any]:
    values, evidence = row[OBJECT], dict(row[EVIDENCE])
    for pointer in _values_of(former):
        value = at_pointer(former.get(OBJECT), pointer)
        extracted = evidence.get(pointer, {"status": "missing"})
        if at_pointer(values, pointer) == value and pointer in evidence:
            evidence[pointer] = extracted | {"confirmed": True}  # the extractor finds by now what the person said
            continue
        values = with_value(values, pointer, value)
        evidence[pointer] = {"status": "missing", "corrected": True, "value": value, "extracted": extracted}
    return row | {OBJECT: values, EVIDENCE: evidence, "content": content_of(values)}
