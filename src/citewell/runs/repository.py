"""SQL of pipeline runs: a page of them takes a fixed number of queries."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.pages import select_page
from citewell.models import Chunk, DocumentVersion, PipelineRun

LOG_TAIL = 50  # lines in a list; one run shows MAX_LOG of its newest lines
MAX_LOG = 5000
LISTED_FAILURES, MAX_FAILURES = 20, 1000  # of a run in a list; of one run


@dataclass(frozen=True)
class Failure:
    """A document that a run could not process. `step` is the row of the step that failed, `reason` is for its user."""

    document_id: UUID
    name: str
    step: str
    code: str
    reason: str


async def list_runs(
    session: AsyncSession, project_id: UUID, status: str | None, document_id: UUID | None, limit: int, offset: int
) -> tuple[int, list[PipelineRun]]:
    query = select(PipelineRun).where(PipelineRun.project_id == project_id)
    if status is not None:
        query = query.where(PipelineRun.status == status)
    if document_id is not None:
        version = DocumentVersion
        own = (version.project_id == project_id) & (version.document_id == document_id)
        query = query.where(PipelineRun.id.in_(select(version.run_id).where(own)))
    return await select_page(session, query, limit, offset, PipelineRun.id.desc())


async def stage_counts(session: AsyncSession, project_id: UUID, run_ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    query = (
        select(DocumentVersion.run_id, DocumentVersion.stage, func.count())
        .where(DocumentVersion.project_id == project_id, DocumentVersion.run_id.in_(run_ids))
        .group_by(DocumentVersion.run_id, DocumentVersion.stage)
    )
    counts: dict[UUID, dict[str, int]] = defaultdict(dict)
    for run_id, stage, count in (await session.execute(query)).all():
        assert run_id is not None
        counts[run_id][stage] = count
    return counts


async def chunk_counts(session: AsyncSession, project_id: UUID, run_ids: Sequence[UUID]) -> dict[UUID, int]:
    query = (
        select(DocumentVersion.run_id, func.count())
        .join(Chunk, (Chunk.project_id == DocumentVersion.project_id) & (Chunk.version_id == DocumentVersion.id))
        .where(DocumentVersion.project_id == project_id, DocumentVersion.run_id.in_(run_ids))
        .group_by(DocumentVersion.run_id)
    )
    return {row.run_id: row[1] for row in await session.execute(query)}


async def log_tails(session: AsyncSession, project_id: UUID, run_ids: Sequence[UUID], lines: int) -> dict[UUID, str]:
    """Returns the newest lines of each run's log, oldest first."""
    query = text(
        """
        SELECT run.id, tail.at, tail.line
        FROM unnest(CAST(:run_ids AS uuid[])) AS run(id)
        CROSS JOIN LATERAL (
            SELECT id, at, line FROM pipeline_run_logs
            WHERE project_id = :project_id AND run_id = run.id
            ORDER BY id DESC LIMIT :lines
        ) AS tail
        ORDER BY run.id, tail.id
        """
    )
    rows = await session.execute(query, {"run_ids": list(run_ids), "project_id": project_id, "lines": lines})
    logs: dict[UUID, list[str]] = defaultdict(list)
    for run_id, at, line in rows.all():
        logs[run_id].append(f"{at:%Y-%m-%d %H:%M:%S} {line}")
    return {run_id: "\n".join(found) for run_id, found in logs.items()}


async def failures(
    session: AsyncSession, project_id: UUID, run_ids: Sequence[UUID], per_run: int
) -> dict[UUID, list[Failure]]:
    """Returns the documents of each run that could not be processed, at most `per_run` of each."""
    query = text(
        """
        SELECT run.id AS run_id, found.*
        FROM unnest(CAST(:run_ids AS uuid[])) AS run(id)
        CROSS JOIN LATERAL (
            SELECT v.document_id, d.name, s.step, s.error_code, s.error
            FROM document_versions v JOIN documents d ON d.project_id = v.project_id AND d.id = v.document_id
            JOIN version_steps s ON s.project_id = v.project_id AND s.version_id = v.id AND s.state = 'failed'
            WHERE v.project_id = :project_id AND v.run_id = run.id AND v.stage = 'failed'
            ORDER BY v.id LIMIT :per_run
        ) AS found
        """
    )
    rows = await session.execute(query, {"run_ids": list(run_ids), "project_id": project_id, "per_run": per_run})
    found: dict[UUID, list[Failure]] = defaultdict(list)
    for row in rows.all():
        failure = Failure(row.document_id, row.name, row.step, row.error_code or "", row.error or "")
        found[row.run_id].append(failure)
    return found


async def document_and_chunk_ids(
    session: AsyncSession, project_id: UUID, run_id: UUID
) -> tuple[list[UUID], list[UUID]]:
    mine = (DocumentVersion.project_id == project_id) & (DocumentVersion.run_id == run_id)
    documents = await session.scalars(select(DocumentVersion.document_id).where(mine))
    chunks = await session.scalars(
        select(Chunk.id)
        .join(
            DocumentVersion,
            (DocumentVersion.project_id == Chunk.project_id) & (DocumentVersion.id == Chunk.version_id),
        )
        .where(mine)
        .order_by(Chunk.version_id, Chunk.ordinal)
    )
    return list(documents), list(chunks)
