"""Agent settings and tools on the wire."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from citewell.models import AgentSettings, ToolSetting


class AgentSettingsOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    description: str
    created_by: UUID | None
    created_at: datetime
    updated_at: datetime
    readonly: bool
    is_default: bool
    additional_instructions: str
    agent_conversation_starter: str
    model: str
    project_brief: str
    knowledge_graph_mode: str = "none"
    knowledge_graph_parameters: dict[str, Any] = {}
    tags_hierarchies_mode: str = "none"
    tags_hierarchies_parameters: dict[str, Any] = {}
    selected_workflows_mode: str = "none"
    selected_workflows: list[UUID] = []
    agent_mode: str
    tools: list[UUID]
    last_conversation_date: datetime | None
    local_documents: list[UUID] = []


class ToolOut(BaseModel):
    id: UUID
    name: str
    description: str | None
    tool_type: str
    retrieval_mode: str
    category: str = "local"
    owner_project_id: UUID
    owner_project_name: str | None
    readonly: bool
    created_at: datetime
    updated_at: datetime


def agent_to_wire(row: AgentSettings, server_model: str) -> AgentSettingsOut:
    """`model` shows what answers: the agent's own, or the server's where the agent names none."""
    out = AgentSettingsOut.model_validate(row)
    out.model = row.model or server_model
    return out


def tool_to_wire(row: ToolSetting, project_name: str) -> ToolOut:
    return ToolOut(
        id=row.id,
        name=row.name,
        description=row.description,
        tool_type=row.tool_type,
        retrieval_mode=row.retrieval_mode,
        owner_project_id=row.project_id,
        owner_project_name=project_name,
        readonly=row.readonly,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
