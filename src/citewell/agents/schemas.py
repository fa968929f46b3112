"""Agent settings on the wire."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from citewell.models import AgentSettings

_NO_NUL = r"^[^\x00]*$"

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_NO_NUL)]
Short = Annotated[str, StringConstraints(max_length=200, pattern=_NO_NUL)]
Long = Annotated[str, StringConstraints(max_length=50_000, pattern=_NO_NUL)]
Tools = Annotated[list[UUID], Field(max_length=50)]
Workflows = Annotated[list[UUID], Field(max_length=1000)]
# The contract's object; the reference client also sends a list of `{"name": ...}`.
Parameters = dict[str, Any] | list[Any]


class AgentSettingsIn(BaseModel, extra="ignore"):
    """An agent as it is made, or replaced: with PUT, what is left out stays as it was. `model` empty: the server's.
    `project_brief` true: the project's; false: none. A new agent with `is_default` takes the place of the project's
    default agent while that one was neither changed nor asked: a copy of a project has one default agent, too."""

    name: Name
    description: Long = ""
    additional_instructions: Long = ""
    agent_conversation_starter: Long = ""
    model: Short = ""
    project_brief: Long | bool = ""
    knowledge_graph_mode: Short = "none"
    knowledge_graph_parameters: Parameters = {}
    tags_hierarchies_mode: Short = "none"
    tags_hierarchies_parameters: Parameters = {}
    selected_workflows_mode: Short = "none"
    selected_workflows: Workflows = []
    agent_mode: Short = "default"
    tools: Tools = []
    is_default: bool = False


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
    knowledge_graph_mode: str
    knowledge_graph_parameters: Parameters
    tags_hierarchies_mode: str
    tags_hierarchies_parameters: Parameters
    selected_workflows_mode: str
    selected_workflows: list[UUID]
    agent_mode: str
    tools: list[UUID]
    last_conversation_date: datetime | None
    local_documents: list[UUID] = []


def agent_to_wire(row: AgentSettings, server_model: str) -> AgentSettingsOut:
    """`model` shows what answers: the agent's own, or the server's where the agent names none."""
    out = AgentSettingsOut.model_validate(row)
    out.model = row.model or server_model
    return out
