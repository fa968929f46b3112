"""Documents, as the steps that end with them read and write them."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import Document, DocumentVersion


async def lock_documents(session: AsyncSession, project_id: UUID, documents: Collection[UUID]) -> list[Document]:
    """Returns the documents, locked in the order of their ids until the transaction ends."""
    query = select(Document).where(Document.project_id == project_id, Document.id.in_(documents))
    return list(await session.scalars(query.order_by(Document.id).with_for_update(key_share=True)))


async def find_own(session: AsyncSession, project_id: UUID, documents: Collection[UUID]) -> set[UUID]:
    """Returns those of the documents that are the project's own: not local to a conversation, agent or interview."""
    query = select(Document.id).where(Document.project_id == project_id, Document.id.in_(documents))
    return set(await session.scalars(query.where(Document.local_to.is_(None))))


async def show_versions(session: AsyncSession, project_id: UUID, versions: Collection[UUID]) -> None:
    """Make each of these versions the live one of its document."""
    made = DocumentVersion
    values = {
        "live_version_id": made.id,
        "page_count": made.page_count,
        "file_key": made.file_key,
        "file_size": func.coalesce(made.file_size, Document.file_size),
    }
    await session.execute(
        update(Document)
        .where(Document.project_id == project_id, made.project_id == project_id, Document.id == made.document_id)
        .where(made.id.in_(versions))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
