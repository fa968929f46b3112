"""The SQL of datasets."""

from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.pages import select_page
from citewell.models import TempDataset


async def list_datasets(
    session: AsyncSession, project_id: UUID, limit: int, offset: int
) -> tuple[int, list[TempDataset]]:
    """Returns the number of datasets in the project and a page of them, newest first."""
    query = select(TempDataset).where(TempDataset.project_id == project_id)
    return await select_page(session, query, limit, offset, TempDataset.id.desc())


async def count_datasets(session: AsyncSession, project_id: UUID) -> int:
    return await session.scalar(select(func.count()).where(TempDataset.project_id == project_id)) or 0


async def delete_expired(session: AsyncSession) -> list[str]:
    """Delete expired datasets. Returns the keys of their files, which the caller deletes."""
    query = text("DELETE FROM temp_datasets WHERE expires_at < clock_timestamp() RETURNING file_key")
    return list(await session.scalars(query))
