"""Reading documents with their versions."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, null, select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.pages import select_page
from citewell.documents.repository.conditions import is_newest
from citewell.ingestion.stages import ENDED
from citewell.models import Document, DocumentVersion, VersionStep

_SETTLED = [stage for stage in ENDED if stage != "failed"]


async def indexing_rows(
    session: AsyncSession, project_id: UUID, document_ids: Sequence[UUID] | None, *, local: bool = False
) -> list[tuple[Document, DocumentVersion]]:
    """Returns each of the project's own documents with its newest version, deleted ones included; with `local`,
    local ones.
    """
    query = newest_versions(project_id, document_ids, local=local)
    return [(document, version) for document, version in (await session.execute(query)).all()]


async def settled_rows(session: AsyncSession, project_id: UUID, document_ids: Sequence[UUID]) -> Sequence[Any]:
    """Returns what the status of those documents shows whose newest version has ended without a failure.

    Most documents are, so they come as plain columns: the rows of `indexing_rows` with all their steps take ten times
    the processor time. Nothing of them waits or has failed.
    """
    begun = (
        select(VersionStep.attempts)
        .where(
            VersionStep.project_id == DocumentVersion.project_id,
            VersionStep.version_id == DocumentVersion.id,
            VersionStep.started_at.is_not(None),
        )
        .order_by(VersionStep.started_at.desc(), VersionStep.step.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = newest_versions(project_id, document_ids).where(DocumentVersion.stage.in_(_SETTLED))
    columns = (
        Document.project_id,
        Document.id,
        Document.name,
        Document.status,
        DocumentVersion.stage,
        DocumentVersion.started,
        DocumentVersion.number,
        DocumentVersion.page_count,
        DocumentVersion.pages_done,
        DocumentVersion.warnings,
        DocumentVersion.language,
        func.coalesce(begun, 0).label("attempts"),
        null().label("failure"),
    )
    return (await session.execute(query.with_only_columns(*columns, maintain_column_froms=True))).all()


def newest_versions(
    project_id: UUID, document_ids: Sequence[UUID] | None, *, local: bool = False
) -> Select[Document, DocumentVersion]:
    """Returns the statement behind `indexing_rows`."""
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
    """Returns the number of the document's next version. The caller holds the document's lock."""
    return (await newest_version(session, project_id, document_id)).number + 1


async def failed_ids(session: AsyncSession, project_id: UUID, document_ids: Sequence[UUID]) -> set[UUID]:
    """Returns which of the documents have a newest version that could not be processed."""
    query = select(DocumentVersion.document_id).where(
        DocumentVersion.project_id == project_id,
        DocumentVersion.document_id.in_(document_ids),
        DocumentVersion.stage == "failed",
        is_newest(project_id),
    )
    return set(await session.scalars(query))


async def has_versions_of_run(session: AsyncSession, project_id: UUID, run_id: UUID) -> bool:
    mine = (DocumentVersion.project_id == project_id) & (DocumentVersion.run_id == run_id)
    return await session.scalar(select(DocumentVersion.id).where(mine).limit(1)) is not None


async def find_by_content(
    session: AsyncSession, project_id: UUID, name: str, sha256: bytes, local_to: UUID | None
) -> tuple[Document, DocumentVersion] | None:
    """Returns the document of this name, local to `local_to` or the project's own, whose newest version has this
    content and has not failed; nobody else changes the document until the transaction ends.
    """
    query = (
        select(Document, DocumentVersion)
        .join(
            DocumentVersion,
            (DocumentVersion.project_id == Document.project_id) & (DocumentVersion.document_id == Document.id),
        )
        .where(Document.project_id == project_id, Document.status == "active", Document.name == name)
        .where(Document.local_to.is_not_distinct_from(local_to))
        .where(DocumentVersion.sha256 == sha256, DocumentVersion.stage != "failed", is_newest(project_id))
        .order_by(Document.id)
        .limit(1)
        .with_for_update(of=Document, key_share=True)
    )
    row = (await session.execute(query)).one_or_none()
    return (row[0], row[1]) if row is not None else None


async def page_of_versions(
    session: AsyncSession, project_id: UUID, document_id: UUID, limit: int, offset: int
) -> tuple[int, list[DocumentVersion]]:
    """Returns (number of the document's versions, page of them, newest first)."""
    query = select(DocumentVersion).where(
        DocumentVersion.project_id == project_id, DocumentVersion.document_id == document_id
    )
    return await select_page(session, query, limit, offset, DocumentVersion.number.desc())
