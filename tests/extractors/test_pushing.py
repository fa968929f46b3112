"""Rows of chunks become what searches find: odd rows, jobs that break, and what may be done with such documents."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from citewell.extractors import running
from citewell.extractors.pushing import push_chunks
from citewell.jobs.queue import MAX_ATTEMPTS
from citewell.models import DocumentVersion, KnowledgeTable, PipelineRun
from citewell.process import Process
from tests.conftest import Api
from tests.documents.test_processing import active, until_version
from tests.extractors.test_extractors import ended

TYPES = {"document_id": "text", "content": "text", "min_page": "json", "heading_path": "json"}
COLUMNS = [{"name": name, "type": kind} for name, kind in TYPES.items()]


async def table_of(api: Api, rows: list[dict[str, Any]]) -> str:
    made = (await api.post("/tables/", json={"name": "c", "columns": COLUMNS, "object_type": "chunk"})).json()
    written = await api.post(f"/tables/{made['id']}/data-operations/", json={"operation": "create", "data": rows})
    assert written.status_code == 200, written.text
    return str(made["id"])


async def test_odd_rows_are_pushed_and_the_document_is_chunked_from_its_file_again(api: Api) -> None:
    """A client's rows may name no page, and no headings; the file of a pushed version was not parsed."""
    document = await active(api)
    rows = [
        {"document_id": document, "content": "A bungalow costs 300 EUR.", "min_page": "two", "heading_path": 7},
        {"document_id": document, "content": "A tent costs 30 EUR.", "min_page": 2**40, "heading_path": ["Prices"]},
    ]
    table = await table_of(api, rows)
    started = await api.post(f"/tables/{table}/push-chunks/", json={})
    assert (await ended(api, started.json()["pipeline_run_id"]))["status"] == "completed"
    found = (await api.post("/retrieve-with-naive/", json={"query": "bungalow"})).json()
    assert "300 EUR" in str(found)
    read = await api.post(f"/tables/{table}/data-operations/", json={"operation": "read", "columns": ["id"]})
    assert found["retrieval_results"][0]["uuid"] == read.json()["data"][0]["id"], "tags of the rows hold for the chunks"
    same = await api.post(f"/tables/{table}/push-chunks/", json={})
    assert (await ended(api, same.json()["pipeline_run_id"]))["status"] == "completed"
    assert (await until_version(api, document, 2))["version"] == 2, "nothing has changed"
    again = await api.post(f"/documents/{document}/retry/", json={"stage": "chunk"})
    assert again.status_code in (200, 202), again.text
    await until_version(api, document, 3)
    assert "300 EUR" not in str((await api.post("/retrieve-with-naive/", json={"query": "bungalow"})).json())


async def test_a_push_that_is_tried_again_makes_no_second_version(process: Process, api: Api) -> None:
    document = await active(api)
    table_id = await table_of(api, [{"document_id": document, "content": "A tent costs 30 EUR."}])
    project = UUID(api.project)
    async with process.database.write() as session:
        table = await session.get_one(KnowledgeTable, (project, UUID(table_id)))
        run = PipelineRun(project_id=project, pipeline_name="push", mode="push", status="running")
        session.add(run)
        await session.flush()
        await session.refresh(run)
    assert [await push_chunks(process, run, table) for _ in range(2)] == [1, 1]
    mine = (DocumentVersion.project_id == project) & (DocumentVersion.document_id == UUID(document))
    async with process.database.read() as session:
        numbers = list(await session.scalars(select(DocumentVersion.number).where(mine)))
    assert sorted(numbers) == [1, 2]


async def test_a_push_that_breaks_for_the_last_time_ends_its_run(
    process: Process, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*arguments: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(running, "push_tables", broken)
    project = UUID(api.project)
    async with process.database.write() as session:
        run = PipelineRun(project_id=project, pipeline_name="push", mode="push", status="running")
        session.add(run)
        await session.flush()
        run_id = run.id
    push = running.make_tasks().tasks["push"]
    arguments = {"project_id": api.project, "run_id": str(run_id), "table_ids": []}
    for attempts, status in ((0, "running"), (MAX_ATTEMPTS - 1, "failed")):
        context: Any = SimpleNamespace(
            additional_context={"resources": process}, job=SimpleNamespace(attempts=attempts)
        )
        if status == "running":
            with pytest.raises(RuntimeError):
                await push(context, **arguments)
        else:
            await push(context, **arguments)
        assert (await api.get(f"/pipeline-runs/{run_id}/")).json()["status"] == status
