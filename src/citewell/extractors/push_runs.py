"""Starts the runs that push tables or find the tags of documents."""

from collections.abc import Sequence
from uuid import UUID

import procrastinate
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.auth.access import Access
from citewell.documents.processing import add_run
from citewell.errors import BadRequest
from citewell.extractors.pushing import table_to_push
from citewell.extractors.repository.pushed import tables_of_type
from citewell.extractors.run_jobs import TagJob, defer_tags
from citewell.jobs.publishing import defer
from citewell.models import PipelineRun

_START_SECONDS = 5.0  # estimated
_TAG_SECONDS = 15.0


async def start_push(
    session: AsyncSession, queue: procrastinate.App, access: Access, table_ids: Sequence[UUID]
) -> UUID:
    """Queues a run that pushes these tables. Returns its id."""
    run_id = await _add_run(session, access, "push")
    await defer(
        session,
        queue,
        "extractors:push",
        seconds=_START_SECONDS,
        project_id=str(access.project_id),
        run_id=str(run_id),
        table_ids=[str(one) for one in table_ids],
    )
    return run_id


async def start_tag_run(
    session: AsyncSession,
    queue: procrastinate.App,
    access: Access,
    table_id: UUID | None,
    document_ids: Sequence[UUID],
    llm_model: str,
) -> UUID:
    """Queues a run that finds the tags of documents. Returns its id.

    `table_id` is a table of type document_tags; None takes the newest. Raises NotFound, and BadRequest if there is no
    such table.
    """
    if table_id is not None:
        table = await table_to_push(session, access.project_id, table_id, "document_tags")
    else:
        tables = await tables_of_type(session, access.project_id, ["document_tags"])
        if not tables:
            raise BadRequest("There is no table of type document_tags: make one with the definitions of the tags.")
        table = tables[-1]
    run_id = await _add_run(session, access, "document-tag-extraction")
    job = TagJob(access.project_id, run_id, table.id, list(document_ids), llm_model)
    await defer_tags(session, queue, job, _TAG_SECONDS)
    return run_id


async def _add_run(session: AsyncSession, access: Access, name: str) -> UUID:
    run_id = await add_run(session, access.project_id, access.acting.user_id, mode="publish")
    run = await session.get_one(PipelineRun, (access.project_id, run_id))
    run.pipeline_name = name
    return run_id
