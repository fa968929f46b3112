"""Extractors by the reference client: made, changed into versions, run, deleted; and what is wrong."""

import asyncio
from typing import Any

import pytest
from crf_api_client.warehouse import Warehouse

from tests.conftest import Api
from tests.documents.test_processing import active
from tests.waiting import until

INVOICE = b"""# Invoice

Invoice number: RE-2026-17
Invoice date: January 31, 2026
Total: 1,240.50 EUR
Paid: no
Status: open

Please pay within 30 days. Late payment costs interest.
"""
CLASS = '''
class Status(str, Enum):
    OPEN = "open"
    PAID = "paid"

class Invoice(BaseModel):
    """An invoice."""
    invoice_number: str = Field(description="Number of the invoice")
    invoice_date: date
    total: float
    paid: bool
    status: Status
    customer: Optional[str] = None
'''
TREE = {
    "id": "topics",
    "name": "Topics",
    "children": [
        {"id": "interest", "name": "Late payments", "children": []},
        {"id": "travel", "name": "Train journeys", "children": []},
    ],
}


async def ended(api: Api, run_id: str) -> dict[str, Any]:
    async def look() -> dict[str, Any]:
        run: dict[str, Any] = (await api.get(f"/pipeline-runs/{run_id}/")).json()
        return run

    return await until(look, lambda run: run["status"] not in ("pending", "running"))


async def test_the_reference_client_extracts_objects(api: Api) -> None:
    document = await active(api, "invoice.md", INVOICE)
    extractor = await asyncio.to_thread(_make, api)
    run = await api.post(f"/object-extractors/{extractor['id']}/run/", json={"document_ids": [], "version_id": None})
    assert (await ended(api, run.json()["pipeline_run_id"]))["status"] == "completed"
    [row] = await asyncio.to_thread(_rows, api, f"extracted_objects_extractor_{extractor['id']}")
    assert row["document_id"] == document
    assert row["json_object"] == {
        "invoice_number": "RE-2026-17",
        "invoice_date": "2026-01-31",
        "total": 1240.5,
        "paid": False,
        "status": "open",
        "customer": None,
    }
    assert row["evidence"]["/customer"] == {"status": "missing"}
    total = row["evidence"]["/total"]
    assert (total["status"], total["verbatim"], total["document_id"]) == ("normalized", "1,240.50", document)
    assert row["evidence"]["/invoice_number"]["status"] == "exact"


def _make(api: Api) -> dict[str, Any]:
    warehouse = Warehouse(api.server, api.token, api.project)
    made = warehouse.create_object_extractor(brief="Invoices", extractable_pydantic_class=CLASS, name="Invoice")
    assert [one["id"] for one in warehouse.list_object_extractors()] == [made["id"]]
    tables = {table.name for table in warehouse.list_tables()}
    assert {f"extracted_objects_extractor_{made['id']}", f"alerts_extractor_{made['id']}"} <= tables
    same = warehouse.update_object_extractor(made["id"], brief="Other words")
    assert len(same["versions"]) == 1
    changed = warehouse.update_object_extractor(made["id"], extraction_prompt="Look closely")
    assert [one["is_default"] for one in changed["versions"]] == [True, False]
    aside = warehouse.update_object_extractor(made["id"], extraction_prompt="x", set_latest_version_as_default=False)
    assert [one["is_default"] for one in aside["versions"]] == [False, True, False]
    found: dict[str, Any] = made
    return found


