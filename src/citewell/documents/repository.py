"""Reading documents and their versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from citewell.errors import NotFound
from citewell.models import Document, DocumentVersion

DONE, FAILED = ("published", "superseded"), "failed"  # stages in which nothing more is to come


@dataclass
class DocumentCounts:
    """How many of a project's own documents are ready, on their way or failed, by their newest version; `bytes` is the
    size of their files."""

    ready: int = 0
    processing: int = 0
    failed: int = 0
    bytes: int = 0

    @property
    def total(self) -> int:
        return self.ready + self.processing + self.failed


async def count_documents(session: AsyncSession, project_ids: Sequence[UUID]) -> dict[UUID, DocumentCounts]:
    """The counts of each of the projects."""
    found = {project_id: DocumentCounts() for project_id in project_ids}
    version, size = DocumentVersion, func.sum(Document.file_size)
    query = (
        select(Document.project_id, version.stage, func.count(), size)
        .join(version, (version.project_id == Document.project_id) & (version.document_id == Document.id))
        .where(Document.project_id.in_(project_ids), is_project_document(), is_newest(version.project_id))
        .group_by(Document.project_id, version.stage)
    )
    for project_id, stage, count, total in await session.execute(query):
        counts = found[project_id]
        counts.bytes += int(total)
        if stage in DONE:
            counts.ready += count
        elif stage == FAILED:
            counts.failed += count
        else:
            counts.processing += count
    return found


async def list_documents(
    session: AsyncSession, project_id: UUID, limit: int, offset: int, *conditions: ColumnElement[bool]
) -> tuple[int, list[Document]]:
    """The project's own documents that are not deleted or being deleted and meet the conditions, newest first."""
    return await page_of(session, limit, offset, Document.project_id == project_id, is_project_document(), *conditions)


def is_project_document() -> ColumnElement[bool]:
    """Whether it is one of the project's own documents, neither local nor deleted."""
    return and_(Document.status == "active", Document.local_to.is_(None))


async def newest_ids(session: AsyncSession, project_id: UUID, limit: int, offset: int) -> list[UUID]:
    """A page of the project's own documents, deleted ones included, newest first."""
    query = select(Document.id).where(Document.project_id == project_id, Document.local_to.is_(None))
    return list(await session.scalars(query.order_by(Document.id.desc()).limit(limit).offset(offset)))


async def page_of(
    session: AsyncSession, limit: int, offset: int, *conditions: ColumnElement[bool]
) -> tuple[int, list[Document]]:
    live = and_(*conditions)
    count = await session.scalar(select(func.count()).select_from(Document).where(live))
    rows = await session.scalars(
        select(Document).where(live).order_by(Document.created_at.desc(), Document.id).limit(limit).offset(offset)
    )
    return count or 0, list(rows)


async def get_document(
    session: AsyncSession, project_id: UUID, document_id: UUID, *, lock: bool = False, local_to: UUID | None = None
) -> Document:
    """One of the project's own documents or, with `local_to`, a local one of that conversation or agent.

    `lock` keeps others from changing it until the transaction ends. Raises NotFound, also for a deleted document.
    """
    # Not for the key as well: a step that updates its version twice looks at the document's key in between, and would
    # wait for a deletion that waits for the version.
    how = {"key_share": True} if lock else None
    document = await session.get(Document, (project_id, document_id), with_for_update=how)
    if document is None or document.status != "active" or document.local_to != local_to:
        raise NotFound("There is no such document in this project.")
    return document


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


def is_newest(project_id: UUID | InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """Whether no version of the document has a higher number."""
    newer = aliased(DocumentVersion)
    same = (newer.project_id == project_id) & (newer.document_id == DocumentVersion.document_id)
    return ~select(newer.id).where(same, newer.number > DocumentVersion.number).exists()


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
