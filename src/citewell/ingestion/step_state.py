"""What a step of the pipeline is, and how its state is kept.

The table `version_steps` is the one truth: a row for each step of each version. A step reads what the steps it needs
have stored; in the transaction that stores its own result it calls `StepContext.complete`, which marks it done and
queues whatever can begin now. Steps do not know their neighbours; `pipeline.STEPS` says what needs what. A job that
runs a second time finds its row moved on, and changes nothing.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import procrastinate
from sqlalchemy import Update, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.jobs import Work, defer, defer_all
from citewell.kit.metrics import STEPS_FAILED
from citewell.models import DocumentVersion, VersionStep
from citewell.resources import Resources

# A rough measure, by which small documents overtake large ones.
_BYTES_A_SECOND, _MOST_SECONDS = 20_000, 600

UPLOADED = "uploaded"  # the stage of a version that no step has worked on
_OPEN = ("waiting", "pending", "held", "running")
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
    """A kind of work on a document version.

    It may begin when all steps of the kinds in `needs` are done. `gives` is the stage of a version that has its result;
    None leaves the stage as it is. With `instances` there are several of the kind for a version, one for each name that
    it returns once the needed steps are done. With `is_held`, a person starts the step where that says so; it is called
    before anything is locked.
    """

    name: str
    title: str
    needs: tuple[str, ...]
    gives: str | None
    run: Callable[["StepContext"], Awaitable[None]]
    instances: Callable[[AsyncSession, DocumentVersion], Awaitable[Sequence[str]]] | None = None
    is_held: Callable[[AsyncSession, DocumentVersion], Awaitable[bool]] | None = None


@dataclass(frozen=True)
class StepContext:
    """What a running step is given. `key` is the name of its row, `instance` what comes behind the colon in it."""

    resources: Resources
    version: DocumentVersion
    step: Step
    instance: str
    completed: Callable[["StepContext", AsyncSession, str | None, str | None], Awaitable[None]]

    @property
    def key(self) -> str:
        return step_key(self.step, self.instance)

    async def complete(self, session: AsyncSession, *, input_hash: str | None = None, stage: str | None = None) -> None:
        """Mark the step done with the session's transaction, and queue what can begin now.

        `stage` is where the version goes in place of `gives`. Raises Overtaken where the version has moved on
        meanwhile; call it before anything else is locked.
        """
        await self.completed(self, session, input_hash, stage)

    async def queue_again(self, session: AsyncSession) -> None:
        """Let others go first: a job of the same step goes on from what the session's transaction stores."""
        await defer_step(session, self.resources.queue, self.step, self.instance, self.version)


def step_key(step: Step, instance: str = "") -> str:
    return f"{step.name}:{instance}" if instance else step.name


def kind_of(key: str) -> str:
    """The name of the step to which a row belongs."""
    return key.partition(":")[0]


async def begin(session: AsyncSession, version: DocumentVersion, key: str, attempt: int) -> bool:
    """Mark the step as running. False if it is not to be run: done already, or the version's way has ended."""
    if version.stage in ENDED:
        return False
    begun = await session.execute(
        _row(version, key)
        .where(VersionStep.state.in_(("pending", "running")))
        .values(state="running", attempts=attempt, started_at=func.clock_timestamp())
        .returning(VersionStep.step)
    )
    return begun.scalar_one_or_none() is not None


async def finish(
    session: AsyncSession, version: DocumentVersion, key: str, stage: str | None, input_hash: str | None
) -> None:
    """Mark a running step as done and set the version's stage. Raises Overtaken."""
    mine = (DocumentVersion.project_id == version.project_id) & (DocumentVersion.id == version.id)
    under_way = DocumentVersion.stage.not_in(ENDED)
    # The version's row is locked first, so that of two steps that end at once one sees the other's end.
    moved = update(DocumentVersion).where(mine, under_way).values(stage=stage or DocumentVersion.stage)
    if (await session.execute(moved.returning(DocumentVersion.id))).scalar_one_or_none() is None:
        raise Overtaken
    done = await session.execute(
        _row(version, key)
        .where(VersionStep.state == "running")
        .values(state="done", input_hash=input_hash, error=None, error_code=None, ended_at=func.clock_timestamp())
        .returning(VersionStep.step)
    )
    if done.scalar_one_or_none() is None:
        raise Overtaken


async def fail(session: AsyncSession, version: DocumentVersion, key: str, code: str, reason: str) -> bool:
    """Mark the step and with it the version as failed. False if its way has ended already."""
    stored = await session.get(
        DocumentVersion, (version.project_id, version.id), with_for_update=True, populate_existing=True
    )
    if stored is None or stored.stage in ENDED:
        return False
    stored.stage = "failed"
    await session.execute(
        _row(version, key).values(state="failed", error_code=code, error=reason, ended_at=func.clock_timestamp())
    )
    await session.flush()
    STEPS_FAILED.labels(key.partition(":")[0], code).inc()
    return True


