"""The flows of a project as they are stored. Its first one is made with it and has no row until it is changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.errors import NotFound
from citewell.flows.dag import default_dag
from citewell.ingestion.publish_mode import NAME, flow_id
from citewell.models import ExtractionFlow, KnowledgeTable, PipelineRun, Project, TableVersion


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
