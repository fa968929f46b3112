"""The SQL of what extractors made of documents, and of what models answered before that."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, cast, select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.engine import Database
from citewell.models import ExtractionAnswer, ExtractionResult

_AT_ONCE = 5000  # ids of one query

# One statement: apart from the model it is the cost of a document, and a run may have many documents.
_KEEP = """
WITH run AS MATERIALIZED (
    SELECT status, attempt FROM pipeline_runs WHERE project_id = %(project)s AND id = %(run)s
), kept AS (
    INSERT INTO extraction_results (project_id, id, extractor_id, table_id, document_version_id, input_hash, rows)
    SELECT %(project)s, %(result)s, %(extractor)s, %(table)s, %(version)s, %(hash)s, CAST(%(rows)s AS jsonb)
    FROM run WHERE %(rows)s IS NOT NULL
    ON CONFLICT DO NOTHING
), forgotten AS (
    DELETE FROM extraction_answers WHERE project_id = %(project)s AND result_id = %(result)s
), told AS (
    INSERT INTO pipeline_run_logs (project_id, run_id, line) SELECT %(project)s, %(run)s, %(line)s FROM run
)
SELECT status = 'running' AND attempt IS NOT DISTINCT FROM %(attempt)s AS goes_on FROM run
"""
# Commits do not wait for the disk. A crash of the database server may lose the answers of the last half second; a
# killed worker loses none. Asking the model again is cheaper than waiting for the disk at each answer.
_STORE_ANSWER = """
WITH quick AS (SELECT set_config('synchronous_commit', 'off', true))
INSERT INTO extraction_answers (project_id, id, result_id, document_version_id, answer)
SELECT %(project)s, %(key)s, %(result)s, %(version)s, %(answer)s FROM quick
ON CONFLICT DO NOTHING RETURNING id
"""


async def store_result(database: Database, values: Mapping[str, Any]) -> bool:
    """Store a result with a line of its run's log, and delete the answers that it is made of.

    `values` has `project`, `run`, `attempt`, `result`, `extractor` or `table`, `version`, `hash`, `rows` (JSON; None
    stores no result) and `line`. Returns whether the run is to go on by this attempt.
    """
    found = await database.direct.fetch(_KEEP, values, writes=True)
    return bool(found) and bool(found[0].goes_on)


async def store_answer(
    database: Database, project_id: UUID, key: UUID, result_id: UUID, version_id: UUID, answer: str
) -> None:
    """Store a model's answer, in a transaction that does not wait for the disk."""
    values = {"project": project_id, "key": key, "result": result_id, "version": version_id, "answer": answer}
    await database.direct.fetch(_STORE_ANSWER, values, writes=True)


async def find_answers(session: AsyncSession, project_id: UUID, results: Sequence[UUID]) -> dict[UUID, str]:
    """Returns the stored answers for these results, by their key."""
    ids = cast(list(results), ARRAY(Uuid))
    query = select(ExtractionAnswer.id, ExtractionAnswer.answer).where(
        ExtractionAnswer.project_id == project_id, ExtractionAnswer.result_id == any_(ids)
    )
    return {row.id: row.answer for row in await session.execute(query)}


async def find_stored(session: AsyncSession, project_id: UUID, results: Sequence[UUID]) -> set[UUID]:
    """Returns which of the results are stored."""
    found: set[UUID] = set()
    for start in range(0, len(results), _AT_ONCE):
        query = select(ExtractionResult.id).where(
            ExtractionResult.project_id == project_id, ExtractionResult.id.in_(results[start : start + _AT_ONCE])
        )
        found |= set(await session.scalars(query))
    return found


async def find_rows(
    session: AsyncSession, project_id: UUID, results: Sequence[UUID]
) -> dict[UUID, list[dict[str, Any]]]:
    """Returns the rows of each stored result."""
    query = select(ExtractionResult.id, ExtractionResult.rows).where(
        ExtractionResult.project_id == project_id, ExtractionResult.id.in_(results)
    )
    return {row.id: row.rows for row in await session.execute(query)}
