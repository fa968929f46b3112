"""Agents as models: `project/agent`, by names or by ids."""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.auth.access import Access, resolve_access
from citewell.auth.caller import Caller
from citewell.auth.permissions import Permission
from citewell.db.engine import Database
from citewell.errors import NotFound
from citewell.models import AgentSettings
from citewell.openai.repository import list_agents
from citewell.projects.service import list_projects

_MOST_PROJECTS = 1000


@dataclass(frozen=True)
class AgentModel:
    """An agent that the caller may ask, under the name that clients choose it by."""

    name: str
    project_id: UUID
    agent_id: UUID
    created: int


async def list_models(session: AsyncSession, caller: Caller) -> list[AgentModel]:
    """Returns every agent of every project that the caller may read, the default agent of a project first."""
    _, projects = await list_projects(session, caller, _MOST_PROJECTS, 0, readable=True)
    names = {project.id: project.name for project in projects}
    rows = await list_agents(session, names)
    written = {row.id: f"{names[row.project_id]}/{row.name}" for row in rows}
    twice = {name for name, count in Counter(written.values()).items() if count > 1}
    return [
        AgentModel(
            # Two agents of one name are told apart by their ids.
            f"{row.project_id}/{row.id}" if written[row.id] in twice else written[row.id],
            row.project_id,
            row.id,
            int(row.created_at.timestamp()),
        )
        for row in rows
    ]


async def find_model(database: Database, caller: Caller, name: str) -> tuple[Access, AgentSettings]:
    """Returns the agent that a client means: `project/agent`, by names or ids; a project alone means its default agent.

    Raises NotFound that names where to look.
    """
    async with database.read() as session:
        known = await list_models(session, caller)
        found = next((one for one in known if name in (one.name, f"{one.project_id}/{one.agent_id}")), None)
        found = found or next((one for one in known if name in (one.name.partition("/")[0], str(one.project_id))), None)
        if found is None:
            raise NotFound(f'There is no model "{name[:200]}": GET /v1/models lists those that you may use.')
        agent = await session.get_one(AgentSettings, (found.project_id, found.agent_id))
        access = await resolve_access(session, found.project_id, caller)
    access.require(Permission.VIEW)
    return access, agent


def model_to_wire(model: AgentModel) -> dict[str, object]:
    return {"id": model.name, "object": "model", "created": model.created, "owned_by": "citewell"}
