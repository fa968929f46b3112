"""Limits how many documents of a project have jobs in the queue; the others wait as rows of `version_steps`.

The more jobs wait, the slower each fetch, and a project may send 200,000 documents at once. So once a project has
enough documents in the queue, further versions get a first step with the state `waiting` and no job. As the project's
window empties, `refill` turns such rows into jobs, the oldest first, several small ones in one job. Row and job change
in one transaction, so none is lost or doubled.
"""

import asyncio
from uuid import UUID

import procrastinate
import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.ingestion.step_jobs import defer_steps
from citewell.jobs.lanes import BATCHES, QUICK
from citewell.resources import Resources

log = structlog.get_logger(__name__)

WINDOW = 500  # documents of one project that wait for a worker
_ALL_WINDOWS = 10_000  # documents of all projects together; each project has room for _LEAST in any case
_LEAST = 10
_QUEUES = ["parse", QUICK, "embed", *BATCHES.values()]
_BUSY_SECONDS, _IDLE_SECONDS = 0.25, 1.0  # between two refills
_LOCK = 0x63_77_77_69  # held by the one process that refills

_QUEUED = (
    "(SELECT coalesce(sum(documents), 0) FROM (SELECT CASE WHEN args ? 'version_ids'"
    " THEN jsonb_array_length(args -> 'version_ids') ELSE 1 END AS documents"
    " FROM procrastinate_jobs WHERE status = 'todo' AND queue_name = ANY(:queues)"
    " AND args ->> 'project_id' = CAST({project} AS text) LIMIT :window) AS waiting)"
)
_MINE = text(f"SELECT {_QUEUED.format(project=':project')}")
_WAITING = text("SELECT EXISTS (SELECT FROM version_steps WHERE project_id = :project AND state = 'waiting')")
_ANY = text("SELECT EXISTS (SELECT FROM version_steps WHERE state = 'waiting')")
_PROJECTS = text(
    f"SELECT p.id, {_QUEUED.format(project='p.id')} AS queued FROM projects p"  # noqa: S608
    " WHERE EXISTS (SELECT FROM version_steps s WHERE s.project_id = p.id AND s.state = 'waiting')"
)
_TAKE = text(
    """
    WITH oldest AS (
        SELECT project_id, version_id, step FROM version_steps
        WHERE project_id = :project AND state = 'waiting'
        ORDER BY version_id LIMIT :count FOR UPDATE SKIP LOCKED
    )
    UPDATE version_steps s SET state = 'pending'
    FROM oldest o JOIN document_versions v ON v.project_id = o.project_id AND v.id = o.version_id
    WHERE s.project_id = o.project_id AND s.version_id = o.version_id AND s.step = o.step
    RETURNING s.step, s.version_id, v.file_size
    """
)


async def room(session: AsyncSession, project_id: UUID) -> int:
    """How many more documents of the project may enter the queue; 0 while others wait already."""
    if await session.scalar(_WAITING, {"project": project_id}):
        return 0
    return max(WINDOW - await _queued(session, project_id), 0)


async def _queued(session: AsyncSession, project_id: UUID) -> int:
    """How many documents of the project wait for a worker, counted up to WINDOW."""
    found = await session.scalar(_MINE, {"queues": _QUEUES, "project": str(project_id), "window": WINDOW})
    return int(found or 0)


async def keep_full(resources: Resources) -> None:
    """Refill until cancelled. Runs in every process with workers; one of them refills at a time."""
    while True:
        moved = 0
        try:
            moved = await refill(resources)
        except (SQLAlchemyError, OSError) as error:
            log.warning("window_not_refilled", reason=str(error).split("\n", 1)[0])
        await asyncio.sleep(_BUSY_SECONDS if moved else _IDLE_SECONDS)


async def refill(resources: Resources) -> int:
    """Turn waiting rows into jobs, up to each project's window. Returns how many."""
    async with resources.database.autocommit() as connection:
        if not await connection.scalar(_ANY):
            return 0
        projects = (await connection.execute(_PROJECTS, {"queues": _QUEUES, "window": WINDOW})).all()
    share = min(WINDOW, max(_LEAST, _ALL_WINDOWS // max(len(projects), 1)))
    moved = 0
    for project in projects:
        if project.queued < share:
            async with resources.database.write() as session:
                if await session.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": _LOCK}):
                    # Counted again: another process may have filled the window before we got the lock.
                    left = share - await _queued(session, project.id)
                    moved += await _move(session, resources.queue, project.id, left) if left > 0 else 0
    return moved


async def _move(session: AsyncSession, queue: procrastinate.App, project_id: UUID, count: int) -> int:
    rows = (await session.execute(_TAKE, {"project": project_id, "count": count})).all()
    by_step: dict[str, list[tuple[UUID, int | None]]] = {}
    for row in sorted(rows, key=lambda row: row.version_id):
        by_step.setdefault(row.step, []).append((row.version_id, row.file_size))
    for step, versions in by_step.items():
        await defer_steps(session, queue, step, project_id, versions)
    return len(rows)
