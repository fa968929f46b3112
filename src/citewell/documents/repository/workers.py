"""Reading which workers of the queue run."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def is_worker_running(session: AsyncSession, silence: float) -> bool:
    """Whether a worker was heard of in the last `silence` seconds."""
    found = await session.scalar(
        text(
            "SELECT EXISTS (SELECT FROM procrastinate_workers"
            " WHERE last_heartbeat > now() - make_interval(secs => :silence))"
        ),
        {"silence": silence},
    )
    return bool(found)
