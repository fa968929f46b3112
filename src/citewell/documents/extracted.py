"""What was extracted from a document goes with it: rows of tables, objects that searches find, kept results."""

from uuid import UUID

import procrastinate
from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.jobs.publishing import defer_once
from citewell.models import DocumentVersion, ExtractionResult, KnowledgeGraph, PushedObject

# Rows of tables that a client made for its own use stay, and those of tags of documents, which lists may still show.
_REMOVE_ROWS = text(
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


async def remove_extracted(
    session: AsyncSession, queue: procrastinate.App, project_id: UUID, document_id: UUID
) -> None:
    """Remove it in the session's transaction, while the document's chunks are there; the graph is made anew later."""
    await session.execute(_REMOVE_ROWS, {"project": project_id, "document": str(document_id)})
    pushed = (PushedObject.project_id == project_id) & (PushedObject.document_id == document_id)
    await session.execute(delete(PushedObject).where(pushed))
    versions = select(DocumentVersion.id).where(
        DocumentVersion.project_id == project_id, DocumentVersion.document_id == document_id
    )
    results = (ExtractionResult.project_id == project_id) & ExtractionResult.document_version_id.in_(versions)
    await session.execute(delete(ExtractionResult).where(results))
    if await session.scalar(select(KnowledgeGraph.id).where(KnowledgeGraph.project_id == project_id)) is not None:
        await defer_once(session, queue, "extractors:rebuild_graph", project_id=str(project_id))
