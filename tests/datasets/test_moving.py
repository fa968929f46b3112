"""Rows move between datasets and tables, and a whole project from one server to another, by the public client."""

import asyncio
import json
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from crf_api_client.client import CRFAPIClient
from crf_api_client.exception import CRFAPIError
from crf_api_client.warehouse import Warehouse
from requests import HTTPError
from sqlalchemy import func, select

from citewell.datasets import service, tasks
from citewell.jobs.queue import MAX_ATTEMPTS
from citewell.models import ImportExport, TableRow
from citewell.process import Process
from tests.conftest import Api
from tests.documents.test_processing import active
from tests.extractors.test_extractors import CLASS, INVOICE, TREE, ended
from tests.ingestion.pictures import picture
from tests.waiting import until

COLUMNS = [{"name": "id", "type": "uuid"}, {"name": "name", "type": "text"}]


async def test_rows_go_out_and_in(api: Api) -> None:
    await asyncio.to_thread(_by_client, api)


def _by_client(api: Api) -> None:
    warehouse = Warehouse(api.server, api.token, api.project)
    table = warehouse.create_table("things", COLUMNS, "custom", {})
    rows = [{"id": str(uuid4()), "name": f"Thing {number}"} for number in range(7)]
    table.write_data(rows)
    out = table.export_to_dataset(poll_interval=0.05)
    assert (out["status"], out["row_count"]) == ("completed", 7)
    target = table.create_version()["id"]
    back = table.import_from_dataset(
        input_dataset_id=out["output_dataset"], table_version_id=target, poll_interval=0.05
    )
    assert back["status"] == "completed"
    assert table.get_data(table_version_id=target) == rows
    more = table.import_from_dataset(data=rows[:2], table_version_id=target, override=True, poll_interval=0.05)
    assert more["row_count"] == 2
    assert table.get_data(table_version_id=target) == rows[:2]
    with pytest.raises(HTTPError, match="400"):
        table.import_from_dataset(data="{}", table_version_id=target, poll_interval=0.05)
    with pytest.raises(CRFAPIError, match=r"data\[1\].id"):
        table.import_from_dataset(data=[{"name": "good"}, {"id": 7}], table_version_id=target, poll_interval=0.05)
    assert table.get_data(table_version_id=target) == rows[:2], "nothing of a bad file is stored"
    [first, *_] = warehouse.list_temp_datasets()
    warehouse.delete_temp_dataset(first["id"])
    assert first["id"] not in [one["id"] for one in warehouse.list_temp_datasets()]


async def test_an_upload_address_is_of_one_dataset(api: Api) -> None:
    announced = (await api.post("/temp-datasets/generate-presigned-upload-url/", json={"filename": "a.json"})).json()
    address = announced["upload_url"]
    assert (await api.http.put(address[:-2] + "xx", content=b"[]")).status_code == 403
    early = await api.post("/temp-datasets/confirm-upload/", json={"temp_dataset_id": announced["temp_dataset_id"]})
    assert early.status_code == 400
    assert (await api.http.put(address, content=b"[]")).status_code == 200


async def test_a_dataset_that_was_never_uploaded_can_be_deleted(api: Api) -> None:
    announced = (await api.post("/temp-datasets/generate-presigned-upload-url/", json={"filename": "a.json"})).json()
    assert (await api.delete(f"/temp-datasets/{announced['temp_dataset_id']}/")).status_code == 204


async def dataset(api: Api, content: bytes) -> str:
    announced = (await api.post("/temp-datasets/generate-presigned-upload-url/", json={"filename": "a.json"})).json()
    await api.http.put(announced["upload_url"], content=content)
    await api.post("/temp-datasets/confirm-upload/", json={"temp_dataset_id": announced["temp_dataset_id"]})
    return str(announced["temp_dataset_id"])


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b'[{"name": ' + b"[" * 300 + b"]" * 300 + b"}]", "nested too deeply"),
        (b'[{"name": ' + b"[" * 9000 + b"]" * 9000 + b"}]", "nested too deeply"),
        (b'{"a": 1}', "array"),
        (b'[{"name": "good"}, 7]', "$[1]"),
        (b'[{"name": "cut', "truncated"),
        (b"\xff", "byte 0"),
    ],
)
async def test_a_dataset_that_is_no_list_of_rows_is_refused(api: Api, content: bytes, place: str) -> None:
    made = (await api.post("/tables/", json={"name": "things", "columns": COLUMNS})).json()
    version = (await api.post(f"/tables/{made['id']}/versions/")).json()["id"]
    body = {"job_type": "import", "table_version": version, "input_dataset": await dataset(api, content)}
    answer = await api.post("/import-export-operations/", json=body)
    assert (answer.status_code, list(answer.json())) == (400, ["input_dataset"])
    assert place in answer.text
    read = await api.post(f"/tables/{made['id']}/data-operations/", json={"operation": "read"})
    assert read.json()["count"] == 0


