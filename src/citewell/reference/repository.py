"""Reading what a citation names."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import Chunk, Document, DocumentVersion, ExtractedFigure

_MOST_FIGURES = 500  # of a document


async def find_cited(
    session: AsyncSession, project_id: UUID, chunk_id: UUID
) -> tuple[Chunk, Document, DocumentVersion] | None:
    """Returns the chunk with its document and its version; None for a document that is deleted."""
    query = (
        select(Chunk, Document, DocumentVersion)
        .join(
            DocumentVersion,
            (DocumentVersion.project_id == Chunk.project_id) & (DocumentVersion.id == Chunk.version_id),
        )
        .join(Document, (Document.project_id == Chunk.project_id) & (Document.id == Chunk.document_id))
        .where(Chunk.project_id == project_id, Chunk.id == chunk_id, Document.status == "active")
    )
    row = (await session.execute(query)).one_or_none()
    return (row[0], row[1], row[2]) if row is not None else None


async def neighbours(session: AsyncSession, chunk: Chunk) -> tuple[UUID | None, UUID | None]:
    """Returns the chunks before and after this one in the same version."""
    query = select(Chunk.ordinal, Chunk.id).where(
        Chunk.project_id == chunk.project_id,
        Chunk.version_id == chunk.version_id,
        Chunk.ordinal.in_((chunk.ordinal - 1, chunk.ordinal + 1)),
    )
    found = dict((await session.execute(query)).all())
    return found.get(chunk.ordinal - 1), found.get(chunk.ordinal + 1)


async def chunks_that_contain(
    session: AsyncSession, project_id: UUID, version_id: UUID | None, verbatim: str, limit: int
) -> list[tuple[UUID, str]]:
    """(id, content) of the first chunk of the version that has the words; if none has, of its first `limit` chunks."""
    of_version = (Chunk.project_id == project_id) & (Chunk.version_id == version_id)
    query = select(Chunk.id, Chunk.content).where(of_version).order_by(Chunk.ordinal)
    exact = query.where(Chunk.content.contains(verbatim, autoescape=True)).limit(1)
    rows = (await session.execute(exact)).all() or (await session.execute(query.limit(limit))).all()
    return [(chunk_id, content) for chunk_id, content in rows]


async def list_figures(session: AsyncSession, version: DocumentVersion) -> Sequence[ExtractedFigure]:
    """Returns the figures of the version and those that were added to its document, in the document's order."""
    return (await session.scalars(_figures(version))).all()


async def find_figure(session: AsyncSession, version: DocumentVersion, figure_id: UUID) -> ExtractedFigure | None:
    """Returns the figure, if it is one of this version or was added to its document."""
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
        .limit(_MOST_FIGURES)
    )
