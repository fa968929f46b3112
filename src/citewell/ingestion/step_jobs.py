"""The jobs of steps. Small documents of a project share a job, to share its cost."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import procrastinate
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.ingestion.repository.step_jobs import find_jobs
from citewell.jobs.lanes import BATCHES, queue_of
from citewell.jobs.publishing import Work, defer, defer_all
from citewell.models import DocumentVersion

# A rough estimate of the time of a job. The queue runs short jobs before long ones.
_BYTES_A_SECOND, _MOST_SECONDS = 20_000, 600
# A shared job takes no longer than the largest small file would alone.
MOST_SHARED, _SHARED_BYTES = 64, 70_000
_SHARED_SECONDS = 0.1  # for each document of a shared job, in addition to its bytes


def version_lock(version_id: UUID) -> str:
    """Returns the lock of a version's jobs: the queue runs one job of the same lock at a time."""
    return f"version:{version_id}"


async def defer_step(session: AsyncSession, queue: procrastinate.App, key: str, version: DocumentVersion) -> None:
    """Publish the step's job for one version in the session's transaction."""
    await defer_each(session, queue, key, [version])


async def defer_each(
    session: AsyncSession, queue: procrastinate.App, key: str, versions: Sequence[DocumentVersion]
) -> None:
    """Like `defer_step` for several versions of one project, with one job for each."""
    await defer_all(session, queue, [step_work(key, one.project_id, one.id, one.file_size) for one in versions])


async def defer_steps(
    session: AsyncSession,
    queue: procrastinate.App,
    key: str,
    project_id: UUID,
    versions: Sequence[tuple[UUID, int | None]],
) -> None:
    """Like `defer_step` for versions given by id and file size.

    Consecutive small ones share a job, unless the key names an instance of a kind.
    """
    works = []
    for group in [[version] for version in versions] if ":" in key else _groups(versions):
        [(first, size), *more] = group
        works.append(_work_shared(key, project_id, group) if more else step_work(key, project_id, first, size))
    await defer_all(session, queue, works)


def step_work(key: str, project_id: UUID, version_id: UUID, file_size: int | None) -> Work:
    """Returns the job of a version's step."""
    name, _, instance = key.partition(":")
    arguments: dict[str, Any] = {"project_id": str(project_id), "version_id": str(version_id)}
    if instance:
        arguments["instance"] = instance
    return Work(f"ingestion:{name}", arguments, version_lock(version_id), 1 + _seconds(file_size))


async def jobs_of(session: AsyncSession, versions: Sequence[UUID]) -> dict[UUID, Any]:
    """Returns the waiting or running job of each version that has one, with `status`, `scheduled_at` and `later`
    (whether that is in the future).
    """
    locks = [version_lock(version) for version in versions]
    found: dict[UUID, Any] = {}
    for job in await find_jobs(session, versions, locks, list(BATCHES.values())):
        for version in job.versions:
            found.setdefault(UUID(version), job)
    return found


async def defer_vector_index(session: AsyncSession, queue: procrastinate.App, project_id: UUID) -> None:
    await defer(
        session,
        queue,
        "maintenance:build_vector_index",
        lock=f"vectors:{project_id}",
        project_id=str(project_id),
    )


def _groups(versions: Sequence[tuple[UUID, int | None]]) -> Iterator[list[tuple[UUID, int | None]]]:
    group: list[tuple[UUID, int | None]] = []
    size = 0
    for version, file_size in versions:
        # A version of unknown size may be large.
        own = _SHARED_BYTES if file_size is None else file_size
        if group and (size + own > _SHARED_BYTES or len(group) == MOST_SHARED):
            yield group
            group, size = [], 0
        group.append((version, file_size))
        size += own
    if group:
        yield group


def _work_shared(key: str, project_id: UUID, versions: Sequence[tuple[UUID, int | None]]) -> Work:
    task, ids = f"ingestion:{key}", [str(version) for version, _ in versions]
    seconds = sum(_SHARED_SECONDS + _seconds(size) for _, size in versions)
    arguments = {"project_id": str(project_id), "version_ids": ids}
    return Work(task, arguments, seconds=seconds, queue=BATCHES[queue_of(task)])


def _seconds(file_size: int | None) -> float:
    return min((file_size or 0) / _BYTES_A_SECOND, _MOST_SECONDS)
