"""Agent settings: making, changing and deleting them."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from crf_api_client.client import CRFAPIClient

from citewell.kit.ids import new_id
from citewell.process import Process
from tests.conftest import Api, client_of
from tests.sse import ask

WHOLE: dict[str, Any] = {
    "name": "Prices",
    "description": "Knows prices",
    "additional_instructions": "Be brief.",
    "agent_conversation_starter": "Ask me for prices.",
    "project_brief": "A brief",
    "knowledge_graph_mode": "select",
    "knowledge_graph_parameters": {"names": ["Product"]},
    "tags_hierarchies_mode": "all",
    "tags_hierarchies_parameters": {"depth": 2},
    "selected_workflows_mode": "select",
    "selected_workflows": [str(uuid4())],
    "agent_mode": "default",
}


async def put(api: Api, path: str, body: Any) -> Any:
    return await api.http.put(f"{api.base}{path}", json=body)


async def test_all_fields_come_back(api: Api) -> None:
    tools = [tool["id"] for tool in (await api.get("/tools/")).json()["results"]]
    made = await api.post("/agent-settings/", json={**WHOLE, "tools": tools[::-1], "readonly": True, "id": "mine"})
    assert made.status_code == 201, made.text
    agent = made.json()
    assert {name: agent[name] for name in WHOLE} == WHOLE
    assert agent["tools"] == tools[::-1]
    assert agent["created_by"] == (await api.http.get("/api/v1/users/me/")).json()["id"]
    assert (agent["readonly"], agent["is_default"]) == (False, False)
    assert agent["model"] == "extractive"
    assert (await api.get(f"/agent-settings/{agent['id']}/")).json() == agent
    listed = (await api.get("/agent-settings/")).json()
    assert [row["name"] for row in listed["results"]] == ["Default agent", "Prices"]


async def test_put_keeps_what_was_not_sent(api: Api) -> None:
    agent = (await api.post("/agent-settings/", json=WHOLE)).json()
    changed = await put(api, f"/agent-settings/{agent['id']}/", {"name": "Other", "model": "openai/gpt"})
    assert changed.status_code == 200, changed.text
    assert changed.json() == agent | {
        "name": "Other",
        "model": "openai/gpt",
        "updated_at": changed.json()["updated_at"],
    }
    assert changed.json()["updated_at"] > agent["updated_at"]
    back = await put(api, f"/agent-settings/{agent['id']}/", {"name": "Other", "model": ""})
    assert back.json()["model"] == "extractive"


async def test_a_new_agent_knows_the_projects_brief(api: Api) -> None:
    assert (await api.post("/agent-settings/", json={"name": "A"})).json()["project_brief"] == "Tests"


async def test_an_agent_made_without_tools_has_those_of_every_project(api: Api) -> None:
    [default] = (await api.get("/agent-settings/")).json()["results"]
    made = (await api.post("/agent-settings/", json={"name": "A"})).json()
    assert set(made["tools"]) == set(default["tools"])
    assert made["tools"]
    none = (await api.post("/agent-settings/", json={"name": "B", "tools": []})).json()
    assert none["tools"] == []


async def test_a_model_that_is_not_served_here_is_kept_as_a_wish(api: Api) -> None:
    made = await api.post("/agent-settings/", json={"name": "A", "model": "gpt-4o-mini"})
    assert made.status_code == 201
    assert made.json()["model"] == "gpt-4o-mini"
    await api.patch("/", json={"default_llm_model": "gpt-4o-mini"})
    found = await api.post("/retrieve-with-full-text-search/", json={"query": "x", "question": "What is x?"})
    assert found.status_code == 200
    assert found.json()["answer"]


@pytest.mark.parametrize(
    ("change", "field", "told"),
    [
        ({"name": None}, "name", "string"),
        ({"name": "  "}, "name", "at least 1"),
        ({"name": "a\x00b"}, "name", "NUL"),
        ({"tools": [str(uuid4())]}, "tools", "no such tools"),
        ({"tools": ["x"]}, "tools.0", "UUID"),
        ({"tools": [str(uuid4())] * 51}, "tools", "at most 50"),
        ({"model": "m" * 1_001}, "model", "at most"),
        ({"additional_instructions": "x" * 50_001}, "additional_instructions", "at most 50000"),
        ({"knowledge_graph_parameters": {"a": "x" * 50_001}}, "knowledge_graph_parameters", "at most 50000"),
        ({"tags_hierarchies_parameters": {"a": "\x00"}}, "tags_hierarchies_parameters", "NUL"),
    ],
)
async def test_wrong_fields_are_named(api: Api, change: dict[str, Any], field: str, told: str) -> None:
    answer = await api.post("/agent-settings/", json={"name": "A", **change})
    assert answer.status_code == 400
    assert told in answer.json()[field][0]


async def test_the_default_agent_is_changed_but_not_deleted(api: Api) -> None:
    [default] = (await api.get("/agent-settings/")).json()["results"]
    changed = await put(api, f"/agent-settings/{default['id']}/", {"name": "Ours"})
    assert (changed.json()["name"], changed.json()["tools"]) == ("Ours", default["tools"])
    refused = await api.delete(f"/agent-settings/{default['id']}/")
    assert refused.status_code == 409
    assert "default agent" in refused.json()["error"]


async def test_a_deleted_agent_leaves_its_conversations_to_be_read(handbook: Api) -> None:
    tools = [tool["id"] for tool in (await handbook.get("/tools/")).json()["results"]]
    agent = (await handbook.post("/agent-settings/", json={"name": "Short-lived", "tools": tools})).json()["id"]
    made = await handbook.post("/playground-conversations/", json={"agent_settings": agent})
    talk = made.json()["id"]
    await ask(handbook, "What does a hotel room cost?", talk)
    assert (await handbook.delete(f"/agent-settings/{agent}/")).status_code == 204
    assert (await handbook.get(f"/agent-settings/{agent}/")).status_code == 404
    found = (await handbook.get(f"/playground-conversations/{talk}/")).json()
    assert (found["agent_settings"], found["agent_settings_name"]) == (None, None)
    assert found["chat_history"][-1]["role"] == "assistant"
    path = f"/playground-conversations/{talk}/send_message_stream/"
    refused = await handbook.post(path, json={"message": "And now?"})
    assert refused.status_code == 409
    assert "deleted" in refused.json()["error"]
    assert len((await handbook.get(f"/playground-conversations/{talk}/turns/")).json()["results"]) == 1


async def test_agents_and_tools_of_another_project_are_not_there(
    process: Process, server: str, handbook: Api, api: Api
) -> None:
    async with client_of(process, server, f"{new_id().hex}@example.org", superuser=True) as both:
        both.project = handbook.project
        foreign_agent = (await both.get("/agent-settings/")).json()["results"][0]["id"]
        foreign_tool = (await both.get("/tools/")).json()["results"][0]["id"]
        document = (await both.get("/documents/")).json()["results"][0]["id"]
        both.project = api.project
        for path in (f"/agent-settings/{foreign_agent}/", f"/tools/{foreign_tool}/"):
            assert (await both.get(path)).status_code == 404, path
            body = {"name": "A", "tool_type": "math"}
            assert (await put(both, path, body)).status_code == 404, path
            assert (await both.delete(path)).status_code == 404, path
        assert (await both.get(f"/tools/{foreign_tool}/parameters/")).status_code == 404
        run = await both.post(f"/tools/{foreign_tool}/run/", json={"query": "x"})
        assert (run.status_code, run.json()["error_code"]) == (404, "not_found")
        listing = await both.post("/agent-settings/", json={"name": "A", "tools": [foreign_tool]})
        assert listing.status_code == 400
        for tool, field in (
            ({"tool_type": "sub_agent", "agent_settings": foreign_agent}, "agent_settings"),
            (
                {
                    "tool_type": "get_chunk",
                    "document_mode": "select_documents",
                    "document_parameters": [{"id": document}],
                },
                "document_parameters",
            ),
        ):
            refused = await both.post("/tools/", json={"name": "A", **tool})
            assert refused.status_code == 400
            assert "in this project" in refused.json()[field][0]


async def test_a_tool_that_is_deleted_leaves_the_agents(api: Api) -> None:
    tool = (await api.post("/tools/", json={"name": "Sums", "tool_type": "math"})).json()["id"]
    agent = (await api.post("/agent-settings/", json={"name": "A", "tools": [tool]})).json()["id"]
    assert (await api.delete(f"/tools/{tool}/")).status_code == 204
    assert (await api.get(f"/agent-settings/{agent}/")).json()["tools"] == []


async def test_the_reference_client_changes_tools_and_agents(api: Api) -> None:
    client = CRFAPIClient(api.server, api.token)

    def drive() -> None:
        [warehouse] = [item for item in client.list_warehouses() if item.id == api.project]
        tool = warehouse.create_tool({"name": "Sums", "tool_type": "math", "project": api.project})
        assert warehouse.update_tool(tool["id"], {**tool, "name": "Sum"})["name"] == "Sum"
        assert warehouse.run_tool(tool["id"], {"query": "6 * 7"}) == [{"expression": "6 * 7", "result": 42}]
        settings = {"name": "Client's", "tools": [tool["id"]], "knowledge_graph_parameters": [{"name": "Product"}]}
        made = warehouse.create_agent_settings(settings)
        assert made["knowledge_graph_parameters"] == [{"name": "Product"}]
        assert warehouse.get_agent_settings(made["id"]) == made
        # What one project exports another imports: everything that is read may be sent.
        again = warehouse.create_agent_settings({key: value for key, value in made.items() if key != "id"})
        assert again["tools"] == made["tools"]
        assert warehouse.update_agent_settings(made["id"], {**made, "description": "New"})["description"] == "New"
        assert len(warehouse.list_agent_settings()) == 3
        warehouse.delete_agent_settings(made["id"])
        warehouse.delete_tool(tool["id"])
        assert "Sum" not in [row["name"] for row in warehouse.list_tools()]

    await asyncio.to_thread(drive)
