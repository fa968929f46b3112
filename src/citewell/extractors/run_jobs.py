"""The jobs that work on runs: what they are queued with, and queueing the first and each following one."""

from typing import Any
from uuid import UUID

import msgspec
import procrastinate
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.jobs.publishing import defer

SLICE_SECONDS = 15.0  # after which a job lets others go first


class ExtractionJob(msgspec.Struct, frozen=True):
    """The arguments of a job that works on a run of an extractor.

    `failed` are documents that the run gave up: they have no rows, and another run tries them again. `options` are
    `RunOptions` as JSON.
    """

    project_id: UUID
    run_id: UUID
    version_id: UUID
    document_ids: list[UUID] = []
    failed: list[UUID] = []
    options: dict[str, Any] = {}


class TagJob(msgspec.Struct, frozen=True):
    """The arguments of a job that tags documents by the definitions in a table. `failed` is as in ExtractionJob."""

    project_id: UUID
    run_id: UUID
    table_id: UUID
    document_ids: list[UUID] = []
    llm_model: str = ""
    failed: list[UUID] = []


async def defer_extraction(
    session: AsyncSession, queue: procrastinate.App, extractor_id: UUID, job: ExtractionJob, seconds: float
) -> None:
    """Queues the job. `seconds` is its estimated duration."""
    await _defer(session, queue, "extractors:run", extractor_id, job, seconds)


async def defer_tags(session: AsyncSession, queue: procrastinate.App, job: TagJob, seconds: float) -> None:
    """Queues the job. `seconds` is its estimated duration."""
    await _defer(session, queue, "extractors:tag_documents", job.table_id, job, seconds)


async def _defer(
    session: AsyncSession,
    queue: procrastinate.App,
    task: str,
    owner_id: UUID,
    job: ExtractionJob | TagJob,
    seconds: float,
) -> None:
    # Runs of one extractor take turns: what one has asked a model for, the other takes from what is kept.
    lock = f"extractor:{owner_id}"
    seconds = min(seconds, SLICE_SECONDS)
    await defer(session, queue, task, lock=lock, seconds=seconds, **msgspec.to_builtins(job))
