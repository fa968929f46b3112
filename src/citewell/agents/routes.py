"""Agent settings over HTTP: reading them. Making and changing them comes with its own issue."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import func, select

from citewell.agents.schemas import AgentSettingsOut, agent_to_wire
from citewell.auth.dependencies import RuntimeParam, Viewer
from citewell.errors import NotFound
from citewell.kit.pagination import Page, PagingParams
from citewell.models import AgentSettings

router = APIRouter(prefix="/projects/{project_id}/agent-settings", tags=["Agent Settings"])


@router.get("/", operation_id="listAgentSettings", response_model=Page[AgentSettingsOut])
async def list_agent_settings(access: Viewer, runtime: RuntimeParam, paging: PagingParams) -> Any:
    mine = AgentSettings.project_id == access.project_id
    async with runtime.database.sessions() as session:
        count = await session.scalar(select(func.count()).select_from(AgentSettings).where(mine))
        query = select(AgentSettings).where(mine).order_by(AgentSettings.is_default.desc(), AgentSettings.id)
        rows = await session.scalars(query.limit(paging.limit).offset(paging.offset))
        wire = [agent_to_wire(row, runtime.settings.model) for row in rows]
    return paging.page(count or 0, wire)


@router.get("/{agent_settings_id}/", operation_id="getAgentSettings", response_model=AgentSettingsOut)
async def get_agent_settings(access: Viewer, runtime: RuntimeParam, agent_settings_id: UUID) -> Any:
    async with runtime.database.sessions() as session:
        row = await session.get(AgentSettings, (access.project_id, agent_settings_id))
    if row is None:
        raise NotFound("There are no such agent settings in this project.")
    return agent_to_wire(row, runtime.settings.model)
