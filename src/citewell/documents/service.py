"""Finding a document for those who may see it."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.errors import NotFound
from citewell.models import Document


async def get_document(
    session: AsyncSession, project_id: UUID, document_id: UUID, *, lock: bool = False, local_to: UUID | None = None
) -> Document:
    """Returns one of the project's own documents or, with `local_to`, a local one of that conversation or agent.

    `lock` keeps others from changing it until the transaction ends. Raises NotFound, also for a deleted document.
    """
    # FOR NO KEY UPDATE: a step that updates its version twice checks the document's key in between. FOR UPDATE would
    # make it wait for a deletion that waits for the version.
    how = {"key_share": True} if lock else None
    document = await session.get(Document, (project_id, document_id), with_for_update=how)
    if document is None or document.status != "active" or document.local_to != local_to:
        raise NotFound("There is no such document in this project.")
    return document
