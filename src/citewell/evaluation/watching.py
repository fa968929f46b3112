"""Runs after changes: a project that wants them is looked at every minute, and evaluated once it has changed and come
to rest.

What is compared is a fingerprint of all that answers depend on. So whatever made the change, a thousand uploads make
one run, and a crash loses none.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.evaluation import repository
from citewell.evaluation.schemas import RunCreate
from citewell.evaluation.service import MOST_QUESTIONS, agent_of, begin
from citewell.ingestion.stages import ENDED
from citewell.kit.time import now
from citewell.models import EvaluationRun, EvaluationWatch, Project
from citewell.resources import Resources

log = structlog.get_logger(__name__)

SETTING = "evaluate_after_changes"
QUIET = timedelta(minutes=2)  # without a change before a run begins
LONGEST = timedelta(hours=1)  # that changes which do not end put a run off
# Documents in force; agents without the dates of their conversations; tools; playbooks and the like; the project.
_FINGERPRINT = text(
    """
    SELECT md5(concat_ws('|',
        (SELECT concat(count(*), ' ', sum(hashtextextended(concat(d.id, d.live_version_id), 0))) FROM documents d
            WHERE d.project_id = :project AND d.status = 'active' AND d.local_to IS NULL
            AND d.live_version_id IS NOT NULL),
        (SELECT string_agg(CAST(to_jsonb(a) - CAST(:volatile AS text[]) AS text), ' ' ORDER BY a.id)
            FROM agent_settings a WHERE a.project_id = :project),
        (SELECT string_agg(CAST(to_jsonb(t) - CAST(:volatile AS text[]) AS text), ' ' ORDER BY t.id)
            FROM tools t WHERE t.project_id = :project),
        (SELECT concat(count(*), ' ', max(v.created_at)) FROM artifact_versions v WHERE v.project_id = :project),
        (SELECT concat(p.business_brief, p.settings - :setting) FROM projects p WHERE p.id = :project),
        CAST(:model AS text)
    ))
    """
)
_VOLATILE = ["created_at", "updated_at", "last_conversation_date", "description", "agent_conversation_starter"]
_PROCESSING = text(
    "SELECT EXISTS (SELECT FROM document_versions v WHERE v.project_id = :project AND v.stage <> ALL(:ended))"
)


async def look(resources: Resources, at: datetime | None = None) -> list[UUID]:
    """Begin the runs of the projects that have changed and come to rest; returns the runs' ids."""
    query = select(Project.id).where(Project.deleted_at.is_(None), Project.settings[SETTING].astext == "true")
    async with resources.database.read() as session:
        projects = list(await session.scalars(query))
    begun = []
    for project_id in projects:
        try:
            async with resources.database.write() as session:
                run = await look_at(session, resources, project_id, at or now())
        except SQLAlchemyError as error:  # of one project: the others are looked at all the same
            log.warning("evaluation_watch_failed", project=str(project_id), exc_info=error)
            continue
        if run is not None:
            begun.append(run.id)
    return begun


async def look_at(session: AsyncSession, resources: Resources, project_id: UUID, at: datetime) -> EvaluationRun | None:
    """Note what has changed in a project; returns the run that begins, or None."""
    found = await _fingerprint(session, resources, project_id)
    watch = await session.get(EvaluationWatch, project_id, with_for_update=True)
    if watch is None:
        session.add(EvaluationWatch(project_id=project_id, evaluated=found, seen=found, seen_at=at))
        return None
    if found == watch.evaluated:
        watch.seen, watch.changed_at = found, None
        return None
    watch.changed_at = watch.changed_at or at
    if found != watch.seen:
        watch.seen, watch.seen_at = found, at
    put_off = at - watch.seen_at < QUIET or await _is_busy(session, project_id)
    if put_off and at - watch.changed_at < LONGEST:
        return None
    run = await _begin(session, resources, project_id)
    if run is not None:
        watch.evaluated, watch.changed_at = found, None
    return run


async def _begin(session: AsyncSession, resources: Resources, project_id: UUID) -> EvaluationRun | None:
    """None while another run goes on, and where there is nothing to ask."""
    going_on = select(EvaluationRun.id).where(
        EvaluationRun.project_id == project_id, EvaluationRun.state.in_(repository.GOING_ON)
    )
    if (await session.scalars(going_on.limit(1))).first() is not None:
        return None
    agent = await agent_of(session, project_id, None)
    truths = await repository.ground_truths(session, project_id, None, MOST_QUESTIONS)
    if agent is None or not truths:
        return None
    run = await begin(session, resources, agent, truths, RunCreate(), started_by=None)
    log.info("evaluation_begun", project=str(project_id), run=str(run.id), questions=run.question_count)
    return run


async def _fingerprint(session: AsyncSession, resources: Resources, project_id: UUID) -> str:
    parameters: dict[str, Any] = {"project": project_id, "volatile": _VOLATILE, "setting": SETTING}
    found: str = (await session.scalars(_FINGERPRINT, parameters | {"model": resources.models.default})).one()
    return found


async def _is_busy(session: AsyncSession, project_id: UUID) -> bool:
    """Whether documents are being processed."""
    return bool(await session.scalar(_PROCESSING, {"project": project_id, "ended": list(ENDED)}))
