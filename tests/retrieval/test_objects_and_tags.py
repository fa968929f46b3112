"""Searches of objects, and searches that tags of chunks, tags of documents and objects narrow."""

from typing import Any

import pytest

from tests.conftest import Api
from tests.documents.test_processing import active
from tests.extractors.test_extractors import ended

CLASS = "class Contract(BaseModel):\n    contract_number: str\n    party: str\n"
TREE = {
    "id": "topics",
    "name": "Topics",
    "children": [{"id": "travel", "name": "Train journeys"}, {"id": "rooms", "name": "Hotel rooms"}],
}
ACME = b"# Acme\n\nContract number: C-1\n\nParty: Acme Ltd\n\nTrain journeys are paid in the second class.\n"
BETA = b"# Beta\n\nContract number: C-2\n\nParty: Beta GmbH\n\nHotel rooms are paid up to 140 EUR.\n"


@pytest.fixture(scope="module")
async def contracts(process: Any, server: str) -> Any:
    """A project with two contracts as pushed objects, chunks with tags, and one document with a tag."""
    from tests.conftest import client_of

    async with client_of(process, server, "objects@example.org") as api:
        api.project = (await api.http.post("/api/v1/projects/", json={"name": "C", "business_brief": "T"})).json()["id"]
        first = await active(api, "acme.md", ACME)
        second = await active(api, "beta.md", BETA)
        made = await api.post("/object-extractors/", json={"name": "Contract", "extractable_pydantic_class": CLASS})
        extractor = made.json()
        await run(api, f"/object-extractors/{extractor['id']}/run-push/", {})
        await run(api, f"/tables/{extractor['extracted_objects_table']}/push-objects-to-tpuf/", {})
        tags = (await api.post("/tag-extractors/", json={"name": "Topics", "tagging_tree": TREE})).json()
        await run(api, f"/tag-extractors/{tags['id']}/run-push/", {})
        await document_tag(api, second)
        yield api, {"acme": first, "beta": second, "extractor": extractor["id"]}


async def run(api: Api, path: str, body: dict[str, Any]) -> None:
    started = await api.post(path, json=body)
    assert started.status_code == 200, started.text
    assert (await ended(api, started.json()["pipeline_run_id"]))["status"] == "completed"


async def document_tag(api: Api, document: str) -> None:
    names = ("id", "document_id", "tag_name", "tag_value", "justification", "verbatim")
    sent = {"name": "kinds", "columns": list(names), "object_type": "document_tags", "object_metadata": {"tags": []}}
    table = (await api.post("/tables/", json=sent)).json()["id"]
    row = {"document_id": document, "tag_name": "Kind", "tag_value": "Supplier"}
    await api.post(f"/tables/{table}/data-operations/", json={"operation": "create", "data": [row]})
    [version] = (await api.get(f"/tables/{table}/versions/")).json()["results"]
    await api.post(f"/tables/{table}/set-default-version/", json={"version_id": version["id"]})


async def found(api: Api, how: str = "hybrid-search", **wanted: Any) -> list[dict[str, Any]]:
    answer = await api.post(f"/retrieve-with-{how}/", json={"query": "what is paid", **wanted})
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["retrieval_results"]
    return results


@pytest.mark.parametrize("how", ["naive", "full-text-search", "hybrid-search"])
async def test_objects_are_found(contracts: Any, how: str) -> None:
    api, ids = contracts
    results = await found(api, how, query="Beta GmbH", indexes=["objects"])
    assert results[0]["object_id"] == results[0]["uuid"]
    assert (results[0]["type"], results[0]["name"], results[0]["document_id"]) == ("object", "Contract", ids["beta"])
    assert "party: Beta GmbH" in results[0]["content"]
    assert results[0]["reference_url"].endswith(results[0]["chunk_ids"][0])
    assert "json_object" not in results[0]