async def fill(api: Api) -> None:
    """A project with one of everything that a client exports."""
    document = await active(api, "invoice.md", INVOICE)
    made = (await api.post("/object-extractors/", json={"name": "Invoice", "extractable_pydantic_class": CLASS})).json()
    for path in (f"/object-extractors/{made['id']}/run/", ""):
        if path:
            await ended(api, (await api.post(path, json={})).json()["pipeline_run_id"])
    rows = f"/tables/{made['extracted_objects_table']}/data-operations/"
    [row] = (await api.post(rows, json={"operation": "read"})).json()["result"]["results"]
    change = {"id": row["id"], "json_object": row["json_object"] | {"customer": "Acme Ltd"}}
    assert (await api.post(rows, json={"operation": "update", "data": [change]})).status_code == 200
    tags = (await api.post("/tag-extractors/", json={"name": "Topics", "tagging_tree": TREE})).json()
    await ended(api, (await api.post(f"/tag-extractors/{tags['id']}/run-push/", json={})).json()["pipeline_run_id"])
    tool = {
        "name": "invoices",
        "tool_type": "retrieval",
        "retrieval_mode": "semantic-chunks",
        "document_mode": "select_documents",
        "document_parameters": [{"id": document, "name": "invoice.md"}],
    }
    made_tool = await api.post("/tools/", json=tool)
    assert made_tool.status_code == 201, made_tool.text
    agent = await api.post("/agent-settings/", json={"name": "Clerk", "tools": [made_tool.json()["id"]]})
    assert agent.status_code == 201, agent.text
    local = f"/agent-settings/{agent.json()['id']}/local-documents/bulk-upload/"
    files = [("files", ("rules.md", b"# Rules\n\nInvoices are paid on Fridays.\n", "text/markdown"))]
    assert (await api.post(local, files=files, data={"skip_processing": "true"})).status_code == 201
    drawn = [("figure", ("stamp.png", picture(1), "image/png"))]
    assert (await api.post("/extracted-figures/", files=drawn, data={"document_id": document})).status_code == 201
    small = (await api.post("/chunks-extractors/", json={"name": "Small", "maximum_chunk_size": 300})).json()
    await ended(api, (await api.post(f"/chunks-extractors/{small['id']}/run/", json={})).json()["pipeline_run_id"])
    truth = {"query": "What does it cost?", "answer": "1,240.50 EUR", "additional_notes": "with tax"}
    assert (await api.post("/ground-truths/", json=truth)).status_code == 201


def exported(api: Api, project: str, path: Path) -> dict[str, Any]:
    """What the client exports of a project: ids and times are replaced by where they first stand."""
    warehouse = next(one for one in CRFAPIClient(api.server, api.token).list_warehouses() if one.id == project)
    warehouse.export_warehouse(str(path))
    with zipfile.ZipFile(path) as archive:
        found: dict[str, Any] = json.loads(archive.read("export_data.json"))
        rows = {
            table["name"]: [
                json.loads(archive.read(f"tables_data/{table['id']}/{one['id']}")) for one in table["versions"]
            ]
            for table in found["tables"].values()
        }
        kinds = ("documents/", "local_documents/", "figures/")
        names = [name for name in archive.namelist() if name.startswith(kinds)]
        found["files"] = sorted((name.split("/")[0], archive.read(name)) for name in names)
    found["rows"] = rows
    return found


def listed(parts: list[dict[str, Any]]) -> list[Any]:
    """Parts of an export without ids and times. Imports make them in the order of the list, which is newest first."""
    return sorted((shape(one) for one in parts), key=json.dumps)


