"""What people corrected in extracted rows goes into the rows of a new run.

`citewell.tables.corrections` marks a corrected value in the evidence of its row.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.extractors.engine.rows import content_of
from citewell.models import KnowledgeTable, TableRow, TableVersion
from citewell.tables.corrections import EVIDENCE, OBJECT, at_pointer, corrected_pointers, leaves, with_value

_VERSIONS = 10  # that are looked at, from the newest


async def corrected_rows(session: AsyncSession, table: KnowledgeTable) -> dict[str, list[dict[str, Any]]]:
    """The rows that people corrected or added, by document, from the newest version that has rows of the document."""
    versions = await session.scalars(
        select(TableVersion.id)
        .where(TableVersion.project_id == table.project_id, TableVersion.table_id == table.id)
        .order_by(TableVersion.number.desc())
        .limit(_VERSIONS)
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for version_id in versions:
        mine = (TableRow.project_id == table.project_id) & (TableRow.version_id == version_id)
        newer = set(found)
        documents = set(await session.scalars(select(TableRow.document_id).where(mine).distinct()))
        evidence = TableRow.data["evidence"].astext
        said = or_(evidence.contains('"corrected"'), evidence.contains('"confirmed"'))
        touched = select(TableRow.data).where(mine, said)
        for data in await session.scalars(touched.order_by(TableRow.position)):
            if _is_whole(data) and data["document_id"] not in newer:
                found.setdefault(data["document_id"], []).append(data)
        for document in documents - newer:
            found.setdefault(document or "", [])
    return {document: rows for document, rows in found.items() if rows}


def _is_whole(row: Mapping[str, Any]) -> bool:
    """Rows may come from clients as well, with anything for evidence and without ids."""
    return bool(row.get("id") and row.get("document_id")) and isinstance(row.get(EVIDENCE), dict)


def with_corrections(rows: Sequence[Mapping[str, Any]], corrected: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a document with the corrections of the former run.

    A corrected row that the run did not find stays, with what a person wrote and nothing else.
    """
    former = same_rows(rows, corrected)
    kept = [_corrected(dict(row), former[index]) if index in former else dict(row) for index, row in enumerate(rows)]
    paired = {id(row) for row in former.values()}
    return kept + [_corrected(_emptied(row), row) for row in corrected if _said(row) and id(row) not in paired]


def same_rows(
    rows: Sequence[Mapping[str, Any]], corrected: Sequence[Mapping[str, Any]]
) -> dict[int, Mapping[str, Any]]:
    """By index of a row, the corrected row that stands for the same object.

    That is the one with its id; without one (a project that was imported has other ids), the one that agrees with it
    in most values that nobody corrected; or the only one left, beside the only row left.
    """
    by_id = {str(row["id"]): index for index, row in enumerate(rows)}
    found = {by_id[str(one["id"])]: one for one in corrected if _said(one) and str(one["id"]) in by_id}
    left = [one for one in corrected if _said(one) and str(one["id"]) not in by_id]
    for one in left:
        free = [index for index in range(len(rows)) if index not in found]
        best = max(free, key=lambda index: _agreement(rows[index], one), default=None)
        if best is not None and (_agreement(rows[best], one) or (len(free) == 1 and len(left) == 1)):
            found[best] = one
    return found


def _said(row: Mapping[str, Any]) -> list[str]:
    return corrected_pointers(row.get(EVIDENCE) or {})


def _agreement(row: Mapping[str, Any], former: Mapping[str, Any]) -> int:
    said, values = set(_said(former)), dict(leaves(row.get(OBJECT)))
    others = {pointer: value for pointer, value in leaves(former.get(OBJECT)) if pointer not in said and value}
    return sum(values.get(pointer) == value for pointer, value in others.items())


def _emptied(row: Mapping[str, Any]) -> dict[str, Any]:
    values = row.get(OBJECT)
    for pointer, _ in list(leaves(values)):
        values = with_value(values, pointer, None)
    return {**row, OBJECT: values, EVIDENCE: {}}


def _corrected(row: dict[str, Any], former: Mapping[str, Any]) -> dict[str, Any]:
    values, evidence = row[OBJECT], dict(row[EVIDENCE])
    for pointer in _said(former):
        value = at_pointer(former.get(OBJECT), pointer)
        extracted = evidence.get(pointer, {"status": "missing"})
        if at_pointer(values, pointer) == value and pointer in evidence:
            evidence[pointer] = extracted | {"confirmed": True}  # the extractor finds by now what the person said
            continue
        values = with_value(values, pointer, value)
        evidence[pointer] = {"status": "missing", "corrected": True, "value": value, "extracted": extracted}
    return row | {OBJECT: values, EVIDENCE: evidence, "content": content_of(values)}
