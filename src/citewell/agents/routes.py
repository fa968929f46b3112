"""Agent settings over HTTP."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from citewell.agents import repository, service
from citewell.agents.schemas import AgentSettingsIn, AgentSettingsOut, agent_to_wire
from citewell.auth.dependencies import Admin, DatabaseParam, ModelsParam, ResourcesParam, SettingsParam, Viewer
from citewell.kit.pagination import Page, PagingParams

router = APIRouter(prefix="/projects/{project_id}/agent-settings", tags=["Agent Settings"])


@router.get("/", operation_id="listAgentSettings", response_model=Page[AgentSettingsOut])
async def list_agent_settings(
    access: Viewer, database: DatabaseParam, settings: SettingsParam, paging: PagingParams
) -> Any:
    async with database.read() as session:
        count, rows = await repository.list_agents(session, access.project_id, paging.limit, paging.offset)
    return paging.page(count, [agent_to_wire(row, settings.model) for row in rows])


@router.post("/", operation_id="createAgentSettings", status_code=201, response_model=AgentSettingsOut)
async def create_agent_settings(
    access: Admin, database: DatabaseParam, models: ModelsParam, settings: SettingsParam, body: AgentSettingsIn
) -> Any:
    async with database.write() as session:
        user_id = access.acting.user_id
        row = await service.create_agent(session, models, access.project_id, user_id, body)
        await session.refresh(row)
    return agent_to_wire(row, settings.model)


@router.get("/{agent_settings_id}/", operation_id="getAgentSettings", response_model=AgentSettingsOut)
async def get_agent_settings(
    access: Viewer, database: DatabaseParam, settings: SettingsParam, agent_settings_id: UUID
) -> Any:
    async with database.read() as session:
        row = await service.get_agent(session, access.project_id, agent_settings_id)
    return agent_to_wire(row, settings.model)


@router.put("/{agent_settings_id}/", operation_id="updateAgentSettings", response_model=AgentSettingsOut)
async def update_agent_settings(
    access: Admin,
    database: DatabaseParam,
    models: ModelsParam,
    settings: SettingsParam,
    agent_settings_id: UUID,
    body: AgentSettingsIn,
) -> Any:
    """Change an agent. Fields that are not sent keep their values."""
    async with database.write() as session:
        row = await service.update_agent(session, models, access.project_id, agent_settings_id, body)
    return agent_to_wire(row, settings.model)


@router.delete("/{agent_settings_id}/", operation_id="deleteAgentSettings", status_code=204)
async def delete_agent_settings(access: Admin, resources: ResourcesParam, agent_settings_id: UUID) -> Response:
    """Delete an agent. Its conversations stay readable."""
    async with resources.database.write() as session:
        await service.delete_agent(session, resources, access, agent_settings_id)
    return Response(status_code=204)
