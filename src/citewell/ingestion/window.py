"""Limits how many documents of a project have jobs in the queue. The others wait as rows of `version_steps`.

Fetching a job takes longer the more jobs wait, and a project may send 200,000 documents at once. So once a project has
enough documents in the queue, further versions get a first step with the state `waiting` and no job. When the queue has
room again, `refill` makes jobs of such rows, the oldest first, several small ones in one job. Row and job change in one
transaction, so that none is lost or duplicated.
"""

import asyncio
from uuid import UUID

import procrastinate
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.ingestion.repository.window import (
    count_queued,
    count_queued_by_waiting_project,
    has_any_waiting,
    has_waiting,
    take_oldest,
    try_lock,
)
from citewell.ingestion.step_jobs import defer_steps
from citewell.jobs.lanes import BATCHES, QUICK
from citewell.resources import Resources

log = structlog.get_logger(__name__)

WINDOW = 500  # documents of one project that wait for a worker
_ALL_WINDOWS = 10_000  # documents of all projects together; each project has room for _MIN_WINDOW in any case
_MIN_WINDOW = 10
_QUEUES = ["parse", QUICK, "embed", *BATCHES.values()]
_BUSY_SECONDS, _IDLE_SECONDS = 0.25, 1.0  # between two refills
_LOCK = 0x63_77_77_69  # held by the one process that refills


async def room(session: AsyncSession, project_id: UUID) -> int:
    """Returns how many more documents of the project may enter the queue; 0 while others wait already."""
    if await has_waiting(session, project_id):
        return 0
    return max(WINDOW - await count_queued(session, project_id, _QUEUES, WINDOW), 0)


async def keep_full(resources: Resources) -> None:
    """Refills until cancelled. Runs in every process with workers; only one of them refills at a time."""
    while True:
        moved = 0
        try:
            moved = await refill(resources)
        except (SQLAlchemyError, OSError) as error:
            log.warning("document_window_not_refilled", reason=str(error).split("\n", 1)[0])
        await asyncio.sleep(_BUSY_SECONDS if moved else _IDLE_SECONDS)


async def refill(resources: Resources) -> int:
    """Makes jobs of waiting rows, up to each project's window. Returns the number of rows."""
    async with resources.database.autocommit() as connection:
        if not await has_any_waiting(connection):
            return 0
        projects = await count_queued_by_waiting_project(connection, _QUEUES, WINDOW)
    share = min(WINDOW, max(_MIN_WINDOW, _ALL_WINDOWS // max(len(projects), 1)))
    moved = 0
    for project in projects:
        if project.queued < share:
            async with resources.database.write() as session:
                if await try_lock(session, _LOCK):
                    # Counted again: another process may have filled the window before we got the lock.
                    left = share - await count_queued(session, project.id, _QUEUES, WINDOW)
                    moved += await _move(session, resources.queue, project.id, left) if left > 0 else 0
    return moved


async def _move(session: AsyncSession, queue: procrastinate.App, project_id: UUID, count: int) -> int:
    rows = await take_oldest(session, project_id, count)
    by_step: dict[str, list[tuple[UUID, int | None]]] = {}
    for row in sorted(rows, key=lambda row: row.version_id):
        by_step.setdefault(row.step, []).append((row.version_id, row.file_size))
    for step, versions in by_step.items():
        await defer_steps(session, queue, step, project_id, versions)
    return len(rows)
