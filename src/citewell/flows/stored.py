"""Reads the flows of a project. Every project has a first one, which has no row until it is changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.errors import NotFound
from citewell.flows import repository
from citewell.flows.dag import default_dag
from citewell.ingestion.publish_mode import NAME, flow_id
from citewell.models import ExtractionFlow, Project


@dataclass(frozen=True)
class Flow:
    """A flow. `is_first` marks the one that every project has; its mode decides how documents are published."""

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
    """Returns the flows, the most recently changed first."""
    flows = [_flow(row) for row in await repository.list_flows(session, project_id)]
    if not any(flow.is_first for flow in flows):
        flows.append(await _first(session, project_id))
    return sorted(flows, key=lambda flow: (flow.updated_at, flow.id), reverse=True)


async def find_flow(session: AsyncSession, project_id: UUID, wanted: UUID) -> Flow:
    """Returns the flow. Raises NotFound."""
    row = await session.get(ExtractionFlow, (project_id, wanted), populate_existing=True)
    if row is not None:
        return _flow(row)
    if wanted != flow_id(project_id):
        raise NotFound("There is no such extraction flow in this project.")
    return await _first(session, project_id)


async def publishes_itself(session: AsyncSession, project_id: UUID, wanted: UUID) -> bool:
    """Whether a run of the flow deploys its results at its end."""
    return (await find_flow(session, project_id, wanted)).publish_mode == "auto_publish"


async def _first(session: AsyncSession, project_id: UUID) -> Flow:
    project = await session.get_one(Project, project_id)
    made = project.created_at
    return Flow(project_id, flow_id(project_id), NAME, "auto_publish", _dag(None), made, made)


def _flow(row: ExtractionFlow) -> Flow:
    return Flow(row.project_id, row.id, row.name, row.publish_mode, _dag(row.dag), row.created_at, row.updated_at)


def _dag(stored: dict[str, Any] | None) -> dict[str, Any]:
    return default_dag().model_dump(mode="json") if stored is None else stored
