"""Reading the pictures of a project's documents."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.engine import Database
from citewell.db.pages import Selection, read_page
from citewell.models import ExtractedFigure

# Figures of the version that searches see, and figures that clients added.
_LIVE = (
    "(f.parse_key IS NULL OR f.parse_key = (SELECT input_hash FROM version_steps"
    " WHERE project_id = f.project_id AND version_id = d.live_version_id AND step = 'parse'))"
)


async def list_figures(
    database: Database, project_id: UUID, document_id: UUID | None, limit: int, offset: int
) -> tuple[int, list[Any]]:
    """Returns (number of figures, page of them): of one document in its order, otherwise newest first."""
    order = "f.ordinal, f.id" if document_id is not None else "f.created_at DESC, f.id DESC"
    selection = Selection(
        "f.*", "extracted_figures f JOIN documents d ON d.project_id = f.project_id AND d.id = f.document_id", order
    )
    selection.where("f.project_id = %(project)s AND d.project_id = %(project)s", project=project_id)
    selection.where(f"d.status = 'active' AND d.local_to IS NULL AND {_LIVE}")
    if document_id is not None:
        selection.where("f.document_id = %(document)s", document=document_id)
    return await read_page(database, selection, limit, offset)


async def last_ordinal(session: AsyncSession, project_id: UUID, document_id: UUID) -> int:
    """Returns the highest ordinal of the document's figures; 0 without any."""
    query = select(ExtractedFigure.ordinal).where(
        ExtractedFigure.project_id == project_id, ExtractedFigure.document_id == document_id
    )
    return await session.scalar(query.order_by(ExtractedFigure.ordinal.desc()).limit(1)) or 0
