"""Why a document that is on its way does not move."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.ingestion.stages import ENDED
from citewell.ingestion.step_jobs import jobs_of
from citewell.jobs.repository import has_live_worker
from citewell.kit.outages import REASONS, Outage
from citewell.models import DocumentVersion

_WORKER_SILENCE = 30.0  # seconds after which a worker counts as gone


# The web app has words for each (ui/src/library/wait-texts.ts).
WaitCode = (
    Outage
    | Literal[
        "attempt_follows",
        "earlier_documents",
        "no_worker",
        "not_queued",
        "not_started",
        "publication",
        "worker_busy",
    ]
)
WAIT_CODES: tuple[str, ...] = tuple(name for part in get_args(WaitCode) for name in get_args(part))


class Waiting(msgspec.Struct, frozen=True):
    """The reason, for people, and its name; `until` when the next attempt is, if that is known."""

    reason: str
    code: WaitCode
    until: datetime | None = None
    attempt: int | None = None


_NO_WORKER = Waiting("no worker is running: start one with `citewell serve`", "no_worker")


async def waiting(
    session: AsyncSession, versions: Sequence[DocumentVersion], outage: Outage | None
) -> dict[UUID, Waiting]:
    """Returns why versions wait, for those that do; the others are being processed or have ended."""
    underway = [version for version in versions if version.stage not in ENDED]
    if not underway:
        return {}
    if outage is not None:
        return dict.fromkeys((version.id for version in underway), Waiting(REASONS[outage], outage))
    jobs = await jobs_of(session, [version.id for version in underway])
    has_worker = await has_live_worker(session, _WORKER_SILENCE)
    found: dict[UUID, Waiting] = {}
    for version in underway:
        job = jobs.get(version.id)
        if job is None and has_worker and is_outside_queue(version):
            found[version.id] = Waiting("documents of the project that came before it", "earlier_documents")
        elif job is None and not is_outside_queue(version):
            found[version.id] = _without_job(version)
        elif job is None:
            found[version.id] = _NO_WORKER
        elif job.status == "todo" and job.later:
            why = version.last_error or "the last attempt broke off"
            found[version.id] = _next_attempt(version.attempts + 1, why, job.scheduled_at)
        elif job.status == "todo" and not has_worker:
            found[version.id] = _NO_WORKER
        elif job.status == "todo":
            found[version.id] = Waiting("a worker to be free", "worker_busy")
    return found


def _next_attempt(attempt: int, why: str, at: datetime | None) -> Waiting:
    return Waiting(f"attempt {attempt} follows; {why}", "attempt_follows", at, attempt)


def is_outside_queue(version: DocumentVersion) -> bool:
    """Whether the version waits for room in the queue."""
    return any(row.state == "waiting" for row in version.steps)


def _without_job(version: DocumentVersion) -> Waiting:
    if version.stage == "uploaded" and not version.started and version.run_id is None:
        return Waiting("it was uploaded with skip_parsing: start it with run-parsing", "not_started")
    if version.stage == "embedded":
        text = "somebody to publish it: the project's flow has the publish_mode manual_publish"
        return Waiting(text, "publication")
    return Waiting("nothing is queued for it: retry it", "not_queued")
