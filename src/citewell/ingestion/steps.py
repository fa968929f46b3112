"""The way of a document as a table, and what a step may do to it.

A step reads what the one before it stored, stores its own result and, in the same transaction, moves the version's
stage and publishes the next job. Moving is a comparison as well: a job that runs a second time changes nothing.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import procrastinate
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.jobs import defer
from citewell.models import DocumentVersion
from citewell.resources import Resources

# A rough measure, by which small documents overtake large ones.
_BYTES_A_SECOND, _MOST_SECONDS = 20_000, 600

ENDED = ("published", "failed", "deleted", "superseded")


class StepFailed(Exception):
    """The document cannot pass this step, and trying again would not help.

    `code` is stable; `message` tells the user the reason and what to do.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Overtaken(Exception):
    """Another run of the same step was faster, or the document was deleted: nothing is left to do."""


@dataclass(frozen=True)
class Step:
    """`run` does the work of a version whose stage is `needs` and leaves it at `gives`."""

    name: str
    title: str
    needs: str
    gives: str
    run: Callable[[Resources, DocumentVersion], Awaitable[None]]


async def move(session: AsyncSession, version: DocumentVersion, needs: str, gives: str) -> None:
    """Set the stage if it is still the expected one. Raises Overtaken if not."""
    moved = await session.execute(
        update(DocumentVersion)
        .where(
            DocumentVersion.project_id == version.project_id,
            DocumentVersion.id == version.id,
            DocumentVersion.stage == needs,
        )
        .values(stage=gives)
        .returning(DocumentVersion.id)
    )
    if moved.scalar_one_or_none() is None:
        raise Overtaken


async def defer_step(session: AsyncSession, queue: procrastinate.App, name: str, version: DocumentVersion) -> None:
    """Publish the job of the named step with the session's transaction."""
    await defer(
        session,
        queue,
        f"ingestion:{name}",
        lock=version_lock(version.id),
        seconds=1 + min((version.file_size or 0) / _BYTES_A_SECOND, _MOST_SECONDS),
        project_id=str(version.project_id),
        version_id=str(version.id),
    )


async def defer_vector_index(session: AsyncSession, queue: procrastinate.App, project_id: UUID) -> None:
    await defer(
        session,
        queue,
        "maintenance:build_vector_index",
        lock=f"vectors:{project_id}",
        project_id=str(project_id),
    )


def version_lock(version_id: UUID) -> str:
    """The queue runs one job with the same lock at a time."""
    return f"version:{version_id}"
