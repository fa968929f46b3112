"""The SQL on the queue's tables, besides that of `procrastinate` itself."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import procrastinate
import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.engine import Database

_COUNTED = 1000  # waiting jobs of one project that are counted; more make no difference
_WAITING = text(
    "SELECT extract(epoch FROM clock_timestamp()), (SELECT count(*) FROM (SELECT FROM procrastinate_jobs"
    " WHERE status = 'todo' AND queue_name = :name AND args ->> 'project_id' = :project LIMIT :most) AS waiting)"
)
_OTHERS = text(
    "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE status = 'todo' AND queue_name = :name"
    " AND args ->> 'project_id' <> :project)"
)
_SAME = text("SELECT FROM procrastinate_jobs WHERE queueing_lock = :same AND status = 'todo'")
_CAN_BEGIN = (
    "SELECT name FROM unnest(%(names)s::text[]) name WHERE EXISTS (SELECT FROM procrastinate_jobs WHERE status = 'todo'"
    " AND queue_name = name AND (scheduled_at IS NULL OR scheduled_at <= now()))"
)
_LOWER_KILLS = text("UPDATE procrastinate_jobs SET kills = :most WHERE id = :job AND kills > :most")
_HAS_LIVE_WORKER = text(
    "SELECT EXISTS (SELECT FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => :seconds))"
)
_STARTABLE = """
    SELECT queue_name, count(*) AS jobs, coalesce(extract(epoch FROM clock_timestamp() - min(coalesce(scheduled_at,
        (SELECT min(e.at) FROM procrastinate_events e WHERE e.job_id = j.id)))), 0)::float8 AS oldest
    FROM procrastinate_jobs j
    WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= clock_timestamp())
    GROUP BY queue_name ORDER BY queue_name
"""


async def count_waiting(session: AsyncSession, name: str, project_id: str) -> tuple[float, int]:
    """(the database's time, the number of the project's jobs that wait in the queue)."""
    found = await session.execute(_WAITING, {"name": name, "project": project_id, "most": _COUNTED})
    now, waiting = found.one()
    return float(now), waiting


async def others_wait(session: AsyncSession, name: str, project_id: UUID) -> bool:
    """Whether jobs of other projects are waiting in the queue."""
    return bool(await session.scalar(_OTHERS, {"name": name, "project": str(project_id)}))


async def has_live_worker(session: AsyncSession, seconds: float) -> bool:
    """Whether a worker gave a sign of life within the last `seconds`."""
    return bool(await session.scalar(_HAS_LIVE_WORKER, {"seconds": seconds}))


async def is_waiting(session: AsyncSession, queueing_lock: str) -> bool:
    """Whether a job with this lock waits."""
    return (await session.execute(_SAME, {"same": queueing_lock})).first() is not None


async def find_filled_queues(connector: procrastinate.connector.BaseConnector, names: Sequence[str]) -> set[str]:
    """Returns which of the queues have a job that can begin."""
    rows = await connector.execute_query_all_async(_CAN_BEGIN, names=names)
    return {row["name"] for row in rows}


async def add_interruption(
    connector: procrastinate.connector.BaseConnector, job_id: int, *, was_killed: bool = False
) -> int:
    """Counts the job's current attempt among those that were ended from outside; returns the job's kills.

    Several processes may notice a dead worker. Only the first one counts, so there are never more interruptions than
    attempts, and all of them get the same kills.
    """
    found = await connector.execute_query_all_async(
        "WITH counted AS (UPDATE procrastinate_jobs SET interruptions = interruptions + 1, kills = kills + %(killed)s"
        " WHERE id = %(job_id)s AND status = 'doing' AND interruptions <= attempts RETURNING kills)"
        " SELECT kills FROM counted UNION ALL SELECT kills FROM procrastinate_jobs WHERE id = %(job_id)s",
        job_id=job_id,
        killed=int(was_killed),
    )
    return max((row["kills"] for row in found), default=0)


async def count_interruptions(connector: procrastinate.connector.BaseConnector, job_id: int) -> tuple[int, int]:
    """Returns (attempts of the job that were ended from outside, those of them in which its process died).

    The second number begins anew when the job makes progress (`lower_kills`).
    """
    found = await connector.execute_query_all_async(
        "SELECT interruptions, kills FROM procrastinate_jobs WHERE id = %(job_id)s", job_id=job_id
    )
    return next(((row["interruptions"], row["kills"]) for row in found), (0, 0))


async def lower_kills(session: AsyncSession, job_id: int, most: int) -> None:
    """Sets the job's kills to at most `most`."""
    await session.execute(_LOWER_KILLS, {"job": job_id, "most": most})


async def commit_without_waiting(connection: psycopg.AsyncConnection[Any]) -> None:
    """Makes the session's commits return before they are on the disk."""
    await connection.execute("SET synchronous_commit = off")
    await connection.commit()


def find_startable_by_queue(connection: psycopg.Connection[Any]) -> list[tuple[str, int, float]]:
    """(queue, number of jobs that can begin, seconds that the oldest has waited) of each queue with such jobs."""
    return connection.execute(_STARTABLE).fetchall()


async def fetch_startable_by_queue(database: Database) -> list[Any]:
    """Like `find_startable_by_queue`; each row has `queue_name`, `jobs` and `oldest`."""
    return await database.direct.fetch(_STARTABLE, {})


def count_live_workers(connection: psycopg.Connection[Any], seconds: float) -> int:
    """Workers that gave a sign of life within the last `seconds`."""
    statement = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => %s)"
    return int(connection.execute(statement, [seconds]).fetchall()[0][0])
