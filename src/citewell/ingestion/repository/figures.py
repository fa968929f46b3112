"""Rows of the pictures in documents."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import ExtractedFigure


async def find_figures(
    session: AsyncSession, project_id: UUID, document_id: UUID, parse_key: str
) -> list[ExtractedFigure]:
    """Returns the figures of the same file in this document, else in another one of the project."""
    same = (ExtractedFigure.project_id == project_id) & (ExtractedFigure.parse_key == parse_key)
    own_first = (ExtractedFigure.document_id == document_id).desc()
    first = select(ExtractedFigure.document_id).where(same).order_by(own_first).limit(1).scalar_subquery()
    query = select(ExtractedFigure).where(same, ExtractedFigure.document_id == first)
    return list(await session.scalars(query.order_by(ExtractedFigure.ordinal)))
