"""Which stored files the rows name."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import Document, DocumentVersion, ExtractedFigure, Project, ProjectCell


async def lock_files(session: AsyncSession, document_ids: Sequence[UUID]) -> None:
    """Keep the documents' files from being deleted as unnamed until the transaction ends.

    A transaction that names a file which was stored before takes this first.
    """
    for number in sorted(document_id.int & (2**63 - 1) for document_id in document_ids):
        await session.execute(select(func.pg_advisory_xact_lock(number)))


async def named_keys(session: AsyncSession, project_id: UUID, document_id: UUID) -> set[str]:
    """The keys of the files that the document and its versions name."""
    document = Document.project_id == project_id, Document.id == document_id
    versions = DocumentVersion.project_id == project_id, DocumentVersion.document_id == document_id
    rows = await session.execute(select(Document.file_key, Document.computed_pdf_key).where(*document))
    named = {key for row in rows for key in row if key is not None}
    return named | set(await session.scalars(select(DocumentVersion.file_key).where(*versions)))


async def which_are_named(session: AsyncSession, keys: Sequence[str]) -> set[str]:
    """Returns which of the keys a version or a figure of any project names."""
    versions = select(DocumentVersion.file_key).where(DocumentVersion.file_key.in_(keys))
    figures = select(ExtractedFigure.file_key).where(ExtractedFigure.file_key.in_(keys))
    return set(await session.scalars(versions)) | set(await session.scalars(figures))


async def which_are_active(
    session: AsyncSession, project_ids: Iterable[UUID], document_ids: Iterable[UUID]
) -> set[tuple[UUID, UUID]]:
    """(project, document) of the active documents among these ids, in projects that are not deleted."""
    live = select(Document.project_id, Document.id).join(Project, Project.id == Document.project_id)
    live = live.where(Document.project_id.in_(project_ids), Document.id.in_(document_ids), Document.status == "active")
    return {(row.project_id, row.id) for row in await session.execute(live.where(Project.deleted_at.is_(None)))}


async def active_files(
    session: AsyncSession, after: tuple[UUID, UUID] | None, limit: int
) -> list[tuple[UUID, UUID, str, str]]:
    """(project, id, name, file key) of active documents that have a file, by project and id, behind `after`."""
    query = select(Document.project_id, Document.id, Document.name, Document.file_key)
    query = query.join(Project, Project.id == Document.project_id).where(
        Document.status == "active", Document.file_key != "", Project.deleted_at.is_(None)
    )
    if after is not None:
        query = query.where(
            (Document.project_id > after[0]) | ((Document.project_id == after[0]) & (Document.id > after[1]))
        )
    rows = (await session.execute(query.order_by(Document.project_id, Document.id).limit(limit))).all()
    return [(row.project_id, row.id, row.name, row.file_key) for row in rows]


async def cells_of_projects(session: AsyncSession, project_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The cells of those that are not in the home cell. The session is one of the home cell."""
    query = select(ProjectCell.project_id, ProjectCell.cell).where(ProjectCell.project_id.in_(project_ids))
    return {row.project_id: row.cell for row in await session.execute(query)}
