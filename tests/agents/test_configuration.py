"""Configuring tools: what each type takes, and what is said to the rest."""

from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import Api

SELECT = {"document_mode": "select_documents", "document_parameters": [{"id": str(uuid4())}]}


@pytest.mark.parametrize(
    ("fields", "field", "told"),
    [
        ({}, "tool_type", "required"),
        ({"tool_type": "shell"}, "tool_type", "'retrieval'"),
        ({"tool_type": "math", "name": ""}, "name", "at least 1"),
        ({"tool_type": "retrieval", "retrieval_mode": "graph"}, "retrieval_mode", "semantic-chunks"),
        (
            {"tool_type": "retrieval", "retrieval_mode": "templated-query"},
            "retrieval_parameters",
            "needs query_template",
        ),
        ({"tool_type": "math", "retrieval_mode": "semantic-chunks"}, "retrieval_mode", "no modes"),
        ({"tool_type": "document_retrieval", "retrieval_mode": "x"}, "retrieval_mode", "list_document_names"),
        ({"tool_type": "retrieval", "retrieval_parameters": {"mode": "x"}}, "retrieval_parameters.mode", "hybrid"),
        ({"tool_type": "retrieval", "retrieval_parameters": {"n_objects": 0}}, "retrieval_parameters.n_objects", "1"),
        ({"tool_type": "retrieval", "retrieval_parameters": {"n_objects": 51}}, "retrieval_parameters.n_objects", "50"),
        ({"tool_type": "sub_agent"}, "agent_settings", "required"),
        ({"tool_type": "sub_agent", "agent_settings": str(uuid4())}, "agent_settings", "no such agent"),
        ({"tool_type": "math", "agent_settings": str(uuid4())}, "agent_settings", "sub_agent"),
        ({"tool_type": "math", **SELECT}, "document_mode", "reads no documents"),
        ({"tool_type": "get_chunk", **SELECT}, "document_parameters", "no such documents"),
        ({"tool_type": "get_chunk", "document_mode": "some"}, "document_mode", "select_documents"),
        ({"tool_type": "get_chunk", "document_mode": "select_documents"}, "document_parameters", "at least one"),
        ({"tool_type": "get_chunk", "document_parameters": SELECT["document_parameters"]}, "document_mode", "select"),
        (
            {"tool_type": "get_chunk", "tag_mode": "select_tags", "tag_parameters": [{}]},
            "tag_parameters",
            "at least one",
        ),
        (
            {"tool_type": "get_chunk", "tag_mode": "select_tags", "tag_parameters": [{"tag_name": "a\x00"}]},
            "tag_parameters",
            "NUL",
        ),
        (
            {"tool_type": "get_chunk", "collection_mode": "select_collections", "collection_parameters": ["\x00"]},
            "collection_parameters",
            "NUL",
        ),
        (
            {"tool_type": "get_chunk", "tag_mode": "select_tags", "tag_parameters": [{"id": str(uuid4())}]},
            "tag_parameters",
            "no such tags",
        ),
        (
            {"tool_type": "get_chunk", "collection_mode": "exclude_collections", "collection_parameters": ["x"]},
            "collection_parameters",
            "no such collections",
        ),
    ],
)
async def test_what_is_wrong_is_said_at_its_field(api: Api, fields: dict[str, Any], field: str, told: str) -> None:
    answer = await api.post("/tools/", json={"name": "A tool", **fields})
    assert answer.status_code == 400, answer.text
    assert told in answer.json()[field][0], answer.json()


async def test_put_keeps_what_was_not_sent(api: Api) -> None:
    body = {
        "name": "Search",
        "description": "Searches",
        "tool_type": "retrieval",
        "retrieval_mode": "semantic_chunks",
        "retrieval_parameters": {"mode": "full_text", "n_objects": 3, "force_n_objects": True},
    }
    made = (await api.post("/tools/", json=body)).json()
    assert made["retrieval_mode"] == "semantic-chunks"
    assert made["retrieval_parameters"] == {
        **{"mode": "full_text", "n_objects": 3, "force_n_objects": True},
        **{"rerank": False, "reformulate_query": False},
    }
    path = f"{api.base}/tools/{made['id']}/"
    changed = await api.http.put(path, json={"name": "Find", "tool_type": "retrieval"})
    assert changed.status_code == 200, changed.text
    assert changed.json() == made | {"name": "Find", "updated_at": changed.json()["updated_at"]}
    other = await api.http.put(path, json={"name": "Sums", "tool_type": "math"})
    assert other.status_code == 200, other.text
    assert (other.json()["retrieval_mode"], other.json()["retrieval_parameters"]) == ("", {})
    assert other.json()["description"] is None


async def test_the_tools_of_a_new_project_are_read_only(api: Api) -> None:
    tools = (await api.get("/tools/")).json()["results"]
    assert [tool["name"] for tool in tools] == [
        *("search_documents", "get_chunk", "find_text", "find_tables", "read_pages", "get_document_outline"),
        *("list_documents", "data_statistics", "math"),
    ]
    for tool in tools:
        assert tool["readonly"]
        assert (tool["category"], tool["owner_project_id"]) == ("local", api.project)
        assert tool["owner_project_name"] == "A project"
        assert (await api.delete(f"/tools/{tool['id']}/")).status_code == 409
    body = {"name": "Mine", "tool_type": "math"}
    assert (await api.http.put(f"{api.base}/tools/{tools[0]['id']}/", json=body)).status_code == 409


async def test_the_list_is_filtered_by_type(api: Api) -> None:
    found = (await api.get("/tools/", params={"tool_type": "math"})).json()
    assert [row["name"] for row in found["results"]] == ["math"]
    assert found["count"] == 1
    assert (await api.get("/tools/", params={"tool_type": "shell"})).status_code == 400
