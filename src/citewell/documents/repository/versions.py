"""Reading documents with their versions."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.documents.repository.conditions import is_newest
from citewell.models import Document, DocumentVersion


async def indexing_rows(
    session: AsyncSession, project_id: UUID, document_ids: Sequence[UUID] | None, *, local: bool = False
) -> list[tuple[Document, DocumentVersion]]:
    """Each of the project's own documents with its newest version, deleted ones included; with `local`, local ones."""
    query = newest_versions(project_id, document_ids, local=local)
    return [(document, version) for document, version in (await session.execute(query)).all()]


def newest_versions(
    project_id: UUID, document_ids: Sequence[UUID] | None, *, local: bool = False
) -> Select[Document, DocumentVersion]:
    """The statement behind `indexing_rows`."""
    query = (
        select(Document, DocumentVersion)
        .join(
            DocumentVersion,
            (DocumentVersion.project_id == Document.project_id) & (DocumentVersion.document_id == Document.id),
        )
        .where(Document.project_id == project_id, is_newest(project_id))
        .where(Document.local_to.is_not(None) if local else Document.local_to.is_(None))
        .order_by(Document.id)
    )
    return query if document_ids is None else query.where(Document.id.in_(document_ids))


async def newest_version(session: AsyncSession, project_id: UUID, document_id: UUID) -> DocumentVersion:
    query = select(DocumentVersion).where(
        DocumentVersion.project_id == project_id, DocumentVersion.document_id == document_id
    )
    return (await session.scalars(query.order_by(DocumentVersion.number.desc()).limit(1))).one()


async def next_number(session: AsyncSession, project_id: UUID, document_id: UUID) -> int:
    """The number of the document's next version. The caller holds the document's lock."""
    return (await newest_version(session, project_id, document_id)).number + 1


async def failed_ids(session: AsyncSession, project_id: UUID, document_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the documents whose newest version could not be processed."""
    query = select(DocumentVersion.document_id).where(
        DocumentVersion.project_id == project_id,
        DocumentVersion.document_id.in_(document_ids),
        DocumentVersion.stage == "failed",
        is_newest(project_id),
    )
    return set(await session.scalars(query))