def shape(value: Any, key: str = "") -> Any:
    """The value without ids, times and addresses."""
    if key.endswith(("_at", "_date", "file", "figure")) or key in ("id", "owner_project_id", "project", "created_by"):
        return None
    if isinstance(value, dict):
        return {name.split("_extractor_")[0]: shape(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [shape(one, key) for one in value]
    if isinstance(value, str) and len(value) == 36 and value.count("-") == 4:
        return None
    return value.split("_extractor_")[0] if isinstance(value, str) else value


async def ended_in(api: Api, copy: Warehouse) -> str:
    """The status with which a sync of the whole project ends."""
    task = await asyncio.to_thread(copy.run_sync_to_retrieval)
    path = f"/api/v1/projects/{copy.id}/pipeline-runs/{task.task_id}/"
    run = await until(lambda: api.http.get(path), lambda one: one.json()["status"] not in ("pending", "running"))
    return str(run.json()["status"])


async def test_a_whole_project_moves_by_the_public_client(api: Api, tmp_path: Path) -> None:
    await fill(api)
    first = await asyncio.to_thread(exported, api, api.project, tmp_path / "first.zip")
    client = CRFAPIClient(api.server, api.token)
    copy = await asyncio.to_thread(client.import_warehouse, str(tmp_path / "first.zip"))
    second = await asyncio.to_thread(exported, api, copy.id, tmp_path / "second.zip")
    assert second["files"] == first["files"]
    assert {name: len(versions) for name, versions in shape(second["rows"]).items()} == {
        name: len(versions) for name, versions in shape(first["rows"]).items()
    }
    assert shape(second["rows"]) == shape(first["rows"])
    assert sorted(map(shape, second["tables"])) == sorted(map(shape, first["tables"]))
    assert shape(second["project"]) == shape(first["project"])
    for part in (
        "documents",
        "ground_truths",
        "object_extractors",
        "tag_extractors",
        "chunk_extractors",
        "tools",
        "agent_settings",
        "local_documents",
        "extracted_figures",
    ):
        assert first[part], part
        assert listed(second[part]) == listed(first[part]), part
    assert (await ended_in(api, copy)) == "completed"
    original, api.project = api.project, copy.id
    answer = await api.post(
        "/retrieve-with-hybrid-search/", json={"query": "late payment", "n_objects": 3, "rrf_k": 60}
    )
    [extractor] = (await api.get("/object-extractors/")).json()["results"]
    cases = f"/object-extractors/{extractor['id']}/test-cases/"
    run = f"/object-extractors/{extractor['id']}/run/"
    moved = (await api.post(cases)).json()["results"]
    await ended(api, (await api.post(run)).json()["pipeline_run_id"])
    held = (await api.post(cases)).json()["results"]
    rows = f"/tables/{extractor['extracted_objects_table']}/data-operations/"
    [row] = (await api.post(rows, json={"operation": "read"})).json()["result"]["results"]
    api.project = original
    assert "Late payment costs interest" in json.dumps(answer.json())
    assert [(one["pointer"], one["expected"], one["state"]) for one in (*moved, *held)] == [
        ("/customer", "Acme Ltd", "not_run"),
        ("/customer", "Acme Ltd", "failed"),
    ], "what was corrected is held against the run in the other project too"
    assert row["json_object"]["customer"] == "Acme Ltd"


async def things(api: Api, rows: list[dict[str, Any]]) -> tuple[UUID, UUID, UUID]:
    """A version of a table into which the rows were imported; the ids of project, operation and version."""
    made = (await api.post("/tables/", json={"name": "things", "columns": COLUMNS})).json()
    version = (await api.post(f"/tables/{made['id']}/versions/")).json()["id"]
    wanted = {
        "job_type": "import",
        "table_version": version,
        "input_dataset": await dataset(api, json.dumps(rows).encode()),
    }
    started = await api.post("/import-export-operations/", json=wanted)
    assert started.status_code in (200, 201, 202), started.text
    operation = started.json()["id"]
    path = f"/import-export-operations/{operation}/"
    await until(lambda: api.get(path), lambda one: one.json()["status"] == "completed")
    return UUID(api.project), UUID(operation), UUID(version)


async def test_two_workers_with_one_import_store_its_rows_once(process: Process, api: Api) -> None:
    """A worker that stood still goes on after its job was given to another."""
    project, operation, version = await things(api, [{"name": "one"}])
    async with process.database.read() as session:
        stale = await session.get_one(ImportExport, (project, operation))
        session.expunge(stale)
    await tasks._import(process, stale)
    query = select(func.count()).where(TableRow.project_id == project, TableRow.version_id == version)
    async with process.database.read() as session:
        assert await session.scalar(query) == 1


async def test_an_import_that_breaks_for_the_last_time_has_failed(
    process: Process, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*arguments: Any) -> None:
        raise RuntimeError("broken")

    project, operation, _ = await things(api, [])
    monkeypatch.setattr(tasks, "_import", broken)
    async with process.database.write() as session:
        (await session.get_one(ImportExport, (project, operation))).status = "running"
    job = SimpleNamespace(attempts=MAX_ATTEMPTS - 1)
    context: Any = SimpleNamespace(additional_context={"resources": process}, job=job)
    await tasks.make_tasks().tasks["move"](context, project_id=str(project), operation_id=str(operation))
    found = (await api.get(f"/import-export-operations/{operation}/")).json()
    assert (found["status"], "log says what" in found["error_message"]) == ("failed", True)


async def test_a_dataset_that_is_too_large_is_not_stored(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MAX_BYTES", 1000)
    announced = (await api.post("/temp-datasets/generate-presigned-upload-url/", json={"filename": "a.json"})).json()
    assert (await api.http.put(announced["upload_url"], content=bytes(1001))).status_code == 413
    confirmed = await api.post("/temp-datasets/confirm-upload/", json={"temp_dataset_id": announced["temp_dataset_id"]})
    assert confirmed.status_code == 400
