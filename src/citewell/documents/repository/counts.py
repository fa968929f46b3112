"""Counting documents."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.documents.repository.conditions import is_newest, is_project_document
from citewell.models import Document, DocumentVersion

DONE, FAILED = ("published", "superseded"), "failed"  # stages in which nothing more is to come


@dataclass
class DocumentCounts:
    """How many of a project's own documents are ready, in processing or failed, by their newest version; `bytes` is
    the size of their files.
    """

    ready: int = 0
    processing: int = 0
    failed: int = 0
    bytes: int = 0

    @property
    def total(self) -> int:
        return self.ready + self.processing + self.failed


async def count_documents(session: AsyncSession, project_ids: Sequence[UUID]) -> dict[UUID, DocumentCounts]:
    """Returns the counts of each of the projects."""
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


async def count_by_project(session: AsyncSession) -> dict[UUID, int]:
    """Returns the number of documents of each project that has some."""
    query = select(Document.project_id, func.count()).where(is_project_document()).group_by(Document.project_id)
    return {row[0]: row[1] for row in await session.execute(query)}


async def count_searchable(session: AsyncSession, project_id: UUID) -> tuple[int, int]:
    """Returns the number of the project's own documents, and how many of them can be searched."""
    query = select(func.count(), func.count(Document.live_version_id))
    query = query.where(Document.project_id == project_id, is_project_document())
    total, searchable = (await session.execute(query)).one()
    return total, searchable
