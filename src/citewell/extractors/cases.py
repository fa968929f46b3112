"""Test cases of an extractor: the values that people corrected, held against what it finds by itself."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agent.models.pool import ModelPool
from citewell.auth.access import Access
from citewell.extractors import results
from citewell.extractors.corrections import corrected_rows, same_rows
from citewell.extractors.families import BY_NAME
from citewell.extractors.run_options import options_of, scope_of
from citewell.extractors.schemas import ExtractorRun
from citewell.extractors.service import find_extractor, find_version, tables_of, with_model
from citewell.tables.corrections import EVIDENCE, OBJECT, at_pointer, corrected_pointers
from citewell.tables.repository.tables import document_names

MOST_LISTED = 10_000


async def check_cases(
    session: AsyncSession, models: ModelPool, access: Access, extractor_id: UUID, wanted: ExtractorRun
) -> dict[str, Any]:
    """Compares each corrected value with the one that a version of the extractor found before the correction.

    Nothing is run: a document that the version has not been run over is `not_run`. Raises NotFound.
    """
    family, project_id = BY_NAME["object"], access.project_id
    extractor = await find_extractor(session, project_id, family.name, extractor_id)
    version = with_model(await find_version(session, extractor, wanted.version_id), wanted.llm_model)
    table = (await tables_of(session, project_id, family, [extractor.id]))[extractor.id].get("extracted_objects_table")
    corrected = await corrected_rows(session, table) if table is not None else {}
    if wanted.document_ids:
        named = {str(one) for one in wanted.document_ids}
        corrected = {document: rows for document, rows in corrected.items() if document in named}
    ids = [UUID(document) for document in corrected]
    scope = await scope_of(session, project_id, await options_of(session, project_id, wanted, extractor.settings))
    model = models.get(results.wished_model(version.settings))
    some = await results.inputs(session, version, model.name, ids, scope=scope) if ids else []
    kept = await results.rows_of(session, project_id, some)
    names = await document_names(session, project_id, ids)
    cases = [
        case | {"document_id": document, "document_name": names[UUID(document)]}
        for document, rows in corrected.items()
        if UUID(document) in names
        for case in cases_of(rows, kept.get(UUID(document)))
    ]
    count = {state: sum(case["state"] == state for case in cases) for state in ("passed", "failed", "not_run")}
    listed = sorted(cases, key=lambda case: (case["document_name"], case["document_id"], case["pointer"]))
    return (
        {"version_id": version.id, "version": version.number, "cases": len(cases)}
        | count
        | {"results": listed[:MOST_LISTED]}
    )


def cases_of(
    corrected: Sequence[Mapping[str, Any]], extracted: Sequence[Mapping[str, Any]] | None
) -> list[dict[str, Any]]:
    """Returns the cases of a document's corrected rows; `extracted` are the rows of its kept result, None if it has
    none.
    """
    rows = extracted or ()
    found = {former: rows[index] for index, former in same_rows(rows, corrected).items()}
    return [
        _case(row, pointer, found.get(index, {}), is_run=extracted is not None)
        for index, row in enumerate(corrected)
        for pointer in corrected_pointers(row.get(EVIDENCE) or {})
    ]


def _case(row: Mapping[str, Any], pointer: str, found: Mapping[str, Any], *, is_run: bool) -> dict[str, Any]:
    expected, value = at_pointer(row.get(OBJECT), pointer), at_pointer(found.get(OBJECT), pointer)
    state = ("passed" if value == expected else "failed") if is_run else "not_run"
    return {"object_id": str(row["id"]), "pointer": pointer, "expected": expected, "found": value, "state": state}
