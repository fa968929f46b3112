"""Flows with extractors: what a graph may be, and that a run redoes what depends on a change, and nothing else."""

import itertools
from typing import Any
from uuid import uuid4

from tests.conftest import Api
from tests.documents.test_processing import active
from tests.extractors.test_extractors import ended

BASE = ["parse", "chunk", "embed", "publish"]
CLASS = "class Contract(BaseModel):\n    contract_number: str\n    party: Optional[str] = None\n"
TREE = {"id": "kinds", "name": "Kinds", "children": [{"id": "lease", "name": "Lease"}, {"id": "loan", "name": "Loan"}]}
LEASE = b"# Lease\n\nThis lease has the\n\nContract number: C-1\n\nParty: Acme Ltd\n"
LOAN = b"# Loan\n\nThis loan has the\n\nContract number: C-2\n\nParty: Birch GmbH\n"


def dag(nodes: list[dict[str, Any]], *edges: tuple[str, str]) -> dict[str, Any]:
    """The steps of documents with these nodes behind them."""
    steps = [{"id": name, "kind": name} for name in BASE]
    every = [*itertools.pairwise(BASE), *edges]
    return {"nodes": [*steps, *nodes], "edges": [{"source": one, "target": other} for one, other in every]}


async def make(api: Api, family: str, **more: Any) -> dict[str, Any]:
    made = await api.post(f"/{family}-extractors/", json={"name": family, **more})
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


def node(name: str, kind: str, extractor: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "kind": kind, "extractor_id": extractor["id"]}


async def rows(api: Api, table: str) -> list[dict[str, Any]]:
    read = await api.post(f"/tables/{table}/data-operations/", json={"operation": "read"})
    found: list[dict[str, Any]] = read.json()["result"]["results"]
    return found


async def versions(api: Api, table: str) -> int:
    count: int = (await api.get(f"/tables/{table}/versions/")).json()["count"]
    return count


async def run(api: Api, flow: str) -> dict[str, Any]:
    started = await api.post(f"/extraction-flows/{flow}/run-sync/")
    assert started.status_code == 200, started.text
    found: dict[str, Any] = await ended(api, started.json()["pipeline_run_id"])
    return found


async def stats(api: Api, flow: str) -> dict[str, tuple[int, int]]:
    """By node: how many documents come to it, and how many of them would be made anew."""
    answer = await api.post(f"/extraction-flows/{flow}/node-stats/")
    assert answer.status_code == 200, answer.text
    return {name: (one["documents"], one["recomputed"]) for name, one in answer.json().items() if name not in BASE}


async def test_what_is_no_graph_is_refused_with_its_place(api: Api) -> None:
    tags = await make(api, "tag", tagging_tree=TREE)
    objects = await make(api, "object", extractable_pydantic_class=CLASS)
    odd = await make(api, "document-filter", filter={"colour": "red"})
    a, b = node("a", "tag", tags), node("b", "object", objects)
    cases = [
        (dag([a, b], ("publish", "a"), ("a", "b"), ("b", "a")), "a → b → a is a circle"),
        (dag([a], ("publish", "a"), ("a", "a")), "a → a is a circle"),
        (dag([a, a], ("publish", "a")), "nodes[5].id: 'a' appears twice"),
        (dag([{**a, "kind": "magic"}], ("publish", "a")), "nodes[4].kind"),
        (dag([a], ("publish", "a"), ("publish", "z")), "edges[4].target: there is no node 'z'"),
        (dag([a], ("publish", "a"), ("publish", "a")), "edges[4]: this edge appears twice"),
        (dag([a]), "nodes[4]: no edge leads to 'a'"),
        (dag([a], ("parse", "a")), "nodes[4]: tag cannot come after 'parse'"),
        (dag([{**a, "extractor_id": None}], ("publish", "a")), "nodes[4].extractor_id"),
        (dag([{**a, "extractor_id": str(uuid4())}], ("publish", "a")), "no such extractor of kind tag"),
        (dag([{**b, "kind": "tag"}], ("publish", "b")), "no such extractor of kind tag"),
        (dag([node("f", "document-filter", odd)], ("publish", "f")), "colour: no such filter"),
        (dag([node("f", "chunk-tag-filter", odd)], ("publish", "f")), "nodes[4]: chunk-tag-filter cannot come after"),
        ({"nodes": [{"id": "parse"}], "edges": []}, "must each be in the flow once"),
        ({"nodes": [{"name": "x"}]}, "nodes[0].id"),
        ({"nodes": "x"}, "nodes"),
        ({}, "nodes"),
    ]
    [first] = (await api.get("/extraction-flows/")).json()
    for sent, place in cases:
        made = await api.post("/extraction-flows/", json={"name": "Wrong", "dag": sent})
        assert (made.status_code, list(made.json())) == (400, ["dag"]), place
        assert place in made.json()["dag"][0], made.text
        changed = await api.patch(f"/extraction-flows/{first['id']}/", json={"name": "Wrong", "dag": sent})
        assert (changed.status_code, list(changed.json())) == (400, ["dag"]), place
    assert (await api.get("/extraction-flows/")).json() == [first]


