"""Running each type of tool by itself."""

from typing import Any
from uuid import uuid4

import pytest

from citewell.agent.running import run_tool
from citewell.process import Process
from citewell.tools import running
from tests.agents.conftest import Towns

SCHEMA_TYPES = {"string", "integer", "number", "boolean", "array", "object"}


async def test_parameters_are_listed_for_every_type(towns: Towns) -> None:
    agent = (await towns.api.get("/agent-settings/")).json()["results"][0]["id"]
    texts = {"retrieval", "websearch", "math", "sub_agent"}
    for kind in (*texts, "document_retrieval", "get_document_outline", "get_chunk", "data_statistics"):
        tool = await towns.make(kind, **({"agent_settings": agent} if kind == "sub_agent" else {}))
        parameters = (await towns.api.get(f"/tools/{tool}/parameters/")).json()
        assert parameters
        for one in parameters:
            assert set(one) == {"id", "type", "description", "required", "default"}
            assert one["type"] in SCHEMA_TYPES
            assert one["description"]
        required = {one["id"] for one in parameters if one["required"]}
        assert ("query" in required) == (kind in texts)


async def test_retrieval_gives_the_chunks_with_their_links(towns: Towns) -> None:
    tool = await towns.make("retrieval")
    results = await towns.run(tool, query="What does a room in Rome cost?", top_k=2)
    assert [len(results), results[0]["name"]] == [2, "rome hotels.md"]
    assert results[0]["uuid"] == towns.chunks["rome"]
    assert (await towns.api.http.get(results[0]["reference_url"])).status_code == 200
    parameters = {one["id"]: one for one in (await towns.api.get(f"/tools/{tool}/parameters/")).json()}
    assert parameters["top_k"]["default"] == 10


async def test_retrieval_searches_as_it_is_configured(towns: Towns) -> None:
    """A word that no document has: nothing for full text, the nearest by meaning."""
    words = await towns.make("retrieval", retrieval_parameters={"mode": "full_text"})
    meaning = await towns.make("retrieval", retrieval_parameters={"mode": "semantic"})
    assert await towns.run(words, query="accommodation") == []
    found = await towns.run(meaning, query="accommodation")
    assert len(found) == 3
    assert all(row["similarity"] is not None for row in found)


async def test_the_number_of_results_may_be_forced(towns: Towns) -> None:
    tool = await towns.make("retrieval", retrieval_parameters={"n_objects": 1, "force_n_objects": True})
    assert len(await towns.run(tool, query="hotel room", top_k=3)) == 1
    parameters = (await towns.api.get(f"/tools/{tool}/parameters/")).json()
    assert "top_k" not in [one["id"] for one in parameters]
    default = await towns.make("retrieval", retrieval_parameters={"n_objects": 2})
    assert len(await towns.run(default, query="hotel room")) == 2
    assert len(await towns.run(default, query="hotel room", top_k=3)) == 3


async def test_documents_are_listed_page_by_page(towns: Towns) -> None:
    tool = await towns.make("document_retrieval")
    pages = [await towns.run(tool, limit=2), await towns.run(tool, limit=2, offset=2)]
    assert [[row["name"] for row in page] for page in pages] == [
        ["bern_taxes.md", "oslo hotels.md"],
        ["rome hotels.md"],
    ]
    assert pages[0][1]["tags"] == [{"tag_name": "Country", "tag_value": "Norway"}]
    assert [row["name"] for row in await towns.run(tool, query="HOTELS")] == ["oslo hotels.md", "rome hotels.md"]
    assert await towns.run(tool, query="100%_") == []


@pytest.mark.parametrize(
    ("mode", "query", "first"),
    [
        ("identify_document_from_their_name_only", "the taxes of Bern", "bern_taxes.md"),
        ("identify_document_from_their_name_only", "rome", "rome hotels.md"),
        ("identify_document_from_their_content", "Where do guests pay for visiting?", "bern_taxes.md"),
        ("identify_document_from_their_tags", "country italy", "rome hotels.md"),
    ],
)
async def test_documents_are_found(towns: Towns, mode: str, query: str, first: str) -> None:
    tool = await towns.make("document_retrieval", retrieval_mode=mode)
    results = await towns.run(tool, query=query)
    assert results[0]["name"] == first
    assert len({row["document_id"] for row in results}) == len(results)


