"""Finding documents by their name, or by the file on a disk that they were uploaded from."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.documents.repository.conditions import is_project_document
from citewell.kit.ids import is_uuid
from citewell.models import Document


async def list_ids_matching(session: AsyncSession, project_id: UUID, name: str, limit: int) -> list[UUID]:
    """Returns the id of the project's document with this id, or, where `name` is no id, those of documents with this
    name.
    """
    query = select(Document.id).where(Document.project_id == project_id, Document.local_to.is_(None))
    if is_uuid(name):
        query = query.where(Document.id == UUID(name))
    else:
        query = query.where(Document.name == name, Document.status == "active")
    return list(await session.scalars(query.limit(limit)))


async def list_uploaded_from_folders(session: AsyncSession, project_id: UUID) -> list[tuple[str, str]]:
    """(folder, name) of each document that a command uploaded from a folder."""
    folder = Document.source_metadata["folder"].astext
    rows = await session.execute(
        select(folder, Document.name).where(
            Document.project_id == project_id, is_project_document(), Document.source == "upload", folder.is_not(None)
        )
    )
    return [(folder, name) for folder, name in rows]
