"""The flows of a project as they are stored. Its first one is made with it and has no row until it is changed."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.documents.repository.conditions import is_project_document
from citewell.documents.repository.versions import newest_versions
from citewell.errors import NotFound
from citewell.flows.dag import default_dag
from citewell.ingestion.publish_mode import NAME, flow_id
from citewell.models import (
    Document,
    DocumentVersion,
    ExtractionFlow,
    Extractor,
    ExtractorVersion,
    KnowledgeTable,
    PipelineRun,
    Project,
    TableVersion,
)

_BATCH = 1000  # rows in memory at once


@dataclass(frozen=True)
class Flow:
    """`is_first` is the flow that every project has from the start; its mode decides over documents."""

    project_id: UUID
    id: UUID
    name: str
    publish_mode: str
    dag: dict[str, Any]
    created_at: datetime
    updated_at: datetime

    @property
    def is_first(self) -> bool:
        return self.id == flow_id(self.project_id)


async def list_flows(session: AsyncSession, project_id: UUID) -> list[Flow]:
    """The one changed last first."""
    query = select(ExtractionFlow).where(ExtractionFlow.project_id == project_id)
    flows = [_flow(row) for row in await session.scalars(query.execution_options(populate_existing=True))]
    if not any(flow.is_first for flow in flows):
        flows.append(await _first(session, project_id))
    return sorted(flows, key=lambda flow: (flow.updated_at, flow.id), reverse=True)


async def find_flow(session: AsyncSession, project_id: UUID, wanted: UUID) -> Flow:
    """Raises NotFound."""
    row = await session.get(ExtractionFlow, (project_id, wanted), populate_existing=True)
    if row is not None:
        return _flow(row)
    if wanted != flow_id(project_id):
        raise NotFound("There is no such extraction flow in this project.")
    return await _first(session, project_id)


async def write_flow(session: AsyncSession, project_id: UUID, wanted: UUID, changes: Mapping[str, Any]) -> None:
    """Change the flow, or make it of these values."""
    defaults = {"name": NAME, "publish_mode": "auto_publish"}
    statement = insert(ExtractionFlow).values(project_id=project_id, id=wanted, **{**defaults, **changes})
    changed = {**changes, "updated_at": func.clock_timestamp()}
    await session.execute(
        statement.on_conflict_do_update(index_elements=[ExtractionFlow.project_id, ExtractionFlow.id], set_=changed)
    )


async def publishes_itself(session: AsyncSession, project_id: UUID, wanted: UUID) -> bool:
    """Whether what a run of the flow has made is deployed at its end."""
    return (await find_flow(session, project_id, wanted)).publish_mode == "auto_publish"


async def last_published(session: AsyncSession, project_id: UUID) -> datetime | None:
    """When documents or tables of the project were last handed to searches."""
    runs = (PipelineRun.project_id == project_id) & (PipelineRun.status == "completed")
    query = select(func.max(PipelineRun.updated_at)).where(
        runs, PipelineRun.pipeline_name.in_(("ingestion", "push", "extraction-flow"))
    )
    return await session.scalar(query)


async def deployed_types(session: AsyncSession, project_id: UUID) -> list[str]:
    """The kinds of tables that have a deployed version, or one that is read from published documents."""
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


async def _first(session: AsyncSession, project_id: UUID) -> Flow:
    project = await session.get_one(Project, project_id)
    made = project.created_at
    return Flow(project_id, flow_id(project_id), NAME, "auto_publish", _dag(None), made, made)


def _flow(row: ExtractionFlow) -> Flow:
    return Flow(row.project_id, row.id, row.name, row.publish_mode, _dag(row.dag), row.created_at, row.updated_at)


def _dag(stored: dict[str, Any] | None) -> dict[str, Any]:
    return default_dag().model_dump(mode="json") if stored is None else stored


async def find_extractors(session: AsyncSession, project_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Extractor]:
    """Those of the extractors that exist, by id."""
    mine = (Extractor.project_id == project_id) & Extractor.id.in_(ids)
    return {row.id: row for row in await session.scalars(select(Extractor).where(mine))}


async def find_default_versions(
    session: AsyncSession, project_id: UUID, extractor_ids: Sequence[UUID]
) -> dict[UUID, ExtractorVersion]:
    """The default version of each extractor, by the extractor's id."""
    query = select(ExtractorVersion).where(
        ExtractorVersion.project_id == project_id,
        ExtractorVersion.extractor_id.in_(extractor_ids),
        ExtractorVersion.is_default,
    )
    return {row.extractor_id: row for row in await session.scalars(query)}


async def lock_waiting_versions(
    session: AsyncSession, project_id: UUID, document_ids: Sequence[UUID] | None
) -> list[DocumentVersion]:
    """The embedded versions of the project's own documents (None: of all) that wait to be published, locked."""
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
    """The active documents (None: all) with their newest versions, a batch in memory at once."""
    query = newest_versions(project_id, document_ids).where(Document.status == "active")
    rows = await session.stream(query.execution_options(yield_per=_BATCH))
    async for document, version in rows:
        yield document, version
