"""Deleting what belongs to a document, and projects with all that they have."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import (
    Chunk,
    DocumentVersion,
    ExtractedFigure,
    ExtractionResult,
    KnowledgeGraph,
    Project,
    PushedObject,
)

# Rows of tables that a client made for its own use stay, and those of tags of documents, which lists may still show.
_DELETE_ROWS = text(
    """
WITH versions AS MATERIALIZED (
    SELECT v.id FROM table_versions v
    JOIN knowledge_tables t ON t.project_id = v.project_id AND t.id = v.table_id
    WHERE v.project_id = :project AND NOT v.live
      AND t.object_type IN ('object', 'object_alert', 'tag', 'tag_alert', 'chunk', 'block', 'parsed_document')
), gone AS (
    DELETE FROM table_rows r USING versions v
    WHERE r.project_id = :project AND r.version_id = v.id AND (
        r.document_id = CAST(:document AS text)
        OR r.chunk_id IN (
            SELECT id::text FROM chunks WHERE project_id = :project AND document_id = CAST(:document AS uuid)
        )
    )
    RETURNING r.version_id
)
UPDATE table_versions v SET row_count = v.row_count - counted.n, dense = false
FROM (SELECT version_id, count(*) AS n FROM gone GROUP BY version_id) AS counted
WHERE v.project_id = :project AND v.id = counted.version_id
"""
)


async def mark_versions_deleted(
    session: AsyncSession, project_id: UUID, document_id: UUID, ended: Sequence[str]
) -> Sequence[DocumentVersion]:
    """Moves the document's versions to the stage `deleted`, except those in one of the stages `ended`. Returns them."""
    stopped = await session.scalars(
        update(DocumentVersion)
        .where(
            DocumentVersion.project_id == project_id,
            DocumentVersion.document_id == document_id,
            DocumentVersion.stage.not_in(ended),
        )
        .values(stage="deleted")
        .returning(DocumentVersion)
    )
    return stopped.all()


async def delete_extracted(session: AsyncSession, project_id: UUID, document_id: UUID) -> None:
    """Delete rows of tables, pushed objects and kept results of the document. Its chunks must be there still."""
    await session.execute(_DELETE_ROWS, {"project": project_id, "document": str(document_id)})
    pushed = (PushedObject.project_id == project_id) & (PushedObject.document_id == document_id)
    await session.execute(delete(PushedObject).where(pushed))
    versions = select(DocumentVersion.id).where(
        DocumentVersion.project_id == project_id, DocumentVersion.document_id == document_id
    )
    results = (ExtractionResult.project_id == project_id) & ExtractionResult.document_version_id.in_(versions)
    await session.execute(delete(ExtractionResult).where(results))


async def has_graph(session: AsyncSession, project_id: UUID) -> bool:
    return await session.scalar(select(KnowledgeGraph.id).where(KnowledgeGraph.project_id == project_id)) is not None


async def delete_chunks_and_figures(session: AsyncSession, project_id: UUID, document_id: UUID) -> None:
    mine = (Chunk.project_id == project_id) & (Chunk.document_id == document_id)
    await session.execute(delete(Chunk).where(mine))
    figures = (ExtractedFigure.project_id == project_id) & (ExtractedFigure.document_id == document_id)
    await session.execute(delete(ExtractedFigure).where(figures))


async def delete_version_chunks(session: AsyncSession, project_id: UUID, version_id: UUID) -> None:
    mine = (Chunk.project_id == project_id) & (Chunk.version_id == version_id)
    await session.execute(delete(Chunk).where(mine))


async def delete_project(session: AsyncSession, project_id: UUID) -> None:
    """Delete the project's versions, then its row and all that refers to it, except its partition of passages."""
    versions = DocumentVersion.project_id == project_id
    await session.execute(delete(DocumentVersion).where(versions))
    await session.execute(delete(Project).where(Project.id == project_id))
