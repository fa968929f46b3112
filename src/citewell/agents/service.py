"""The rules of agents: which tools they may list, and what happens to the conversations of a deleted one."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agent.models.pool import ModelPool
from citewell.agents import repository
from citewell.agents.schemas import AgentSettingsIn
from citewell.audit.log import entry_of
from citewell.auth.access import Access
from citewell.documents.removal import remove_local_documents
from citewell.errors import Conflict, InvalidFields, NotFound
from citewell.models import AgentSettings, Project
from citewell.resources import Resources

_MAX_JSON = 50_000  # characters of an object of parameters
_SHOWN = 3  # ids that a message names


async def get_agent(session: AsyncSession, project_id: UUID, agent_id: UUID, *, lock: bool = False) -> AgentSettings:
    row = await repository.find_agent(session, project_id, agent_id, lock=lock)
    if row is None:
        raise NotFound("There are no such agent settings in this project.")
    return row


async def create_agent(
    session: AsyncSession, models: ModelPool, project_id: UUID, user_id: UUID, request: AgentSettingsIn
) -> AgentSettings:
    """Returns a new agent; with `is_default`, the project's default one if it is as the project came with it."""
    row = await repository.lock_untouched_default(session, project_id) if request.is_default else None
    if row is None:
        row = AgentSettings(project_id=project_id, created_by=user_id)
    if "project_brief" not in request.model_fields_set:
        project = await session.get_one(Project, project_id)
        row.project_brief = project.business_brief
    if "tools" not in request.model_fields_set:
        row.tools = await repository.lock_default_tools(session, project_id)
    _apply(row, await _changes(session, models, project_id, request))
    session.add(row)
    await session.flush()
    return row


async def update_agent(
    session: AsyncSession, models: ModelPool, project_id: UUID, agent_id: UUID, request: AgentSettingsIn
) -> AgentSettings:
    """Change an agent; fields that were not sent keep their values. Raises NotFound, InvalidFields."""
    # Tools are locked before agents everywhere, as when a tool is deleted. The other order could deadlock.
    changes = await _changes(session, models, project_id, request)
    row = await get_agent(session, project_id, agent_id, lock=True)
    if row.readonly:
        raise Conflict("These agent settings are read-only: create others with your changes.")
    _apply(row, changes)
    await session.flush()
    await session.refresh(row)
    return row


async def delete_agent(session: AsyncSession, resources: Resources, access: Access, agent_id: UUID) -> None:
    """Delete an agent and its local documents. Its conversations stay, without an agent: they are read, but take no
    more questions. Raises Conflict for the default agent and for one that is read-only."""
    project_id = access.project_id
    row = await get_agent(session, project_id, agent_id, lock=True)
    if row.is_default:
        raise Conflict("The default agent of a project cannot be deleted; it can be changed.")
    if row.readonly:
        raise Conflict("These agent settings are read-only and cannot be deleted.")
    await repository.remove_from_conversations(session, project_id, agent_id)
    await session.delete(row)
    await session.flush()
    await remove_local_documents(resources, session, project_id, agent_id)
    session.add(entry_of(access, "agent_deleted", "agent_settings", agent_id))


async def _changes(
    session: AsyncSession, models: ModelPool, project_id: UUID, request: AgentSettingsIn
) -> dict[str, Any]:
    """Returns the fields that were sent, as they are stored. Raises InvalidFields."""
    changes = {name: getattr(request, name) for name in request.model_fields_set - {"is_default"}}
    for name in ("knowledge_graph_parameters", "tags_hierarchies_parameters"):
        if name in changes:
            changes[name] = _checked_json(name, changes[name])
    if isinstance(changes.get("project_brief"), bool):
        project = await session.get_one(Project, project_id)
        changes["project_brief"] = project.business_brief if changes["project_brief"] else ""
    if "tools" in changes:
        changes["tools"] = list(dict.fromkeys(changes["tools"]))
        await _check_tools(session, project_id, changes["tools"])
    if "model" in changes:
        # Empty for the server's model, so that the agent follows a change of that setting.
        changes["model"] = "" if changes["model"] == models.default else changes["model"]
    return changes


def _apply(row: AgentSettings, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        setattr(row, name, value)


def _checked_json(name: str, value: Any) -> Any:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (ValueError, RecursionError):  # NaN, infinity, half a surrogate pair
        raise InvalidFields({name: ["Contains a number or a text that JSON cannot represent."]}) from None
    if len(text) > _MAX_JSON:
        raise InvalidFields({name: [f"Too large: at most {_MAX_JSON} characters as JSON."]})
    if "\\u0000" in text:
        raise InvalidFields({name: ["Must not contain NUL characters."]})
    return value or {}


async def _check_tools(session: AsyncSession, project_id: UUID, ids: Sequence[UUID]) -> None:
    """Locks them, so that none is deleted between the look and the commit."""
    known = await repository.lock_tools(session, project_id, ids)
    missing = [str(one) for one in ids if one not in known]
    if missing:
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        told = f"There are no such tools in this project: {', '.join(missing[:_SHOWN])}{more}."
        raise InvalidFields({"tools": [told]})
