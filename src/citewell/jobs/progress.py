"""The progress of the running job: a job that gets further is not what kills its process."""

from contextvars import ContextVar

import procrastinate
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.jobs.queue import FREE_KILLS, kills_of
from citewell.jobs.repository import lower_kills

current_job: ContextVar[procrastinate.jobs.Job | None] = ContextVar("current_job", default=None)


async def note_progress(session: AsyncSession) -> None:
    """Stores, with the session's transaction, that the running job has got further for good.

    Call it last in a transaction that stores a part of the job's work which a later attempt does not do again. Costs a
    statement only if the job's process died several times; does nothing outside of a job.
    """
    job = current_job.get()
    if job is not None and job.id is not None and is_suspected():
        await lower_kills(session, job.id, FREE_KILLS)


def is_suspected() -> bool:
    """Whether the process of the running job died so often that the job may be why. Then its progress matters."""
    job = current_job.get()
    return job is not None and kills_of(job) > FREE_KILLS
