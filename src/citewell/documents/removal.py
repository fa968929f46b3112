"""Deletes documents. Searches stop finding them at once; a background job deletes their files and chunks."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.audit.log import entry_of
from citewell.auth.access import Access
from citewell.documents.repository.local import lock_local_documents
from citewell.documents.repository.removal import mark_versions_deleted
from citewell.documents.service import get_document
from citewell.ingestion.repository.step_state import stop_waiting
from citewell.ingestion.run_log import finish_run
from citewell.ingestion.stages import ENDED
from citewell.jobs.publishing import defer
from citewell.models import Document
from citewell.models.passage import remove_document
from citewell.resources import Resources


async def delete_document(
    session: AsyncSession, resources: Resources, access: Access, document_id: UUID, *, local_to: UUID | None = None
) -> None:
    """Deletes the document. No search finds it after the commit; a job deletes its files and chunks.

    `local_to` is the conversation or agent whose local document it is. Raises NotFound.
    """
    document = await get_document(session, access.project_id, document_id, lock=True, local_to=local_to)
    await begin_removal(resources, session, document)
    session.add(entry_of(access, "document_deleted", "document", document_id, name=document.name))


async def begin_removal(resources: Resources, session: AsyncSession, document: Document) -> None:
    """Does the immediate part of a deletion in the session's transaction.

    The caller holds the lock of the document's row.
    """
    document.status = "deleting"
    await remove_document(session, document.project_id, document.id)
    await _stop_versions(resources, session, document.project_id, document.id)
    await defer(
        session,
        resources.queue,
        "maintenance:delete_document",
        project_id=str(document.project_id),
        document_id=str(document.id),
    )


async def _stop_versions(resources: Resources, session: AsyncSession, project_id: UUID, document_id: UUID) -> None:
    """Ends the processing of the document.

    A running step stops when it finds the stage changed. The run does not wait.
    """
    for version in await mark_versions_deleted(session, project_id, document_id, ENDED):
        await stop_waiting(session, version)
        await finish_run(session, version)


async def remove_local_documents(resources: Resources, session: AsyncSession, project_id: UUID, local_to: UUID) -> None:
    """Begins to delete all local documents of a conversation or an agent, in the session's transaction.

    Call it after the conversation's or agent's row has been locked or deleted, so that no upload can add one. A job
    deletes files and chunks.
    """
    for document in await lock_local_documents(session, project_id, local_to):
        await begin_removal(resources, session, document)
