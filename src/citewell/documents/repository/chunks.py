"""Reading chunks of documents."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import Chunk


async def page_of_chunks(
    session: AsyncSession, project_id: UUID, version_id: UUID | None, limit: int, offset: int
) -> tuple[int, list[Chunk]]:
    """The number of the version's chunks, and a page of them in the order of the text."""
    mine = (Chunk.project_id == project_id) & (Chunk.version_id == version_id)
    count = await session.scalar(select(func.count()).select_from(Chunk).where(mine))
    query = select(Chunk).where(mine).order_by(Chunk.ordinal).limit(limit).offset(offset)
    return count or 0, list(await session.scalars(query))