async def test_an_outline_says_what_the_document_is(towns: Towns) -> None:
    tool = await towns.make("get_document_outline")
    [outline] = await towns.run(tool, document_id=towns.ids["oslo"])
    assert (outline["name"], outline["status"], outline["source"]) == ("oslo hotels.md", "active", "upload")
    assert outline["document_tags"] == [{"tag_name": "Country", "tag_value": "Norway"}]
    [entry] = outline["entries"]
    assert entry["headings"] == ["Oslo"]
    assert (entry["table_count"], entry["figure_count"]) == (0, 0)
    start, end = outline["char_span"]
    assert 0 <= start < end


async def test_a_chunk_is_read_in_windows(towns: Towns) -> None:
    tool = await towns.make("get_chunk")
    [whole] = await towns.run(tool, chunk_id=towns.chunks["bern"])
    [part] = await towns.run(tool, chunk_id=towns.chunks["bern"], offset=5)
    assert part["content"] == whole["content"][5:]
    assert "tax for visitors" in whole["content"]


@pytest.mark.parametrize(
    ("arguments", "total", "groups"),
    [
        ({}, 3, []),
        ({"count": "chunks"}, 3, []),
        ({"count": "tags"}, 2, []),
        ({"count": "metadata"}, 1, []),
        ({"group_by": "content_type"}, 3, None),
        ({"group_by": "collection"}, 3, [("Default", 2), ("South", 1)]),
        ({"group_by": "tag"}, 3, [("Country: Italy", 1), ("Country: Norway", 1)]),
        ({"group_by": "tag", "key": "country"}, 3, [("Italy", 1), ("Norway", 1)]),
        ({"group_by": "tag", "key": "nothing"}, 3, []),
        ({"group_by": "metadata", "count": "chunks"}, 3, [("year: 2026", 1)]),
        ({"group_by": "metadata", "key": "YEAR"}, 3, [("2026", 1)]),
    ],
)
async def test_statistics_count_the_rows_that_match_by_group(
    towns: Towns, arguments: dict[str, Any], total: int, groups: Any
) -> None:
    [result] = await towns.run(await towns.make("data_statistics"), **arguments)
    assert result["total"] == total
    found = [(group["label"], group["count"]) for group in result["groups"]]
    if groups is None:
        assert sum(count for _, count in found) == total
    else:
        assert found == groups


async def test_statistics_say_that_there_are_more_groups(towns: Towns) -> None:
    [result] = await towns.run(await towns.make("data_statistics"), group_by="document", limit=2)
    assert (len(result["groups"]), result["more"]) == (2, True)


async def test_another_agent_answers_with_citations(towns: Towns) -> None:
    search = await towns.make("retrieval", document_mode="select_documents", document_parameters=[towns.ids["rome"]])
    agent = (await towns.api.post("/agent-settings/", json={"name": "Rome", "tools": [search]})).json()["id"]
    tool = await towns.make("sub_agent", agent_settings=agent)
    [result] = await towns.run(tool, query="What does a hotel room cost?")
    assert "150 EUR" in result["answer"]
    assert "210 EUR" not in result["answer"]
    [citation] = result["citations"]
    assert (citation["verified"], citation["document_id"]) == (True, towns.ids["rome"])
    assert (await towns.api.delete(f"/agent-settings/{agent}/")).status_code == 204
    assert "deleted" in await towns.fails(tool, 500, "tool_failure", query="And now?")


async def test_agents_that_were_asked_ask_no_others(towns: Towns) -> None:
    """Two agents that ask each other: the second one has no tool left, and says so."""
    agent = (await towns.api.post("/agent-settings/", json={"name": "One"})).json()["id"]
    tool = await towns.make("sub_agent", agent_settings=agent)
    path = f"{towns.api.base}/agent-settings/{agent}/"
    assert (await towns.api.http.put(path, json={"name": "One", "tools": [tool]})).status_code == 200
    [result] = await towns.run(tool, query="What does a hotel room cost?")
    assert "no tool" in result["answer"]


