"""Runs after changes: a project that wants them is looked at every minute, and evaluated once it has changed and come
to rest.

What is compared is a fingerprint of all that answers depend on. So whatever made the change, a thousand uploads make
one run, and a crash loses none.
"""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.evaluation.repository import runs, watching
from citewell.evaluation.schemas import RunCreate
from citewell.evaluation.service import MOST_QUESTIONS, agent_of, begin
from citewell.ingestion.stages import ENDED
from citewell.kit.time import now
from citewell.models import EvaluationRun, EvaluationWatch
from citewell.resources import Resources

log = structlog.get_logger(__name__)

SETTING = "evaluate_after_changes"
QUIET = timedelta(minutes=2)  # without a change before a run begins
LONGEST = timedelta(hours=1)  # by which continuing changes postpone a run at most


async def look(resources: Resources, at: datetime | None = None) -> list[UUID]:
    """Begin the runs of the projects that have changed and come to rest; returns the runs' ids."""
    async with resources.database.read() as session:
        projects = await watching.list_projects_with(session, SETTING)
    begun = []
    for project_id in projects:
        try:
            async with resources.database.write() as session:
                run = await look_at(session, resources, project_id, at or now())
        except SQLAlchemyError as error:  # a fault of one project must not stop the others
            log.warning("evaluation_watch_failed", project=str(project_id), exc_info=error)
            continue
        if run is not None:
            begun.append(run.id)
    return begun


async def look_at(session: AsyncSession, resources: Resources, project_id: UUID, at: datetime) -> EvaluationRun | None:
    """Note what has changed in a project; returns the run that begins, or None."""
    found = await watching.read_fingerprint(session, project_id, SETTING, resources.models.default)
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
    put_off = at - watch.seen_at < QUIET or await watching.is_processing(session, project_id, ENDED)
    if put_off and at - watch.changed_at < LONGEST:
        return None
    run = await _begin(session, resources, project_id)
    if run is not None:
        watch.evaluated, watch.changed_at = found, None
    return run


async def _begin(session: AsyncSession, resources: Resources, project_id: UUID) -> EvaluationRun | None:
    """Starts a run. Returns None while another one is running, and where there is nothing to ask."""
    if await runs.is_going_on(session, project_id):
        return None
    agent = await agent_of(session, project_id, None)
    truths = await runs.ground_truths(session, project_id, None, MOST_QUESTIONS)
    if agent is None or not truths:
        return None
    run = await begin(session, resources, agent, truths, RunCreate(), started_by=None)
    log.info("evaluation_started", project=str(project_id), run=str(run.id), questions=run.question_count)
    return run
