"""The figures that stand beside a cited passage, of documents whose pages are not drawn."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.kit.places import Place
from citewell.models import Chunk, DocumentVersion
from citewell.reference.repository import list_figures

_MOST_SHOWN = 4


@dataclass(frozen=True)
class ShownFigure:
    id: UUID
    caption: str


async def figures_beside(
    session: AsyncSession, chunk: Chunk, version: DocumentVersion, place: Place, start: int
) -> tuple[ShownFigure, ...]:
    """Returns the figures on the slides of the passage, and those whose captions are in the chunk: of these the nearest
    to the character `start` of its content. They come in the document's order.
    """
    content = _folded(chunk.content)
    begin = len(_folded(chunk.content[:start]))
    near: list[tuple[int, int, ShownFigure]] = []
    for order, figure in enumerate(await list_figures(session, version)):
        caption = _folded(figure.caption)
        at = content.find(caption) if caption else -1
        if figure.page is not None and (place.min_page or 0) <= figure.page <= (place.max_page or 0):
            at = begin
        if at >= 0:
            near.append((abs(at - begin), order, ShownFigure(figure.id, figure.caption)))
    kept = sorted(near, key=lambda one: one[:2])[:_MOST_SHOWN]
    return tuple(figure for _, _, figure in sorted(kept, key=lambda one: one[1]))


def _folded(text: str) -> str:
    return " ".join(text.split())
