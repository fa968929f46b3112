"""Pipelines that clients write as JSON: every step does its work, and what is wrong is named."""

from typing import Any

import pytest

from citewell.kit.ids import new_id
from tests.conftest import Api
from tests.documents.test_processing import active
from tests.extractors.test_extractors import ended
from tests.flows.test_graphs import CLASS, LEASE, LOAN, TREE, make, rows, versions
from tests.waiting import until


async def start(api: Api, *steps: Any, **more: Any) -> dict[str, Any]:
    answer = await api.post("/run-pipeline-from-json/", json={"pipeline": {"steps": list(steps)}, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = await ended(api, answer.json()["pipeline_run_id"])
    return found


async def test_a_pipeline_extracts_and_pushes(api: Api) -> None:
    lease = await active(api, "lease.md", LEASE)
    await active(api, "loan.md", LOAN)
    tags, some = (
        await make(api, "tag", tagging_tree=TREE),
        await make(api, "chunk-tag-filter", filter={"included_tags": ["lease"]}),
    )
    objects = await make(api, "object", extractable_pydantic_class=CLASS)
    run = await start(
        api,
        "parsing",
        {"step": "tag-extraction", "name": "tags", "tag_extractor_id": tags["id"]},
        {"step": "chunk-tag-filter", "extractor_id": some["id"]},
        {
            "step": "object_extraction",
            "params": {"object_extractor_id": objects["id"]},
            "depends_on": ["parsing", "chunk-tag-filter"],
        },
        {"step": "push-objects"},
    )
    assert (run["status"], run["pipeline_name"]) == ("completed", "pipeline"), run["raw_logs"]
    [row] = await rows(api, objects["extracted_objects_table"])
    assert row["document_id"] == lease
    [deployed] = (await api.get(f"/tables/{objects['extracted_objects_table']}/versions/")).json()["results"]
    assert deployed["deployed"]
    asked = {"cypher_query": "MATCH (c:Contract) RETURN c.party AS party"}
    assert (await api.post("/run-neo4j-query/", json=asked)).json() == [{"party": "Acme Ltd"}]
    await start(api, {"step": "tag-extraction", "tag_extractor_id": tags["id"]}, document_ids=[lease])
    assert await versions(api, tags["extracted_tags_table"]) == 2
    assert await versions(api, objects["extracted_objects_table"]) == 1, "only what the pipeline names is run"


@pytest.mark.parametrize(
    ("steps", "place"),
    [
        ([{"step": "cook"}], "steps[0].step"),
        (["parsing", {"step": "object-extraction"}], "steps[1].object_extractor_id"),
        ([{"step": "object-extraction", "object_extractor_id": "x"}], "steps[0].object_extractor_id"),
        ([{"step": "object-extraction", "object_extractor_id": str(new_id())}], "no such extractor of kind object"),
        ([{"step": "push-chunks", "table_id": str(new_id())}], "no such table"),
        (["parsing", {"step": "chunking", "depends_on": 1}, {"step": 7}], "steps[2].step"),
        ([{"step": "tag-extraction", "extractor_id": str(new_id()), "depends_on": ["later"]}], "steps[0].depends_on"),
        ({"step": "parsing"}, "steps"),
        (["parsing"] * 101, "steps"),
    ],
)
async def test_what_is_wrong_with_a_pipeline_is_named(api: Api, steps: Any, place: str) -> None:
    answer = await api.post("/run-pipeline-from-json/", json={"pipeline": {"steps": steps}})
    assert (answer.status_code, list(answer.json())) == (400, ["pipeline"])
    assert place in answer.text
    assert (await api.get("/pipeline-runs/")).json()["count"] == 0


async def test_what_was_extracted_from_a_document_goes_with_it(api: Api) -> None:
    lease, loan = await active(api, "lease.md", LEASE), await active(api, "loan.md", LOAN)
    tags, objects = (
        await make(api, "tag", tagging_tree=TREE),
        await make(api, "object", extractable_pydantic_class=CLASS),
    )
    labels = await make(api, "document-tag", tags=[{"name": "kind", "possible_values": ["Lease", "Loan", "Sale"]}])
    families = {"tag": tags, "object": objects, "document-tag": labels}
    steps = [{"step": family, "extractor_id": one["id"]} for family, one in families.items()]
    assert (await start(api, *steps, "push-objects"))["status"] == "completed"
    assert (await api.get("/available-document-tags/")).json() == {"kind": ["Lease", "Loan", "Sale"]}
    assert (await api.delete(f"/documents/{loan}/")).status_code == 204
    search = {"query": "contract", "indexes": ["objects"]}
    found = (await api.post("/retrieve-with-full-text-search/", json=search)).json()["retrieval_results"]
    assert [one["document_id"] for one in found] == [lease], "from the answer on"
    query = {"cypher_query": "MATCH (c:Contract) RETURN c.party AS party"}
    await until(lambda: api.post("/run-neo4j-query/", json=query), lambda one: one.json() == [{"party": "Acme Ltd"}])
    for one, table in ((objects, "extracted_objects_table"), (tags, "extracted_tags_table")):
        [row] = await rows(api, one[table])
        assert "C-2" not in str(row)
    assert (await api.delete(f"/document-tag-extractors/{labels['id']}/")).status_code == 204
    assert (await api.get("/available-document-tags/")).json() == {}
    assert (await api.get("/document-tags-by-document/", params={"document_ids": lease})).json()[lease] == {"tags": []}
