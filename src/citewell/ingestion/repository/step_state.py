"""The state of each step of each version: the table `version_steps`, the only record of progress.

One transaction marks a step done, stores its result and queues the steps that can begin now, for several small
documents at once. A job that runs twice finds its row changed, and does nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Update, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.ingestion.stages import ENDED, kind_of
from citewell.models import DocumentVersion, VersionStep

_OPEN = ("waiting", "pending", "held", "running")

# To avoid deadlocks, rows of versions are always locked in the order of their ids, and before rows of steps.
_BEGIN = text(
    """
    WITH locked AS (
        SELECT id FROM document_versions
        WHERE project_id = :project AND id = ANY(:versions) AND stage <> ALL(:ended)
        ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE version_steps s SET state = 'running', attempts = :attempt, started_at = clock_timestamp()
    FROM locked l
    WHERE s.project_id = :project AND s.version_id = l.id AND s.step = :key AND s.state IN ('pending', 'running')
    RETURNING s.version_id, s.started_at
    """
)
# The versions are locked first, so that of two steps that end at once, one sees that the other is done. A step that
# another job has begun again is left to that job.
_FINISH = text(
    """
    WITH given AS (
        SELECT * FROM unnest(
            CAST(:versions AS uuid[]), CAST(:begun AS timestamptz[]), CAST(:stages AS text[]), CAST(:hashes AS text[])
        ) AS g(id, begun, stage, input_hash)
    ), locked AS (
        SELECT g.* FROM document_versions v JOIN given g ON g.id = v.id
        WHERE v.project_id = :project AND v.stage <> ALL(:ended)
        ORDER BY v.id FOR NO KEY UPDATE OF v
    ), done AS (
        UPDATE version_steps s
        SET state = 'done', input_hash = l.input_hash, error = NULL, error_code = NULL, ended_at = clock_timestamp()
        FROM locked l
        WHERE s.project_id = :project AND s.version_id = l.id AND s.step = :key AND s.state = 'running'
            AND s.started_at = l.begun
        RETURNING s.version_id, l.stage
    ), moved AS (
        UPDATE document_versions v SET stage = coalesce(d.stage, v.stage), updated_at = clock_timestamp()
        FROM done d WHERE v.project_id = :project AND v.id = d.version_id
    )
    SELECT version_id FROM done
    """
)

_PLAN = text(
    """
    INSERT INTO version_steps (project_id, version_id, step, state, attempts)
    SELECT :project, g.id, g.step, g.state, 0
    FROM unnest(CAST(:versions AS uuid[]), CAST(:keys AS text[]), CAST(:states AS text[])) AS g(id, step, state)
    """
)
_STATES = text(
    "SELECT version_id, step, state FROM version_steps WHERE project_id = :project AND version_id = ANY(:ids)"
)


async def begin(
    session: AsyncSession, project_id: UUID, versions: Sequence[UUID], key: str, attempt: int
) -> dict[UUID, datetime]:
    """Mark the step of the versions as running. Returns the start time of each version; left out are those whose step
    is done already, and those whose processing has ended."""
    given = {"project": project_id, "versions": list(versions), "key": key, "attempt": attempt, "ended": list(ENDED)}
    begun = await session.execute(_BEGIN, given)
    return {row.version_id: row.started_at for row in begun}


async def finish(
    session: AsyncSession,
    project_id: UUID,
    key: str,
    begun: dict[UUID, datetime],
    stages: dict[UUID, str | None],
    hashes: dict[UUID, str | None],
) -> set[UUID]:
    """Mark the step done for the versions in `stages`, and set the stage of each (None leaves it).

    `begun` is the result of `begin`. Returns the versions that were changed; for the others, another run or a deletion
    was faster.
    """
    versions = sorted(stages)
    given = {
        "project": project_id,
        "key": key,
        "versions": versions,
        "begun": [begun[version] for version in versions],
        "stages": [stages[version] for version in versions],
        "hashes": [hashes[version] for version in versions],
        "ended": list(ENDED),
    }
    return set((await session.execute(_FINISH, given)).scalars())


async def fail(session: AsyncSession, version: DocumentVersion, key: str, code: str, reason: str) -> bool:
    """Mark the step and its version as failed. False if the version's processing has ended already."""
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
    return True


async def fail_anew(session: AsyncSession, version: DocumentVersion, key: str, code: str, reason: str) -> None:
    """Mark the version as failed at this step, even if its processing had ended: its source is gone."""
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
    """Mark the run's unfinished versions as failed, each at its current step."""
    under_way = (
        (DocumentVersion.project_id == project_id)
        & (DocumentVersion.run_id == run_id)
        & DocumentVersion.stage.not_in(ENDED)
    )
    locked = select(DocumentVersion.id).where(under_way).order_by(DocumentVersion.id).with_for_update(key_share=True)
    versions = list(await session.scalars(locked))
    mine = (DocumentVersion.project_id == project_id) & DocumentVersion.id.in_(versions)
    await session.execute(update(DocumentVersion).where(mine).values(stage="failed"))
    await session.execute(
        update(VersionStep)
        .where(VersionStep.project_id == project_id, VersionStep.version_id.in_(versions))
        .where(VersionStep.state.in_(_OPEN))
        .values(state="failed", error_code=code, error=reason, ended_at=func.clock_timestamp())
    )


async def note_error(session: AsyncSession, version: DocumentVersion, key: str, reason: str) -> None:
    """Store why an attempt broke off, so that people see the reason while the next attempt waits."""
    await session.execute(_row(version, key).where(VersionStep.state == "running").values(error=reason[:1000]))


async def states(session: AsyncSession, versions: Sequence[DocumentVersion]) -> dict[UUID, dict[str, str]]:
    """Returns the states of all planned steps of these versions of one project, by version and key."""
    found: dict[UUID, dict[str, str]] = {version.id: {} for version in versions}
    given = {"project": versions[0].project_id, "ids": list(found)}
    for row in await session.execute(_STATES, given):
        found[row.version_id][row.step] = row.state
    return found


async def add_steps(
    session: AsyncSession, project_id: UUID, versions: Sequence[UUID], keys: Sequence[str], states: Sequence[str]
) -> None:
    """Add steps to versions; of the three sequences, the items at the same place belong to one step."""
    rows = {"project": project_id, "versions": versions, "keys": keys, "states": states}
    await session.execute(_PLAN, rows)


async def add_done(session: AsyncSession, version: DocumentVersion, key: str) -> None:
    """Add a step that is done already."""
    done = {"project_id": version.project_id, "version_id": version.id, "step": key, "state": "done", "attempts": 1}
    await session.execute(insert(VersionStep).values(**done))


async def release_held(session: AsyncSession, version: DocumentVersion, key: str) -> bool:
    """Mark a held step as pending. False if it is not held."""
    released = await session.execute(
        _row(version, key)
        .where(VersionStep.state == "held")
        .values(state="pending", attempts=0, started_at=None)
        .returning(VersionStep.step)
    )
    return released.scalar_one_or_none() is not None


async def forget(session: AsyncSession, version: DocumentVersion, kinds: Sequence[str]) -> None:
    """Delete the state of all steps of these kinds, as if they had never been planned."""
    mine = (VersionStep.project_id == version.project_id) & (VersionStep.version_id == version.id)
    await session.execute(delete(VersionStep).where(mine, func.split_part(VersionStep.step, ":", 1).in_(kinds)))


async def stop_waiting(session: AsyncSession, version: DocumentVersion) -> None:
    """Delete the steps that wait for room in the queue."""
    mine = (VersionStep.project_id == version.project_id) & (VersionStep.version_id == version.id)
    await session.execute(delete(VersionStep).where(mine, VersionStep.state == "waiting"))


async def carry_over(session: AsyncSession, old: DocumentVersion, new: DocumentVersion, kinds: Sequence[str]) -> None:
    """Copy the states of the old version's steps to a new version; their results must have been copied before."""
    for row in old.steps:
        if kind_of(row.step) in kinds and row.state == "done":
            copied = {name: getattr(row, name) for name in ("step", "state", "attempts", "input_hash")}
            values = {"project_id": new.project_id, "version_id": new.id, **copied}
            await session.execute(insert(VersionStep).values(**values))


def _row(version: DocumentVersion, key: str) -> Update:
    return update(VersionStep).where(
        VersionStep.project_id == version.project_id, VersionStep.version_id == version.id, VersionStep.step == key
    )
