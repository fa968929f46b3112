"""The SQL of ground truths."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import GroundTruth


async def list_ground_truths(
    session: AsyncSession, project_id: UUID, limit: int, offset: int
) -> tuple[int, list[GroundTruth]]:
    """Returns (number of ground truths, page of them, newest first)."""
    mine = GroundTruth.project_id == project_id
    query = select(GroundTruth).where(mine).order_by(GroundTruth.id.desc())
    count = await session.scalar(select(func.count()).select_from(GroundTruth).where(mine))
    return count or 0, list(await session.scalars(query.limit(limit).offset(offset)))


async def find_of_feedback(session: AsyncSession, project_id: UUID, feedback_id: UUID) -> GroundTruth | None:
    """Returns the ground truth that was made of the feedback."""
    made = select(GroundTruth).where(
        GroundTruth.project_id == project_id, GroundTruth.source_feedback_id == feedback_id
    )
    return (await session.scalars(made.limit(1))).first()
