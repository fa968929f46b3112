"""What agents are told of the graph and of tags, as their settings say."""

from uuid import UUID

import pytest

from citewell.models import AgentSettings, KnowledgeGraph, KnowledgeTable
from citewell.process import Process
from citewell.tools.agent_knowledge import graph_and_tags
from tests.conftest import Api

SHAPE = {
    "labels": {
        "Contract": {"count": 2, "properties": {"number": "text"}},
        "Supplier": {"count": 1, "properties": {"name": "text"}},
    },
    "relations": [{"from": "Contract", "type": "SUPPLIER", "to": "Supplier", "count": 2}],
}
TREE = {"id": "topics", "name": "Topics", "children": [{"id": "travel", "name": "Travel"}]}


@pytest.mark.parametrize(
    ("settings", "there", "missing"),
    [
        ({"knowledge_graph_mode": "inject_all"}, ["(Contract)-[:SUPPLIER]->(Supplier)", "number"], ["travel"]),
        (
            {"knowledge_graph_mode": "select_subgraph", "knowledge_graph_parameters": [{"name": "Supplier"}]},
            ["- Supplier (name)"],
            ["Contract"],
        ),
        ({"knowledge_graph_mode": "do_not_inject"}, [], ["Contract", "travel"]),
        ({"tags_hierarchies_mode": "inject_all"}, ["  - travel: Travel"], ["Contract"]),
        ({"tags_hierarchies_mode": "select_tags", "tags_hierarchies_parameters": [{"id": "other"}]}, [], ["travel"]),
        ({"tags_hierarchies_mode": "select_tags", "tags_hierarchies_parameters": [{"id": "topics"}]}, ["travel"], []),
    ],
)
async def test_settings_choose(
    process: Process, api: Api, settings: dict[str, object], there: list[str], missing: list[str]
) -> None:
    project = {"project_id": UUID(api.project)}
    async with process.database.write() as session:
        session.add(KnowledgeGraph(**project, nodes=[], relations=[], shape=SHAPE))
        tags = {"object_type": "tag", "object_metadata": {"tagging_tree": TREE}}
        session.add(KnowledgeTable(**project, name="tags", columns=[], **tags))
        agent = AgentSettings(**project, name="A", tools=[], selected_workflows=[], **settings)
        session.add(agent)
        await session.flush()
        told = await graph_and_tags(session, agent)
    assert all(text in told for text in there)
    assert not any(text in told for text in missing)
