"""Reading documents."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.documents.repository.conditions import is_project_document
from citewell.models import Document


async def list_documents(
    session: AsyncSession, project_id: UUID, limit: int, offset: int, *conditions: ColumnElement[bool]
) -> tuple[int, list[Document]]:
    """The project's own documents that are not deleted or being deleted and meet the conditions, newest first."""
    return await page_of(session, limit, offset, Document.project_id == project_id, is_project_document(), *conditions)


async def newest_ids(session: AsyncSession, project_id: UUID, limit: int, offset: int) -> list[UUID]:
    """A page of the project's own documents, deleted ones included, newest first."""
    query = select(Document.id).where(Document.project_id == project_id, Document.local_to.is_(None))
    return list(await session.scalars(query.order_by(Document.id.desc()).limit(limit).offset(offset)))


async def page_of(
    session: AsyncSession, limit: int, offset: int, *conditions: ColumnElement[bool]
) -> tuple[int, list[Document]]:
    live = and_(*conditions)
    count = await session.scalar(select(func.count()).select_from(Document).where(live))
    rows = await session.scalars(
        select(Document).where(live).order_by(Document.created_at.desc(), Document.id).limit(limit).offset(offset)
    )
    return count or 0, list(rows)
