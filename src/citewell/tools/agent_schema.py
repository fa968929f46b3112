"""What an agent is told of the graph and of the tags, according to its settings."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.graph.service import shape_of
from citewell.models import AgentSettings
from citewell.tools.repository import list_tag_tables

_MOST_CHARS = 12_000  # of each part


async def agent_knowledge(session: AsyncSession, project_id: UUID, agent: AgentSettings | UUID | None) -> str:
    """Returns the shape of the graph and the trees of tags as text; empty if the agent's settings inject neither.

    `inject_all` takes all; a mode that begins with `select` takes what the parameters name.
    """
    found = agent if isinstance(agent, AgentSettings) else await _settings(session, project_id, agent)
    if found is None:
        return ""
    parts = [
        await _graph(session, project_id, found.knowledge_graph_mode, found.knowledge_graph_parameters),
        await _tags(session, project_id, found.tags_hierarchies_mode, found.tags_hierarchies_parameters),
    ]
    return "\n\n".join(part[:_MOST_CHARS] for part in parts if part)


def joined(*parts: str) -> str:
    """Texts for a model, one behind the other."""
    return "\n\n".join(part for part in parts if part)


async def _settings(session: AsyncSession, project_id: UUID, agent_id: UUID | None) -> AgentSettings | None:
    return await session.get(AgentSettings, (project_id, agent_id)) if agent_id is not None else None


def _chosen(mode: str, parameters: Any) -> set[str] | None:
    """Returns the names, in lower case; None for all. Nothing is injected where the set is empty."""
    if mode == "inject_all":
        return None
    if not mode.startswith("select"):
        return set()
    named = parameters if isinstance(parameters, list) else list(parameters or ())
    texts = (one.get("name") or one.get("id") if isinstance(one, Mapping) else one for one in named)
    return {str(one).casefold() for one in texts if one}


async def _graph(session: AsyncSession, project_id: UUID, mode: str, parameters: Any) -> str:
    chosen = _chosen(mode, parameters)
    if chosen == set():
        return ""
    shape = await shape_of(session, project_id)
    labels = {name: of for name, of in shape["labels"].items() if chosen is None or name.casefold() in chosen}
    lines = [f"- {name} ({', '.join(of['properties'])})" for name, of in labels.items()]
    lines += [
        f"- ({one['from']})-[:{one['type']}]->({one['to']})"
        for one in shape["relations"]
        if one["from"] in labels and (chosen is None or one["to"] in labels)
    ]
    return _titled("The graph of extracted objects (labels with properties, and relations):", lines)


async def _tags(session: AsyncSession, project_id: UUID, mode: str, parameters: Any) -> str:
    chosen = _chosen(mode, parameters)
    if chosen == set():
        return ""
    lines: list[str] = []
    for table in await list_tag_tables(session, project_id):
        tree = table.object_metadata.get("tagging_tree") or []
        for root in tree if isinstance(tree, list) else [tree]:
            if isinstance(root, dict) and (chosen is None or str(root.get("id")).casefold() in chosen):
                lines += _tree_lines(root, 0)
    return _titled("Tags of passages, as trees (id: name):", lines)


def _titled(title: str, lines: list[str]) -> str:
    return "\n".join([title, *lines]) if lines else ""


def _tree_lines(node: Mapping[str, Any], depth: int) -> list[str]:
    described = f". {node['description']}" if node.get("description") else ""
    lines = [f"{'  ' * depth}- {node.get('id')}: {node.get('name') or node.get('id')}{described}"]
    for child in node.get("children") or ():
        lines += _tree_lines(child, depth + 1)
    return lines
