"""What people corrected in extracted rows goes into the rows of a new run.

`citewell.tables.corrections` marks a corrected value in the evidence of its row.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.extractors.engine.rows import content_of
from citewell.models import KnowledgeTable, TableRow, TableVersion
from citewell.tables.corrections import at_pointer, corrected_pointers, with_value

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
        touched = select(TableRow.data).where(mine, TableRow.data["evidence"].astext.contains('"corrected"'))
        for data in await session.scalars(touched.order_by(TableRow.position)):
            if data.get("document_id") not in newer:
                found.setdefault(data["document_id"], []).append(data)
        for document in documents - newer:
            found.setdefault(document or "", [])
    return {document: rows for document, rows in found.items() if rows}


def with_corrections(rows: Sequence[Mapping[str, Any]], corrected: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a document with the corrections of the former run. A row is the same where its id is."""
    by_id = {str(row["id"]): row for row in corrected}
    return [_corrected(dict(row), by_id[str(row["id"])]) if str(row["id"]) in by_id else dict(row) for row in rows]


def _corrected(row: dict[str, Any], former: Mapping[str, Any]) -> dict[str, Any]:
    values, evidence = row["json_object"], dict(row["evidence"])
    for pointer in corrected_pointers(former.get("evidence") or {}):
        value = at_pointer(former.get("json_object"), pointer)
        extracted = evidence.get(pointer, {"status": "missing"})
        if at_pointer(values, pointer) == value:
            continue  # the extractor finds by now what the person said
        values = with_value(values, pointer, value)
        evidence[pointer] = {"status": "missing", "corrected": True, "value": value, "extracted": extracted}
    return row | {"json_object": values, "evidence": evidence, "content": content_of(values)}