async def fail_anew(session: AsyncSession, version: DocumentVersion, key: str, code: str, reason: str) -> None:
    """Mark the version as failed at the step also where its way had ended: what it was made from is gone."""
    mine = (VersionStep.project_id == version.project_id) & (VersionStep.version_id == version.id)
    await session.execute(
        update(DocumentVersion)
        .where(DocumentVersion.project_id == version.project_id, DocumentVersion.id == version.id)
        .values(stage="failed")
    )
    await session.execute(delete(VersionStep).where(mine, VersionStep.state.in_(_OPEN)))
    failed = {"state": "failed", "error_code": code, "error": reason, "ended_at": func.clock_timestamp()}
    row = {"project_id": version.project_id, "version_id": version.id, "step": key, **failed}
    at_step = insert(VersionStep).values(**row, attempts=0)
    await session.execute(
        at_step.on_conflict_do_update(index_elements=["project_id", "version_id", "step"], set_=failed)
    )


async def fail_run(session: AsyncSession, project_id: UUID, run_id: UUID, code: str, reason: str) -> None:
    """Mark the run's versions that are under way as failed, each at the step that it is at."""
    under_way = (
        (DocumentVersion.project_id == project_id)
        & (DocumentVersion.run_id == run_id)
        & DocumentVersion.stage.not_in(ENDED)
    )
    rows = await session.execute(
        update(DocumentVersion).where(under_way).values(stage="failed").returning(DocumentVersion.id)
    )
    await session.execute(
        update(VersionStep)
        .where(VersionStep.project_id == project_id, VersionStep.version_id.in_(list(rows.scalars())))
        .where(VersionStep.state.in_(_OPEN))
        .values(state="failed", error_code=code, error=reason, ended_at=func.clock_timestamp())
    )


async def note_error(session: AsyncSession, version: DocumentVersion, key: str, reason: str) -> None:
    """Keep why an attempt broke off, so that waiting for the next has a reason that can be shown."""
    await session.execute(_row(version, key).where(VersionStep.state == "running").values(error=reason[:1000]))


async def states(session: AsyncSession, version: DocumentVersion) -> dict[str, str]:
    """The state of each step of the version that has one, by its key."""
    mine = (VersionStep.project_id == version.project_id) & (VersionStep.version_id == version.id)
    rows = await session.execute(select(VersionStep.step, VersionStep.state).where(mine))
    return {row.step: row.state for row in rows}


async def plan(
    session: AsyncSession, queue: procrastinate.App, version: DocumentVersion, step: Step, instance: str, state: str
) -> None:
    """Add the step to the version: `pending` queues it, `held` leaves it to a person, `waiting` to `window.refill`."""
    row = {"project_id": version.project_id, "version_id": version.id, "step": step_key(step, instance)}
    await session.execute(insert(VersionStep).values(**row, state=state, attempts=0))
    if state == "pending":
        await defer_step(session, queue, step, instance, version)


async def release(session: AsyncSession, queue: procrastinate.App, version: DocumentVersion, step: Step) -> None:
    """Queue the step that is held."""
    released = await session.execute(
        _row(version, step.name)
        .where(VersionStep.state == "held")
        .values(state="pending", attempts=0, started_at=None)
        .returning(VersionStep.step)
    )
    if released.scalar_one_or_none() is not None:
        await defer_step(session, queue, step, "", version)


async def forget(session: AsyncSession, version: DocumentVersion, kinds: Sequence[str]) -> None:
    """Remove the state of all steps of these kinds, as if they had never been planned."""
    mine = (VersionStep.project_id == version.project_id) & (VersionStep.version_id == version.id)
    await session.execute(delete(VersionStep).where(mine, func.split_part(VersionStep.step, ":", 1).in_(kinds)))


async def stop_waiting(session: AsyncSession, version: DocumentVersion) -> None:
    """Forget the steps that wait for room in the queue."""
    mine = (VersionStep.project_id == version.project_id) & (VersionStep.version_id == version.id)
    await session.execute(delete(VersionStep).where(mine, VersionStep.state == "waiting"))


async def carry_over(session: AsyncSession, old: DocumentVersion, new: DocumentVersion, kinds: Sequence[str]) -> None:
    """Give a new version the results of the old one's steps; what they made must have been copied."""
    for row in old.steps:
        if kind_of(row.step) in kinds and row.state == "done":
            copied = {name: getattr(row, name) for name in ("step", "state", "attempts", "input_hash")}
            values = {"project_id": new.project_id, "version_id": new.id, **copied}
            await session.execute(insert(VersionStep).values(**values))


async def defer_step(
    session: AsyncSession, queue: procrastinate.App, step: Step, instance: str, version: DocumentVersion
) -> None:
    """Publish the step's job with the session's transaction."""
    key = step_key(step, instance)
    await defer_all(session, queue, [step_work(key, version.project_id, version.id, version.file_size)])


def step_work(key: str, project_id: UUID, version_id: UUID, file_size: int | None) -> Work:
    """The job of a version's step."""
    name, _, instance = key.partition(":")
    arguments = {"project_id": str(project_id), "version_id": str(version_id)}
    if instance:
        arguments["instance"] = instance
    seconds = 1 + min((file_size or 0) / _BYTES_A_SECOND, _MOST_SECONDS)
    return Work(f"ingestion:{name}", arguments, version_lock(version_id), seconds)


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


def _row(version: DocumentVersion, key: str) -> Update:
    return update(VersionStep).where(
        VersionStep.project_id == version.project_id, VersionStep.version_id == version.id, VersionStep.step == key
    )