@pytest.mark.parametrize(
    ("kind", "arguments", "told"),
    [
        ("retrieval", {}, '"query" is required'),
        ("retrieval", {"query": ""}, '"query" is required'),
        ("retrieval", {"query": "x", "top_k": "many"}, "top_k"),
        ("retrieval", {"query": "x", "document_ids": ["y"]}, "UUID"),
        ("get_chunk", {}, "chunk_id"),
        ("get_document_outline", {"document_id": 7}, "document_id"),
        ("data_statistics", {"count": "lies"}, "documents, pages"),
        ("data_statistics", {"group_by": ["tag"]}, "content_type"),
        ("math", {"query": "import os"}, "expression"),
    ],
)
async def test_wrong_arguments(towns: Towns, kind: str, arguments: dict[str, Any], told: str) -> None:
    assert told in await towns.fails(await towns.make(kind), 400, "invalid_arguments", **arguments)


async def test_what_cannot_be_run_has_the_shape_of_a_tool_error(towns: Towns) -> None:
    for path in (str(uuid4()), "no-id"):
        missing = await towns.api.post(f"/tools/{path}/run/", json={"query": "x"})
        assert missing.status_code == 404
        assert missing.json() == {
            **{"error_type": "not_found", "error_code": "not_found", "status": "error"},
            "message": "There is no such tool in this project.",
        }
    tool = await towns.make("math")
    for content in ("{", "[]", "7"):
        headers = {"Content-Type": "application/json"}
        broken = await towns.api.post(f"/tools/{tool}/run/", content=content, headers=headers)
        assert broken.status_code == 400, content
        assert broken.json()["status"] == "error"
    missing = await towns.fails(await towns.make("get_chunk"), 404, "no_such_object", chunk_id=str(uuid4()))
    assert "no such chunk" in missing


async def test_a_tool_that_breaks_tells_nothing_of_the_server(towns: Towns, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        async def search(self, *_: Any, **__: Any) -> Any:
            raise RuntimeError("secret of the server")

    tool = await towns.make("retrieval")
    monkeypatch.setattr("citewell.tools.factory.Workbench.knowledge", lambda *_: Broken())
    message = await towns.fails(tool, 500, "tool_error", query="x")
    assert "secret" not in message


async def test_a_tool_that_hangs_is_ended(towns: Towns, process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hurried(*arguments: Any, seconds: float, **more: Any) -> Any:
        assert seconds == process.settings.max_tool_seconds
        return await run_tool(*arguments, seconds=0.0, **more)

    tool = await towns.make("retrieval")
    monkeypatch.setattr(running, "run_tool", hurried)
    assert "did not finish" in await towns.fails(tool, 500, "tool_timeout", query="hotel")


@pytest.mark.parametrize(
    ("kind", "content", "status"),
    [
        ("data_statistics", '{"group_by": "tag", "key": "a\\ud800"}', 200),
        ("data_statistics", '{"limit": 1e999}', 400),
        ("data_statistics", '{"limit": NaN}', 400),
        ("document_retrieval", '{"query": "a\\u0000b"}', 200),
        ("retrieval", '{"query": "\\ud800"}', 200),
        ("retrieval", '{"query": "x", "top_k": 1' + "0" * 400 + "}", 200),
        ("get_chunk", '{"chunk_id": "\\ud800"}', 400),
    ],
)
async def test_hostile_json(towns: Towns, kind: str, content: str, status: int) -> None:
    tool = await towns.make(kind)
    headers = {"Content-Type": "application/json"}
    answer = await towns.api.post(f"/tools/{tool}/run/", content=content, headers=headers)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("value", ['{"a": NaN}', '{"a": "\\ud800"}', '{"a": 1e999}', '{"\\u0000": 1}'])
async def test_parameters_that_no_database_stores(towns: Towns, value: str) -> None:
    content = f'{{"name": "A", "knowledge_graph_parameters": {value}}}'
    headers = {"Content-Type": "application/json"}
    answer = await towns.api.post("/agent-settings/", content=content, headers=headers)
    assert answer.status_code == 400, answer.text
    assert "knowledge_graph_parameters" in answer.text
