"""Deletes what was extracted from a document: rows of tables, objects that searches find, cached results."""

from uuid import UUID

import procrastinate
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.documents.repository.removal import delete_extracted, has_graph
from citewell.jobs.publishing import defer_once


async def remove_extracted(
    session: AsyncSession, queue: procrastinate.App, project_id: UUID, document_id: UUID
) -> None:
    """Deletes it in the session's transaction, and queues a job that rebuilds the graph.

    The document's chunks must still exist.
    """
    await delete_extracted(session, project_id, document_id)
    if await has_graph(session, project_id):
        await defer_once(session, queue, "extractors:rebuild_graph", project_id=str(project_id))
