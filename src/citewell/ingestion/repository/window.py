"""Steps that wait for room in the queue, and how many documents are in it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

_QUEUED = (
    "(SELECT coalesce(sum(documents), 0) FROM (SELECT CASE WHEN args ? 'version_ids'"
    " THEN jsonb_array_length(args -> 'version_ids') ELSE 1 END AS documents"
    " FROM procrastinate_jobs WHERE status = 'todo' AND queue_name = ANY(:queues)"
    " AND args ->> 'project_id' = CAST({project} AS text) LIMIT :window) AS waiting)"
)
_COUNT = text(f"SELECT {_QUEUED.format(project=':project')}")
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


async def has_waiting(session: AsyncSession, project_id: UUID) -> bool:
    """Whether steps of the project wait for room."""
    return bool(await session.scalar(_WAITING, {"project": project_id}))


async def has_any_waiting(connection: AsyncConnection) -> bool:
    """Whether steps of any project wait for room."""
    return bool(await connection.scalar(_ANY))


async def count_queued(session: AsyncSession, project_id: UUID, queues: Sequence[str], limit: int) -> int:
    """Counts the documents of the project that wait for a worker in these queues, up to the limit."""
    found = await session.scalar(_COUNT, {"queues": queues, "project": str(project_id), "window": limit})
    return int(found or 0)


async def count_queued_by_waiting_project(
    connection: AsyncConnection, queues: Sequence[str], limit: int
) -> Sequence[Row[Any]]:
    """Returns the projects with steps that wait for room: `id`, and as `queued` the same count as `count_queued`."""
    return (await connection.execute(_PROJECTS, {"queues": queues, "window": limit})).all()


async def try_lock(session: AsyncSession, key: int) -> bool:
    """Take an advisory lock until the transaction ends. False if another session holds it."""
    return bool(await session.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": key}))


async def take_oldest(session: AsyncSession, project_id: UUID, count: int) -> Sequence[Row[Any]]:
    """Mark the project's oldest waiting steps as pending. Returns `step`, `version_id` and `file_size` of each."""
    return (await session.execute(_TAKE, {"project": project_id, "count": count})).all()
