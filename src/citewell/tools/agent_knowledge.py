"""What an agent is told before the question, according to its settings: artifacts, the graph, tags."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.artifacts.context import expert_knowledge
from citewell.graph.service import shape_of
from citewell.models import AgentSettings
from citewell.tools.repository import list_tag_tables

_MOST_CHARS = 12_000  # of each part


async def agent_knowledge(
    session: AsyncSession, project_id: UUID, agent: AgentSettings | None, workflows_mode: str, workflows: Sequence[UUID]
) -> str:
    """Returns the project's artifacts, graph and tags as text; empty if there are none, or the agent wants none.

    `workflows_mode` and `workflows` select the playbooks: a turn has those that its agent had when it was asked.
    """
    parts = [
        await expert_knowledge(session, project_id, workflows_mode, workflows),
        await graph_and_tags(session, agent) if agent is not None else "",
    ]
    return "\n\n".join(part for part in parts if part)


async def graph_and_tags(session: AsyncSession, agent: AgentSettings) -> str:
    """Returns the shape of the graph and the trees of tags as text; empty if the agent's settings inject neither.

    `inject_all` takes all; a mode that begins with `select` takes what the parameters name.
    """
    project_id = agent.project_id
    parts = [
        await _graph(session, project_id, agent.knowledge_graph_mode, agent.knowledge_graph_parameters),
        await _tags(session, project_id, agent.tags_hierarchies_mode, agent.tags_hierarchies_parameters),
    ]
    return "\n\n".join(part[:_MOST_CHARS] for part in parts if part)


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
