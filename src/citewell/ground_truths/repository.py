"""The SQL of ground truths."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.pages import select_page
from citewell.models import GroundTruth


async def list_ground_truths(
    session: AsyncSession, project_id: UUID, limit: int, offset: int
) -> tuple[int, list[GroundTruth]]:
    """Returns (number of ground truths, page of them, newest first)."""
    query = select(GroundTruth).where(GroundTruth.project_id == project_id)
    return await select_page(session, query, limit, offset, GroundTruth.id.desc())


async def find_of_feedback(session: AsyncSession, project_id: UUID, feedback_id: UUID) -> GroundTruth | None:
    """Returns the ground truth that was made of the feedback."""
    made = select(GroundTruth).where(
        GroundTruth.project_id == project_id, GroundTruth.source_feedback_id == feedback_id
    )
    return (await session.scalars(made.limit(1))).first()
