"""Adds steps to versions, and queues their jobs."""

from collections.abc import Sequence
from dataclasses import dataclass

import procrastinate
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.ingestion.repository.step_state import add_steps, release_held
from citewell.ingestion.step import Step
from citewell.ingestion.step_jobs import defer_step, defer_steps
from citewell.models import DocumentVersion


@dataclass(frozen=True)
class Planned:
    """A step to be added to a version.

    State `pending` queues it at once. `held` leaves it to a person, `waiting` to `window.refill`, and `next` to the job
    that plans it.
    """

    version: DocumentVersion
    key: str
    state: str


async def plan(session: AsyncSession, queue: procrastinate.App, steps: Sequence[Planned]) -> None:
    """Adds the steps to their versions, which belong to one project, and queues the pending ones."""
    if not steps:
        return
    project_id = steps[0].version.project_id
    states = ["pending" if step.state == "next" else step.state for step in steps]
    await add_steps(session, project_id, [step.version.id for step in steps], [step.key for step in steps], states)
    by_key: dict[str, list[DocumentVersion]] = {}
    for step in steps:
        if step.state == "pending":
            by_key.setdefault(step.key, []).append(step.version)
    for key, versions in by_key.items():
        await defer_steps(session, queue, key, project_id, [(one.id, one.file_size) for one in versions])


async def release(session: AsyncSession, queue: procrastinate.App, version: DocumentVersion, step: Step) -> None:
    """Queues a held step. Does nothing if it is not held."""
    if await release_held(session, version, step.name):
        await defer_step(session, queue, step.name, version)
