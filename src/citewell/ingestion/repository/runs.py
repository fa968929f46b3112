"""Pipeline runs, their log lines, and how far their versions are."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import DocumentVersion, PipelineRun, PipelineRunLog


async def add_lines(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Add lines to the logs of runs: `project_id`, `run_id` and `line` of each."""
    await session.execute(insert(PipelineRunLog).values(rows))


async def start_runs(session: AsyncSession, project_id: UUID, runs: Collection[UUID]) -> None:
    """Mark those of the runs as running that are pending."""
    await session.execute(
        update(PipelineRun)
        .where(PipelineRun.project_id == project_id, PipelineRun.id.in_(runs))
        .where(PipelineRun.status == "pending")
        .values(status="running")
        .execution_options(synchronize_session=False)
    )


async def has_unfinished(session: AsyncSession, project_id: UUID, run_id: UUID, ends: Collection[str]) -> bool:
    """Whether a version of the run has another stage than these."""
    query = select(exists().where(_in_run(project_id, run_id), DocumentVersion.stage.not_in(ends)))
    return bool(await session.scalar(query))


async def count_by_stage(session: AsyncSession, project_id: UUID, run_id: UUID) -> dict[str, int]:
    """Returns the number of the run's versions in each stage."""
    query = select(DocumentVersion.stage, func.count()).where(_in_run(project_id, run_id))
    return {row.stage: row[1] for row in await session.execute(query.group_by(DocumentVersion.stage))}


def _in_run(project_id: UUID, run_id: UUID) -> ColumnElement[bool]:
    return (DocumentVersion.project_id == project_id) & (DocumentVersion.run_id == run_id)
