"""The settings of agents, and the tools that they may use."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from citewell.models.base import Base, Tenant


class AgentSettings(Base, Tenant):
    __tablename__ = "agent_settings"

    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    readonly: Mapped[bool] = mapped_column(default=False)
    is_default: Mapped[bool] = mapped_column(default=False)
    additional_instructions: Mapped[str] = mapped_column(default="")
    agent_conversation_starter: Mapped[str] = mapped_column(default="")
    model: Mapped[str] = mapped_column(default="")  # empty: the model of the server's settings
    project_brief: Mapped[str] = mapped_column(default="")
    knowledge_graph_mode: Mapped[str] = mapped_column(default="none")
    # An object in the contract; the reference client also sends a list of `{"name": ...}`.
    knowledge_graph_parameters: Mapped[Any] = mapped_column(JSONB, default=dict)
    tags_hierarchies_mode: Mapped[str] = mapped_column(default="none")
    tags_hierarchies_parameters: Mapped[Any] = mapped_column(JSONB, default=dict)
    selected_workflows_mode: Mapped[str] = mapped_column(default="none")
    selected_workflows: Mapped[list[UUID]] = mapped_column(default=list)
    agent_mode: Mapped[str] = mapped_column(default="default")
    tools: Mapped[list[UUID]] = mapped_column(default=list)
    last_conversation_date: Mapped[datetime | None]


class ToolSetting(Base, Tenant):
    """A tool as a project offers it to its agents. `restrictions` says what of the documents it may look at: the
    modes and parameters for documents, tags and collections. `agent_settings_id` is whom a sub_agent asks."""

    __tablename__ = "tools"

    name: Mapped[str]
    description: Mapped[str | None]
    tool_type: Mapped[str]
    retrieval_mode: Mapped[str] = mapped_column(default="")
    retrieval_parameters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    restrictions: Mapped[dict[str, Any]] = mapped_column(default=dict)
    agent_settings_id: Mapped[UUID | None]
    readonly: Mapped[bool] = mapped_column(default=False)
