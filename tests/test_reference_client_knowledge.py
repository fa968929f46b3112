"""The public client, unchanged, for structured knowledge: tables, extractors, the graph, datasets and its tools."""

import asyncio
import importlib
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import crf_api_client.task
import pytest
from crf_api_client.models import Feedback, FeedbackClassification
from crf_api_client.task import Task
from crf_api_client.tools import SearchOnChunksTool, SearchOnObjectsTool, SearchTemplatedQueryTool
from crf_api_client.warehouse import Warehouse
from pydantic import BaseModel

from tests.conftest import Api
from tests.documents.test_processing import active
from tests.extractors.test_extractors import TREE

# The client imports this at its first use, in a thread beside the server. The import parses its own source, and CPython
# 3.11 sometimes fails ("recursion depth mismatch") when two threads build syntax trees.
importlib.import_module("datamodel_code_generator.parser.jsonschema")

CONTRACT = b"# Contract\n\nContract number: C-1\n\nParty: Acme Ltd\n\n# Interest\n\nLate payment costs interest.\n"


class Contract(BaseModel):
    """A contract."""

    contract_number: str
    party: str


@pytest.fixture
async def warehouse(api: Api, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """A project with one document. Between two looks at a task the client pauses for less than its two seconds."""
    pause = SimpleNamespace(sleep=lambda seconds: time.sleep(min(seconds, 0.05)))
    monkeypatch.setattr(crf_api_client.task, "time", pause)
    await active(api, "contract.md", CONTRACT)
    return Warehouse(api.server, api.token, api.project)


def done(task: Task) -> dict[str, Any]:
    found: dict[str, Any] = task.wait_for_completion()
    assert found["status"] == "completed", found["raw_logs"]
    assert task.refresh()["status"] == "completed"
    return found


async def test_the_reference_client_makes_and_fills_tables(warehouse: Warehouse) -> None:
    await asyncio.to_thread(_tables, warehouse)


def _tables(warehouse: Warehouse) -> None:
    version = warehouse.get_deployed_or_latest_chunks_table_version_id()
    assert version == warehouse.get_table("chunks").list_versions()[0]["id"]
    objects = warehouse.create_objects_table("contracts", Contract)
    tags = warehouse.create_tag_table("topics", TREE)
    labels = warehouse.create_document_tags_table("labels", [{"name": "kind", "possible_values": ["Contract"]}])
    assert {one.name: one.object_type for one in warehouse.list_tables()} == {
        "chunks": "chunk",
        "blocks": "block",
        "contracts": "object",
        "topics": "tag",
        "labels": "document_tags",
    }
    assert "class Contract" in objects.raw()["object_metadata"]["object_pydantic_class"]
    assert tags.raw()["table_version_dependencies"] == {"chunks": version}

    first = objects.create_version()["id"]
    row = {"id": str(uuid4()), "json_object": {"contract_number": "C-1"}}
    made = objects.perform_data_operation("create", table_version_id=first, data=[row])
    assert made["result"] == {"created": 1}
    read = objects.perform_data_operation("read", table_version_id=first, filters={"id": row["id"]})
    assert read["result"]["results"][0]["json_object"] == row["json_object"]
    objects.create_version()
    objects.set_latest_version_as_deployed()
    assert objects.get_deployed_version()["version"] == 2

    done(warehouse.run_document_tags_extraction(table_id=labels.table_id))
    [label] = labels.get_data()
    assert (label["tag_name"], label["tag_value"], label["verbatim"]) == ("kind", "Contract", "Contract")
    warehouse.delete_table(tags)
    warehouse.delete_table("labels")
    assert [one.name for one in warehouse.list_tables()] == ["chunks", "blocks", "contracts"]


async def test_object_extractors_the_graph_and_the_search_of_objects(warehouse: Warehouse) -> None:
    await asyncio.to_thread(_objects, warehouse)


def _objects(warehouse: Warehouse) -> None:
    made = warehouse.create_object_extractor(brief="Contracts", extractable_object=Contract, name="Contract")
    bare = warehouse.create_object_extractor_without_tables_and_versions(brief="Bare", extractable_object=Contract)
    warehouse.create_object_extractor_tables_and_versions(bare)
    warehouse.delete_object_extractor(bare["id"])
    assert [one["id"] for one in warehouse.list_object_extractors()] == [made["id"]]
    done(warehouse.run_object_extractor(made["id"]))
    done(warehouse.run_object_extraction_task(made["id"]))
    table = warehouse.get_table(f"extracted_objects_extractor_{made['id']}")
    [row] = table.get_data()
    assert row["json_object"] == {"contract_number": "C-1", "party": "Acme Ltd"}

    warehouse.sync_to_retrieval()
    found = warehouse.retrieve_with_cypher("MATCH (c:Contract) RETURN c.party AS party")
    assert found == [{"party": "Acme Ltd"}]
    template = "MATCH (c:Contract) WHERE c.contract_number = $number RETURN c.party AS party"
    assert warehouse.retrieve_with_templated_query(template, {"number": "C-1"}) == found
    refused = warehouse.generate_cypher_query("All parties")
    assert "CITEWELL_MODEL" in str(refused), "without a language model, the answer says what is missing"

    assistant = Assistant(warehouse)
    tool = SearchTemplatedQueryTool(template)
    tool.set_assistant(assistant)
    assert "$number" in tool.tool_description()
    assert tool.tool_function()({"number": "C-1"}) == found
    for mode in ("semantic", "full_text", "hybrid"):
        for search in (SearchOnObjectsTool(mode=mode), SearchOnChunksTool(mode=mode)):
            search.set_assistant(assistant)
            assert any("Acme" in one["content"] for one in search.tool_function()("Acme Ltd", 3)), search.tool_name()
            assert mode in search.tool_description()


class Assistant:
    """What the client's tools report to."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse

    def log_tool_call(self, tool_name: str, params: Any, results: Any) -> None: ...

    def store_in_cache(self, results: Any) -> None: ...


async def test_tag_and_chunk_extractors(warehouse: Warehouse) -> None:
    await asyncio.to_thread(_tags_and_chunks, warehouse)


def _tags_and_chunks(warehouse: Warehouse) -> None:
    made = warehouse.create_tag_extractor(brief="Topics", tagging_tree=TREE, name="Topics")
    bare = warehouse.create_tag_extractor_without_tables_and_versions(brief="Bare", tagging_tree=TREE, name="Bare")
    warehouse.create_tag_extractor_tables_and_versions(bare)
    warehouse.delete_tag_extractor(bare["id"])
    changed = warehouse.update_tag_extractor(made["id"], extraction_prompt="Look closely", enforce_single_tag=True)
    assert (changed["enforce_single_tag"], len(changed["versions"])) == (True, 2)
    assert [one["id"] for one in warehouse.list_tag_extractors()] == [made["id"]]
    done(warehouse.run_tag_extractor(made["id"]))
    done(warehouse.run_tag_extraction_task(made["id"]))
    [row] = warehouse.get_table(f"extracted_tags_extractor_{made['id']}").get_data()
    assert row["metadata"]["quotes"] == ["Late payment costs interest."]

    cut = warehouse.create_chunk_extractor("Small", document_ids=[], maximum_chunk_size=500, minimum_chunk_size=0)
    updated = warehouse.update_chunk_extractor(cut["id"], maximum_chunk_size=300)
    assert updated["maximum_chunk_size"] == 300
    done(warehouse.run_chunk_extractor(cut["id"]))
    chunks = warehouse.get_table(f"extracted_chunks_extractor_{cut['id']}").get_data()
    assert "Late payment costs interest." in " ".join(one["content"] for one in chunks)
    assert len(warehouse.list_chunk_extractors()) == 2
    warehouse.delete_chunk_extractor(cut["id"])
    assert cut["id"] not in [one["id"] for one in warehouse.list_chunk_extractors()]

    done(warehouse.run_parsing_task())
    done(warehouse.run_task_from_json({"steps": [{"step": "parsing"}, {"step": "chunking"}]}))


async def test_datasets_and_the_sorting_of_feedback(warehouse: Warehouse, tmp_path: Path) -> None:
    await asyncio.to_thread(_datasets, warehouse)


def _datasets(warehouse: Warehouse) -> None:
    dataset = warehouse.upload_temp_dataset([{"id": str(uuid4()), "name": "One"}], "rows.json")
    assert warehouse.get_temp_dataset(dataset["id"])["id"] == dataset["id"]
    columns = [{"name": "id", "type": "uuid"}, {"name": "name", "type": "text"}]
    table = warehouse.create_table("things", columns, "custom", {})
    version = table.create_version()["id"]
    begun = table.import_from_dataset(input_dataset_id=dataset["id"], table_version_id=version, poll_interval=0.05)
    assert warehouse.poll_import_export_operation(begun["id"], poll_interval=0.05)["status"] == "completed"
    assert [row["name"] for row in table.get_data()] == ["One"]

    given = {"id": "f", "created_at": "", "updated_at": "", "given_by": {}, "status": "", "context": {}}
    sorted_ones = warehouse.classify_feedbacks([Feedback(feedback="Wrong page", **given)], Sorting(), "Sort these.")
    assert [one.feedback_classification.classification for one in sorted_ones] == ["citation"]


class Sorting:
    """A client of a language model, which the caller gives to `classify_feedbacks`."""

    def __init__(self) -> None:
        self.responses = self

    def parse(self, **request: Any) -> Any:
        found = FeedbackClassification(reason="It is about a page.", classification="citation")
        return SimpleNamespace(output_parsed=found)
