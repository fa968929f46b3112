"""The graph over HTTP: objects are pushed, asked, and pushed again."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from citewell.errors import BadRequest
from citewell.graph.child import GraphData, QueryRequest
from citewell.graph.pool import GraphPool
from citewell.graph.worker import Worker
from citewell.process import Process
from tests.conftest import Api
from tests.documents.test_processing import active
from tests.extractors.test_extractors import ended

CLASS = (
    "class Supplier(BaseModel):\n    name: str\n    country: Optional[str] = None\n\n"
    "class Contract(BaseModel):\n    number: str\n    value: float\n    supplier: Supplier\n"
)


def row(document: str, number: str, supplier: str, value: float) -> dict[str, Any]:
    found = {"number": number, "value": value, "supplier": {"name": supplier}}
    return {"json_object": found, "document_id": document, "content": number, "min_page": 1, "max_page": 1}


async def pushed(api: Api, rows: list[dict[str, Any]]) -> str:
    """A table with these objects, pushed; its id."""
    columns = [{"name": name, "type": kind} for name, kind in (("id", "uuid"), ("json_object", "json"))]
    columns += [{"name": name, "type": "text"} for name in ("document_id", "content")]
    columns += [{"name": name, "type": "int"} for name in ("min_page", "max_page")]
    metadata = {"object_name": "Contract", "object_pydantic_class": CLASS}
    sent = {"name": "contracts", "columns": columns, "object_type": "object", "object_metadata": metadata}
    table = (await api.post("/tables/", json=sent)).json()["id"]
    made = await api.post(
        f"/tables/{table}/data-operations/", json={"operation": "create", "data": rows, "override": True}
    )
    assert made.status_code == 200, made.text
    run = await api.post(f"/tables/{table}/push-objects-to-tpuf/", json={})
    assert (await ended(api, run.json()["pipeline_run_id"]))["status"] == "completed"
    return str(table)


async def asked(api: Api, query: str, status: int = 200, **parameters: Any) -> Any:
    answer = await api.post("/run-neo4j-query/", json={"cypher_query": query, "parameters": parameters})
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_pushed_objects_are_a_graph(api: Api) -> None:
    assert await asked(api, "MATCH (n) RETURN n") == []
    document = await active(api, "contracts.md", b"# Contracts\n\nTwo contracts with Acme.\n")
    rows = [row(document, "C-1", "Acme", 10.5), row(document, "C-2", "ACME", 20), row(document, "C-3", "Beta", 1)]
    await pushed(api, rows)
    query = (
        "MATCH (c:Contract)-[:SUPPLIER]->(s:Supplier), (c)-[:FROM_DOCUMENT]->(d:Document) "
        "RETURN s.name AS supplier, count(c) AS contracts, sum(c.value) AS value, "
        "d.name AS document ORDER BY value DESC"
    )
    first, second = await asked(api, query)
    assert (first["contracts"], first["value"], first["document"]) == (2, 30.5, "contracts.md")
    assert (second["supplier"], second["contracts"]) == ("Beta", 1)
    shape = (await api.get("/graph-schema/")).json()
    assert shape["labels"]["Contract"]["count"] == 3
    assert {"from": "Contract", "type": "SUPPLIER", "to": "Supplier", "count": 3} in shape["relations"]
    template = {
        "query_template": "MATCH (c:Contract {{number: '{n}'}}) RETURN c.value AS v",
        "template_variables": {"n": "C-1"},
    }
    assert (await api.post("/run-templated-neo4j-query/", json=template)).json() == [{"v": 10.5}]
    await pushed(api, rows[:1])
    assert await asked(api, "MATCH (c:Contract) RETURN count(*) AS n") == [{"n": 1}]


async def test_what_is_refused_is_json_that_names_the_place(api: Api) -> None:
    told = await asked(api, "MATCH (n)\nCREATE (m)", 400)
    assert told["error"].startswith("Line 2, column 1: CREATE writes")
    without = await api.post("/generate-cypher-query/", json={"user_instruction": "All contracts"})
    assert without.status_code == 400
    assert "CITEWELL_MODEL" in without.json()["error"]


async def test_a_query_that_takes_too_long_ends_alone() -> None:
    worker = await Worker.start(GraphData([(["A"], {"n": n}) for n in range(300)], []))
    try:
        with pytest.raises(BadRequest, match=r"took longer than 0\.2 s"):
            await worker.ask(QueryRequest("MATCH (a), (b), (c), (d) RETURN count(*)"), seconds=0.2)
        assert not worker.is_alive
    finally:
        await worker.kill()


async def test_a_query_that_takes_too_much_memory_is_refused() -> None:
    worker = await Worker.start(GraphData([], []))
    try:
        grow = "RETURN [i IN range(1, 50) | range(1, 900000)] AS lists"
        with pytest.raises(BadRequest, match="memory"):
            await worker.ask(QueryRequest(grow), seconds=120)
    finally:
        await asyncio.shield(worker.kill())


async def test_those_who_wait_behind_a_query_that_was_stopped_are_answered(api: Api, process: Process) -> None:
    pool, project = GraphPool(process.database, query_seconds=2.0), UUID(api.project)
    slow = "UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b RETURN count(*)"
    try:
        stopped, *others = await asyncio.gather(
            pool.query(project, slow), *(pool.query(project, "RETURN 1 AS n") for _ in range(2)), return_exceptions=True
        )
    finally:
        await pool.aclose()
    assert isinstance(stopped, BadRequest)
    assert others == [[{"n": 1}]] * 2


async def test_the_mental_map_is_part_of_the_graph(api: Api) -> None:
    document = await active(api, "contracts.md", b"# Contracts\n\nA contract with Acme.\n")
    await pushed(api, [row(document, "C-1", "Acme", 10.5)])
    concepts = [
        {"name": "Agreement", "synonyms": ["contract"], "relations": [{"relation": "is signed by", "to": "Vendor"}]},
        {"name": "Vendor", "synonyms": ["Supplier"]},
    ]
    told = await api.post(
        "/artifact-edits/mental-map/",
        json={"action": "set", "content": {"domains": [{"label": "Purchasing", "concepts": concepts}]}},
    )
    changes = told.json()["ontology_changes"]
    assert changes["added"] == [
        "Purchasing",
        "Purchasing > Agreement",
        "Agreement is signed by Vendor",
        "Purchasing > Vendor",
    ]
    query = (
        "MATCH (o)-[:IS_A]->(c:Concept)-[:IN_DOMAIN]->(d:Domain {name: 'Purchasing'}) "
        "RETURN labels(o) AS labels, c.name AS concept ORDER BY concept"
    )
    assert await asked(api, query) == [
        {"labels": ["Contract"], "concept": "Agreement"},
        {"labels": ["Supplier"], "concept": "Vendor"},
    ]
    signed = "MATCH (a:Concept)-[:IS_SIGNED_BY]->(b:Concept) RETURN a.name AS a, b.name AS b"
    assert await asked(api, signed) == [{"a": "Agreement", "b": "Vendor"}]
    shape = (await api.get("/graph-schema/")).json()
    assert shape["labels"]["Concept"]["count"] == 2
    assert {"from": "Supplier", "type": "IS_A", "to": "Concept", "count": 1} in shape["relations"]

    removal = {"action": "patch", "changes": [{"op": "remove_concept", "domain": "Purchasing", "concept": "Vendor"}]}
    changes = (await api.post("/artifact-edits/mental-map/", json=removal)).json()["ontology_changes"]
    assert changes["removed"] == ["Agreement is signed by Vendor", "Purchasing > Vendor"]
    assert await asked(api, signed) == [], "the next query sees the edit"
