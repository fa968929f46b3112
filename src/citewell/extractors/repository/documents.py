"""Documents that extractors read, and those whose chunks they replace."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.documents.repository.conditions import is_project_document
from citewell.models import Document, DocumentTag, DocumentVersion, VersionStep


async def find_readable(
    session: AsyncSession, project_id: UUID, wanted: Sequence[UUID]
) -> Sequence[Row[UUID, str, UUID | None, str | None]]:
    """Returns the project's published documents, or those of them that are wanted, in the order of their ids.

    Each has `id`, `name`, `live_version_id`, and as `input_hash` that of the step that cut it into chunks.
    """
    query = (
        select(Document.id, Document.name, Document.live_version_id, VersionStep.input_hash)
        .outerjoin(
            VersionStep,
            (VersionStep.project_id == Document.project_id)
            & (VersionStep.version_id == Document.live_version_id)
            & (VersionStep.step == "chunk"),
        )
        .where(Document.project_id == project_id, is_project_document())
        .where(Document.live_version_id.is_not(None))
    )
    if wanted:
        query = query.where(Document.id.in_(wanted))
    return (await session.execute(query.order_by(Document.id))).all()


async def find_live_versions(session: AsyncSession, project_id: UUID) -> dict[UUID, UUID]:
    """Returns the published version of each of the project's documents that has one."""
    query = select(Document.id, Document.live_version_id).where(
        Document.project_id == project_id, Document.status == "active", Document.live_version_id.is_not(None)
    )
    return {row.id: row.live_version_id for row in await session.execute(query)}


async def find_ids_by_part_of_name(session: AsyncSession, project_id: UUID, part: str) -> frozenset[UUID]:
    """Returns the documents, deleted ones included, whose name has this part, without regard to case."""
    query = select(Document.id).where(Document.project_id == project_id, Document.name.icontains(part, autoescape=True))
    return frozenset(await session.scalars(query))


async def find_active_ids(session: AsyncSession, project_id: UUID) -> list[UUID]:
    """Returns the project's own documents, neither local nor deleted, in the order of their ids."""
    query = select(Document.id).where(Document.project_id == project_id, is_project_document())
    return list(await session.scalars(query.order_by(Document.id)))


async def find_active_names(session: AsyncSession, project_id: UUID) -> Sequence[Row[UUID, str]]:
    """Returns the (id, name) of the project's own documents, neither local nor deleted."""
    query = select(Document.id, Document.name).where(Document.project_id == project_id, is_project_document())
    return (await session.execute(query)).all()


async def find_tags(session: AsyncSession, project_id: UUID) -> list[DocumentTag]:
    return list(await session.scalars(select(DocumentTag).where(DocumentTag.project_id == project_id)))


async def has_version_of_run(session: AsyncSession, project_id: UUID, document_id: UUID, run_id: UUID) -> bool:
    """Whether the run has made a version of the document."""
    mine = (DocumentVersion.project_id == project_id) & (DocumentVersion.document_id == document_id)
    query = select(DocumentVersion.id).where(mine, DocumentVersion.run_id == run_id).limit(1)
    return await session.scalar(query) is not None
