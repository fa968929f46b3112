"""The figures that stand beside a cited passage, of documents whose pages are not drawn."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.kit.places import Place
from citewell.models import Chunk, DocumentVersion, ExtractedFigure

_MOST_SHOWN = 4
_MOST_READ = 500  # figures of a document


@dataclass(frozen=True)
class ShownFigure:
    id: UUID
    caption: str


async def figures_beside(
    session: AsyncSession, chunk: Chunk, version: DocumentVersion, place: Place, start: int
) -> tuple[ShownFigure, ...]:
    """The figures on the slides of the passage, and those whose captions are in the chunk: of these the nearest to the
    character `start` of its content. They come in the document's order."""
    content = _folded(chunk.content)
    begin = len(_folded(chunk.content[:start]))
    near: list[tuple[int, int, ShownFigure]] = []
    for order, figure in enumerate(await session.scalars(_figures(version))):
        caption = _folded(figure.caption)
        at = content.find(caption) if caption else -1
        if figure.page is not None and (place.min_page or 0) <= figure.page <= (place.max_page or 0):
            at = begin
        if at >= 0:
            near.append((abs(at - begin), order, ShownFigure(figure.id, figure.caption)))
    kept = sorted(near, key=lambda one: one[:2])[:_MOST_SHOWN]
    return tuple(figure for _, _, figure in sorted(kept, key=lambda one: one[1]))


async def figure_of(session: AsyncSession, version: DocumentVersion, figure_id: UUID) -> ExtractedFigure | None:
    """The figure, if it is one of this version or was added to its document."""
    found: ExtractedFigure | None = await session.scalar(_figures(version).where(ExtractedFigure.id == figure_id))
    return found


def _figures(version: DocumentVersion) -> Select[ExtractedFigure]:
    own = or_(ExtractedFigure.parse_key.is_(None), ExtractedFigure.parse_key == version.input_hash("parse"))
    return (
        select(ExtractedFigure)
        .where(
            ExtractedFigure.project_id == version.project_id, ExtractedFigure.document_id == version.document_id, own
        )
        .order_by(ExtractedFigure.ordinal, ExtractedFigure.id)
        .limit(_MOST_READ)
    )


def _folded(text: str) -> str:
    return " ".join(text.split())
