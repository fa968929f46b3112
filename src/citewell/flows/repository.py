"""The SQL of flows: their rows, the extractors of their nodes, and the documents that they run on."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.documents.repository.conditions import is_project_document
from citewell.documents.repository.versions import newest_versions
from citewell.ingestion.publish_mode import NAME
from citewell.models import (
    Document,
    DocumentVersion,
    ExtractionFlow,
    Extractor,
    ExtractorVersion,
    KnowledgeTable,
    PipelineRun,
    TableVersion,
)

_BATCH = 1000  # rows in memory at once


async def list_flows(session: AsyncSession, project_id: UUID) -> list[ExtractionFlow]:
    """Returns the flows that have rows, as they are in the database now."""
    query = select(ExtractionFlow).where(ExtractionFlow.project_id == project_id)
    return list(await session.scalars(query.execution_options(populate_existing=True)))


async def write_flow(session: AsyncSession, project_id: UUID, wanted: UUID, changes: Mapping[str, Any]) -> None:
    """Changes the flow, or creates it with these values."""
    defaults = {"name": NAME, "publish_mode": "auto_publish"}
    statement = insert(ExtractionFlow).values(project_id=project_id, id=wanted, **{**defaults, **changes})
    changed = {**changes, "updated_at": func.clock_timestamp()}
    await session.execute(
        statement.on_conflict_do_update(index_elements=[ExtractionFlow.project_id, ExtractionFlow.id], set_=changed)
    )


async def last_published(session: AsyncSession, project_id: UUID) -> datetime | None:
    """Returns when a document or table of the project was last published; None if none ever was."""
    runs = (PipelineRun.project_id == project_id) & (PipelineRun.status == "completed")
    query = select(func.max(PipelineRun.updated_at)).where(
        runs, PipelineRun.pipeline_name.in_(("ingestion", "push", "extraction-flow"))
    )
    return await session.scalar(query)


async def deployed_types(session: AsyncSession, project_id: UUID) -> list[str]:
    """Returns the types of tables that have a deployed version, or a live one."""
    query = (
        select(KnowledgeTable.object_type)
        .join(
            TableVersion,
            (TableVersion.project_id == KnowledgeTable.project_id) & (TableVersion.table_id == KnowledgeTable.id),
        )
        .where(KnowledgeTable.project_id == project_id)
        .where(TableVersion.deployed | (TableVersion.live & (TableVersion.number > 0)))
        .distinct()
    )
    return sorted(await session.scalars(query))


async def find_extractors(session: AsyncSession, project_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Extractor]:
    """Returns those of the extractors that exist, by id."""
    mine = (Extractor.project_id == project_id) & Extractor.id.in_(ids)
    return {row.id: row for row in await session.scalars(select(Extractor).where(mine))}


async def find_default_versions(
    session: AsyncSession, project_id: UUID, extractor_ids: Sequence[UUID]
) -> dict[UUID, ExtractorVersion]:
    """Returns the default version of each extractor, by the extractor's id."""
    query = select(ExtractorVersion).where(
        ExtractorVersion.project_id == project_id,
        ExtractorVersion.extractor_id.in_(extractor_ids),
        ExtractorVersion.is_default,
    )
    return {row.extractor_id: row for row in await session.scalars(query)}


async def lock_waiting_versions(
    session: AsyncSession, project_id: UUID, document_ids: Sequence[UUID] | None
) -> list[DocumentVersion]:
    """Returns the versions that wait to be published, of these of the project's own documents (None: of all).

    Locks them until the transaction ends.
    """
    query = (
        select(DocumentVersion)
        .join(
            Document,
            (Document.project_id == DocumentVersion.project_id) & (Document.id == DocumentVersion.document_id),
        )
        .where(DocumentVersion.project_id == project_id, DocumentVersion.stage == "embedded", is_project_document())
        .order_by(DocumentVersion.id)
        .with_for_update(of=DocumentVersion)
    )
    if document_ids is not None:
        query = query.where(Document.id.in_(document_ids))
    return list(await session.scalars(query))


async def complete_run(session: AsyncSession, project_id: UUID, run_id: UUID) -> None:
    mine = (PipelineRun.project_id == project_id) & (PipelineRun.id == run_id)
    await session.execute(update(PipelineRun).where(mine).values(status="completed"))


async def stream_newest_versions(
    session: AsyncSession, project_id: UUID, document_ids: Sequence[UUID] | None
) -> AsyncIterator[tuple[Document, DocumentVersion]]:
    """Yields these active documents (None: all) with their newest versions. Reads them in batches."""
    query = newest_versions(project_id, document_ids).where(Document.status == "active")
    rows = await session.stream(query.execution_options(yield_per=_BATCH))
    async for document, version in rows:
        yield document, version