async def test_a_run_redoes_what_depends_on_a_change(api: Api) -> None:
    await active(api, "lease.md", LEASE)
    await active(api, "loan.md", LOAN)
    tags = await make(api, "tag", tagging_tree=TREE)
    leases = await make(api, "chunk-tag-filter", filter={"included_tags": ["lease"]})
    objects = await make(api, "object", extractable_pydantic_class=CLASS)
    every = await make(api, "object", name="every", extractable_pydantic_class=CLASS)
    alerts = await make(api, "object-alerts")
    graph = dag(
        [
            node("tags", "tag", tags),
            node("leases", "chunk-tag-filter", leases),
            node("contracts", "object", objects),
            node("every", "object", every),
            node("alerts", "object-alerts", alerts),
        ],
        ("publish", "tags"),
        ("tags", "leases"),
        ("leases", "contracts"),
        ("publish", "every"),
        ("contracts", "alerts"),
    )
    made = await api.post("/extraction-flows/", json={"name": "Contracts", "dag": graph})
    assert made.status_code == 201, made.text
    flow = made.json()["id"]
    assert await stats(api, flow) == {
        "tags": (2, 2), "leases": (2, 2), "contracts": (2, 2), "every": (2, 2), "alerts": (2, 2)
    }  # fmt: skip
    assert (await run(api, flow))["status"] == "completed"
    found = await rows(api, objects["extracted_objects_table"])
    assert [row["json_object"]["contract_number"] for row in found] == ["C-1"], "only leases come to it"
    assert len(await rows(api, every["extracted_objects_table"])) == 2
    assert {name: anew for name, (_, anew) in (await stats(api, flow)).items() if name in ("tags", "every")} == {
        "tags": 0, "every": 0
    }  # fmt: skip
    before = {key: await versions(api, one["extracted_objects_table"]) for key, one in (("c", objects), ("e", every))}

    tree = {**TREE, "children": [{"id": "lease", "name": "Loan"}]}
    await api.patch(f"/tag-extractors/{tags['id']}/", json={"tagging_tree": tree})
    changed = await stats(api, flow)
    assert (changed["tags"], changed["contracts"], changed["every"]) == ((2, 2), (2, 2), (2, 0))
    assert (await run(api, flow))["status"] == "completed"
    found = await rows(api, objects["extracted_objects_table"])
    assert [row["json_object"]["contract_number"] for row in found] == ["C-2"]
    assert await versions(api, objects["extracted_objects_table"]) == before["c"] + 1
    assert await versions(api, every["extracted_objects_table"]) == before["e"], "nothing that it depends on changed"


async def test_a_filter_of_documents_and_chunks_of_another_cut(api: Api) -> None:
    await active(api, "lease.md", LEASE)
    await active(api, "loan.md", LOAN)
    some = await make(api, "document-filter", filter={"name": "LOAN"})
    cut = await make(api, "chunks", title_section_separator_mode="none", minimum_chunk_size=5000)
    objects = await make(api, "object", extractable_pydantic_class=CLASS)
    graph = dag(
        [node("some", "document-filter", some), node("cut", "chunks", cut), node("objects", "object", objects)],
        ("publish", "some"),
        ("some", "cut"),
        ("cut", "objects"),
    )
    body = {"name": "Loans", "publish_mode": "manual_publish", "dag": graph}
    flow = (await api.post("/extraction-flows/", json=body)).json()["id"]
    assert await stats(api, flow) == {"some": (2, 2), "cut": (1, 1), "objects": (1, 1)}
    assert (await run(api, flow))["status"] == "completed"
    [row] = await rows(api, objects["extracted_objects_table"])
    assert row["json_object"]["contract_number"] == "C-2"
    tables = {one["name"]: one["id"] for one in (await api.get("/tables/")).json()["results"]}
    [chunk] = await rows(api, tables[f"extracted_chunks_extractor_{cut['id']}"])
    assert row["evidence"]["/contract_number"]["chunk_id"] == chunk["id"]
    path = f"/tables/{objects['extracted_objects_table']}/versions/"
    assert [one["deployed"] for one in (await api.get(path)).json()["results"]] == [False]
    published = await api.post(f"/extraction-flows/{flow}/publish/")
    assert published.json()["message"] == "Publishing 0 documents and 3 tables."
    assert (await api.get(path)).json()["results"][0]["deployed"] is True
    await api.patch(f"/chunks-extractors/{cut['id']}/", json={"minimum_chunk_size": 10})
    assert await stats(api, flow) == {"some": (2, 2), "cut": (1, 1), "objects": (1, 1)}
    await api.delete(f"/object-extractors/{objects['id']}/")
    gone = await api.post(f"/extraction-flows/{flow}/run-sync/")
    assert (gone.status_code, list(gone.json())) == (400, ["dag"])
    assert (await api.post(f"/extraction-flows/{flow}/publish/")).status_code == 200, "the rest can be published"
    assert (await api.delete(f"/extraction-flows/{flow}/")).status_code == 204
    assert (await api.get(f"/extraction-flows/{flow}/")).status_code == 404


async def test_what_stands_before_an_extractor_alone(api: Api) -> None:
    await active(api, "lease.md", LEASE)
    await active(api, "loan.md", LOAN)
    made = await make(api, "object", extractable_pydantic_class=CLASS, pre_execution_filter={"contains": ["Birch"]})
    path = f"/object-extractors/{made['id']}"
    run_id = (await api.post(f"{path}/run/")).json()["pipeline_run_id"]
    assert (await ended(api, run_id))["status"] == "completed"
    [row] = await rows(api, made["extracted_objects_table"])
    assert row["json_object"]["party"] == "Birch GmbH"
    await api.patch(f"{path}/", json={"pre_execution_filter": {"colour": "red"}})
    run_id = (await api.post(f"{path}/run/")).json()["pipeline_run_id"]
    assert (await ended(api, run_id))["status"] == "failed"
    assert "colour: no such filter" in (await api.post(f"{path}/node-stats/")).text
