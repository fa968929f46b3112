"""The jobs of steps in the queue's table."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

_JOBS = text(
    "SELECT status::text, scheduled_at, scheduled_at > now() AS later,"
    " CASE WHEN args ? 'version_ids' THEN ARRAY(SELECT jsonb_array_elements_text(args -> 'version_ids'))"
    " ELSE ARRAY[args ->> 'version_id'] END AS versions"
    " FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
    " AND (lock = ANY(:locks) OR queue_name = ANY(:shared) AND jsonb_exists_any(args -> 'version_ids', :versions))"
    " ORDER BY status = 'doing' DESC, id"
)


async def find_jobs(
    session: AsyncSession, versions: Sequence[UUID], locks: Sequence[str], queues: Sequence[str]
) -> Sequence[Row[Any]]:
    """Returns the waiting and running jobs that have one of the locks, or one of the versions and one of the queues.

    Each has `status`, `scheduled_at`, `later` (whether that lies in the future) and `versions` (ids as text). Running
    ones come first.
    """
    parameters = {"locks": locks, "shared": queues, "versions": [str(version) for version in versions]}
    return (await session.execute(_JOBS, parameters)).all()