async def test_filters_of_objects(contracts: Any) -> None:
    api, ids = contracts
    beta = (await found(api, query="Beta GmbH", indexes=["objects"]))[0]["object_id"]
    both = await found(api, query="contract party", indexes=["objects"], included_objects=[{"name": "Contract"}])
    assert len(both) == 2
    [only] = await found(api, query="contract party", indexes=["objects"], included_objects=[{"id": beta}])
    assert only["object_id"] == beta
    [other] = await found(api, query="contract party", indexes=["objects"], excluded_objects=[{"object_id": beta}])
    assert other["document_id"] == ids["acme"]
    assert await found(api, query="party", indexes=["objects"], excluded_objects=[{"id": ids["extractor"]}]) == []
    chunks = await found(api, included_objects=[{"id": beta}])
    assert {one["document_id"] for one in chunks} == {ids["beta"]}
    mixed = await found(api, query="Beta GmbH", indexes=["chunks", "objects"])
    assert {one["type"] for one in mixed} == {"chunk", "object"}


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"included_tags": [{"id": "travel", "is_document_tags": False}]}, {"acme"}),
        ({"included_tags": [{"id": "topics", "is_document_tags": False}]}, {"acme", "beta"}),
        ({"excluded_tags": [{"id": "travel", "is_document_tags": False}]}, {"beta"}),
        ({"included_tags": [{"id": "nothing", "is_document_tags": False}]}, set()),
        ({"included_tags": [{"id": "Supplier", "is_document_tags": True}]}, {"beta"}),
        ({"excluded_tags": [{"id": "supplier", "is_document_tags": True}]}, {"acme"}),
        (
            {
                "included_tags": [
                    {"id": "travel", "is_document_tags": False},
                    {"id": "Supplier", "is_document_tags": True},
                ]
            },
            {"acme", "beta"},
        ),
    ],
)
async def test_tags_narrow_searches(contracts: Any, filters: dict[str, Any], names: set[str]) -> None:
    api, ids = contracts
    assert {one["document_id"] for one in await found(api, **filters)} == {ids[name] for name in names}


TOOL = {"name": "Find", "tool_type": "retrieval", "retrieval_parameters": {}}


async def ran(api: Api, more: dict[str, Any], **arguments: Any) -> list[dict[str, Any]]:
    made = await api.post("/tools/", json=TOOL | more)
    assert made.status_code == 201, made.text
    shown = (await api.get(f"/tools/{made.json()['id']}/")).json()
    again = await api.http.put(f"{api.base}/tools/{made.json()['id']}/", json={**shown, "agent_settings": None})
    assert again.status_code == 200, again.text  # what a list shows can be sent back
    answer = await api.post(f"/tools/{made.json()['id']}/run/", json=arguments)
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()
    return results


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        (
            {
                "tags_included_mode": "select_tags",
                "tags_included_parameters": [{"id": "travel", "is_document_tags": False}],
            },
            {"acme"},
        ),
        (
            {
                "tags_excluded_mode": "select_tags",
                "tags_excluded_parameters": [{"id": "Supplier", "is_document_tags": True}],
            },
            {"acme"},
        ),
        ({"tags_included_mode": "include_all", "tags_included_parameters": []}, {"acme", "beta"}),
        ({"attributes_included_mode": "select_attributes", "attributes_included_parameters": {"area": "x"}}, set()),
        ({"attributes_included_mode": "include_all", "attributes_included_parameters": {}}, {"acme", "beta"}),
        (
            {"objects_included_mode": "select_objects", "objects_included_parameters": [{"name": "Contract"}]},
            {"acme", "beta"},
        ),
        ({"objects_excluded_mode": "select_objects", "objects_excluded_parameters": [{"name": "Contract"}]}, set()),
        ({"document_mode": "include_all", "search_scope_extensions": {}}, {"acme", "beta"}),
    ],
)
async def test_tools_keep_to_their_scope(contracts: Any, scope: dict[str, Any], names: set[str]) -> None:
    api, ids = contracts
    for mode in ("semantic-chunks", "semantic-objects"):
        results = await ran(api, {"retrieval_mode": mode, **scope}, query="contract party paid", top_k=10)
        assert {one["document_id"] for one in results} == {ids[name] for name in names}, mode


@pytest.mark.parametrize(
    ("narrowed", "names"), [({"tag": "Supplier"}, {"beta"}), ({"about": "Acme"}, {"acme"}), ({"tag": "Nothing"}, set())]
)
async def test_a_search_of_objects_is_narrowed(contracts: Any, narrowed: dict[str, str], names: set[str]) -> None:
    api, ids = contracts
    results = await ran(api, {"retrieval_mode": "semantic-objects"}, query="contract party", **narrowed)
    assert {one["document_id"] for one in results} == {ids[name] for name in names}


async def test_a_tool_asks_the_graph(contracts: Any) -> None:
    api, _ = contracts
    template = "MATCH (c:Contract {party: $party}) RETURN c.contract_number AS number"
    more = {"retrieval_mode": "templated-query", "retrieval_parameters": {"query_template": template}}
    assert await ran(api, more, party="Acme Ltd") == [{"number": "C-1"}]
    writes = {"query_template": "MATCH (c)\nSET c.party = $party"}
    made = await api.post("/tools/", json=TOOL | more | {"retrieval_parameters": writes})
    assert made.status_code == 400
    assert "Line 2, column 1: SET writes" in made.json()["retrieval_parameters"][0]