def _rows(api: Api, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Warehouse(api.server, api.token, api.project).get_table(name).get_data()
    return found


async def test_tags_of_chunks(api: Api) -> None:
    await active(api, "invoice.md", INVOICE)
    made = (await api.post("/tag-extractors/", json={"name": "Topics", "tagging_tree": TREE})).json()
    run = await api.post(f"/tag-extractors/{made['id']}/run/", json={})
    await ended(api, run.json()["pipeline_run_id"])
    [row] = await asyncio.to_thread(_rows, api, f"extracted_tags_extractor_{made['id']}")
    assert row["id"] == "interest"
    assert row["metadata"]["tags"] == ["topics", "interest"]
    assert row["metadata"]["quotes"] == ["Late payment costs interest."]


async def test_a_project_has_one_chunks_extractor_which_is_its_settings(api: Api) -> None:
    [only] = (await api.get("/chunks-extractors/")).json()["results"]
    assert only["maximum_chunk_size"] == 10_000
    changed = await api.patch(f"/chunks-extractors/{only['id']}/", json={"maximum_chunk_size": 500})
    assert changed.json()["maximum_chunk_size"] == 500
    assert len(changed.json()["versions"]) == 2
    assert (await api.get("/")).json()["default_chunking_maximum_chunk_size"] == 500
    assert (await api.delete(f"/chunks-extractors/{only['id']}/")).status_code == 204
    names = [row["name"] for row in (await api.get("/tables/")).json()["results"]]
    assert names == ["chunks", "blocks"]


@pytest.mark.parametrize("family", ["parsing", "document-filter", "chunk-tag-filter", "object-alerts", "tag-alerts"])
async def test_the_other_families(api: Api, family: str) -> None:
    made = await api.post(f"/{family}-extractors/", json={"name": "One", "unknown": 1})
    assert made.status_code == 201
    one = f"/{family}-extractors/{made.json()['id']}/"
    assert (await api.get(one)).json()["name"] == "One"
    assert (await api.patch(one, json={"name": "Two"})).json()["name"] == "Two"
    run = await api.post(f"{one}run-push/", json={})
    assert (await ended(api, run.json()["pipeline_run_id"]))["status"] == "completed"
    assert (await api.delete(one)).status_code == 204
    assert (await api.get(one)).status_code == 404


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("class A(BaseModel)\n  x: int", "line 1"),
        ("x = 1", "no class"),
        ("class A(BaseModel):\n    a: 'A'", "A > A"),
        ("class A(BaseModel):\n    a: Unheard", "line 2"),
        ("class A(BaseModel):\n    b: 'list[B]'\nclass B(BaseModel):\n    a: Optional['A']", "B > A > B"),
        ("class A(BaseModel):\n" + "".join(f"    f{n}: int\n" for n in range(200)), "line 201"),
        ("class A(BaseModel):\n    a: " + "list[" * 5000 + "int" + "]" * 5000, "not Python"),
        ("", "no class"),
    ],
)
async def test_a_class_that_is_none(api: Api, source: str, place: str) -> None:
    for family in ("object-extractors", "imported-object-extractors"):
        answer = await api.post(f"/{family}/", json={"name": "A", "extractable_pydantic_class": source})
        assert (answer.status_code, list(answer.json())) == (400, ["extractable_pydantic_class"])
        assert place in answer.text
        assert (await api.get(f"/{family}/")).json()["count"] == 0
    assert {row["name"] for row in (await api.get("/tables/")).json()["results"]} == {"chunks", "blocks"}


@pytest.mark.parametrize(
    ("tree", "place"),
    [
        ({"name": "no id"}, "tree.id"),
        ({"id": "a", "children": [{"id": "a"}]}, "appears twice"),
        ({"id": "a", "children": [{"id": f"t{n}"} for n in range(10_000)]}, "5,000 tags"),
        ({"id": "a", "children": "b"}, "tree.children"),
    ],
)
async def test_a_tree_that_is_none(api: Api, tree: Any, place: str) -> None:
    answer = await api.post("/tag-extractors/", json={"name": "A", "tagging_tree": tree})
    assert answer.status_code == 400
    assert place in answer.text


async def test_null_stands_for_the_default(api: Api) -> None:
    sent = {
        "name": None,
        "block_grouping_config": None,
        "compute_alerts": None,
        "block_types": None,
        "document_ids": None,
    }
    made = (await api.post("/object-extractors/", json={**sent, "extractable_pydantic_class": CLASS})).json()
    assert made["block_grouping_config"] == {"type": "page_window", "window_size_pages": 5}
    assert (made["compute_alerts"], made["block_types"], made["document_ids"]) == (True, [], [])
    cut = await api.post("/chunks-extractors/", json={"maximum_chunk_size": None, "page_as_separator": None})
    assert (cut.json()["maximum_chunk_size"], cut.json()["page_as_separator"]) == (10_000, False)


async def test_an_extractor_that_is_imported_gets_its_first_version_later(api: Api) -> None:
    sent = {"name": "A", "extractable_pydantic_class": CLASS, "import_mode": True}
    made = (await api.post("/object-extractors/", json=sent)).json()
    assert (made["versions"], made["default_version"]) == ([], None)
    one = f"/object-extractors/{made['id']}/"
    assert (await api.post(f"{one}run/", json={})).status_code == 404
    changed = (await api.patch(one, json={"brief": "Invoices"})).json()
    assert [version["is_default"] for version in changed["versions"]] == [True]


async def test_source_is_never_executed(api: Api) -> None:
    source = "__import__('os').environ.update(CITEWELL_RAN='1')\nclass A(BaseModel):\n    x: int"
    assert (await api.post("/object-extractors/", json={"extractable_pydantic_class": source})).status_code == 201
    import os

    assert "CITEWELL_RAN" not in os.environ
