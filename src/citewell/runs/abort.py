"""Stops a run: its unfinished documents are given up."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.audit.log import entry_of
from citewell.auth.access import Access
from citewell.errors import NotFound
from citewell.ingestion.repository.step_state import fail_run
from citewell.models import PipelineRun
from citewell.models.base import UNFINISHED


async def abort(session: AsyncSession, access: Access, run_id: UUID) -> str:
    """Stop a run; returns its new status. Raises NotFound.

    Running steps find at their end that their version has changed, and store nothing.
    """
    key = (access.project_id, run_id)
    run = await session.get(PipelineRun, key)
    if run is None:
        raise NotFound("There is no such pipeline run in this project.")
    if run.status not in UNFINISHED:
        return run.status
    # The versions are locked before their run, as steps do it. The other order would end one of the two by a deadlock.
    reason = f"{access.acting.email} aborted the run. Retry the document to process it."
    await fail_run(session, access.project_id, run_id, "aborted", reason)
    await session.refresh(run, with_for_update=True)
    if run.status not in UNFINISHED:
        return run.status
    run.status = "aborted"
    session.add(entry_of(access, "run_aborted", "pipeline_run", run_id))
    return run.status
