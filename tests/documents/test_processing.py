"""The pipeline after the first time: retries, versions, changed settings, another model, and why one is not found."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from fpdf import FPDF
from sqlalchemy import func, select, update
from typer.testing import CliRunner

from citewell.cli import app
from citewell.documents.repository.versions import indexing_rows
from citewell.documents.uploads import Upload, add_documents
from citewell.ingestion import pipeline, reembed
from citewell.ingestion.repository.step_state import carry_over
from citewell.ingestion.step import StepFailed
from citewell.ingestion.steps import embed as embed_step
from citewell.ingestion.steps import parse as parse_step
from citewell.models import Chunk, Document, DocumentVersion, Passage
from citewell.process import Process, open_process
from citewell.projects.schemas import ProjectCreate
from citewell.projects.service import create_project
from citewell.users.service import ensure_user
from tests.conftest import Api, make_settings, until_ended
from tests.documents.test_upload import upload
from tests.samples import HANDBOOK
from tests.waiting import until


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of parsers and embeddings as they run."""
    ran: list[str] = []
    parse, embed = parse_step._parse, embed_step._embed

    async def parsing(*arguments: Any) -> Any:
        ran.append("parse")
        return await parse(*arguments)

    async def embedding(*arguments: Any) -> Any:
        ran.append("embed")
        return await embed(*arguments)

    monkeypatch.setattr(parse_step, "_parse", parsing)
    monkeypatch.setattr(embed_step, "_embed", embedding)
    return ran


async def active(api: Api, name: str = "handbook.md", content: bytes = HANDBOOK) -> str:
    [row] = await upload(api, {name: content})
    status = (await until_ended(api, [row["id"]]))[row["id"]]
    assert status["status"] == "active", status
    found: str = row["id"]
    return found


async def until_version(api: Api, document: str, number: int) -> dict[str, Any]:
    async def look() -> dict[str, Any]:
        return (await until_ended(api, [document]))[document]

    return await until(look, lambda row: row["version"] >= number and row["stage"] in ("published", "failed"))


async def send_version(api: Api, document: str, name: str, content: bytes) -> Any:
    return await api.post(f"/documents/{document}/versions/", files=[("file", (name, content))])


async def names(api: Api, query: str) -> list[str]:
    answer = await api.post("/retrieve-with-full-text-search/", json={"query": query})
    return [row["name"] for row in answer.json()["retrieval_results"]]


async def test_the_first_document_in_a_language_is_found_as_soon_as_it_is_active(api: Api) -> None:
    german = "Die Zimmer kosten in jeder Nacht dasselbe, und das Fr\u00fchst\u00fcck ist dabei immer enthalten."
    await active(api, "preise.md", german.encode())
    assert await names(api, "Zimmer") == ["preise.md"]
    await active(api, "dogs.md", b"The guests like to run with their dogs when it begins to rain in the evening.")
    assert await names(api, "running") == ["dogs.md"]


async def test_the_same_file_again_does_no_work(api: Api, steps: list[str]) -> None:
    document = await active(api)
    steps.clear()
    [again] = await upload(api, {"handbook.md": HANDBOOK}, files_metadata='[[["year", "2026"]]]')
    assert again["id"] == document
    assert again["metadata"] == [["year", "2026"]]
    assert (await api.get("/pipeline-runs/")).json()["count"] == 1
    assert (await api.get("/documents/")).json()["count"] == 1
    assert steps == []
    both = await api.post("/documents/bulk-upload/", files=[("files", ("x.md", b"# X y"))] * 2)
    assert both.json()[0]["id"] == both.json()[1]["id"]
    await until_ended(api, [both.json()[0]["id"]])


async def test_the_same_file_again_starts_what_was_only_uploaded_and_tries_what_failed(api: Api) -> None:
    [first] = await upload(api, {"handbook.md": HANDBOOK}, skip_parsing="true")
    [again] = await upload(api, {"handbook.md": HANDBOOK})
    assert again["id"] == first["id"]
    assert (await until_ended(api, [first["id"]]))[first["id"]]["status"] == "active"
    [run] = (await api.get("/pipeline-runs/")).json()["results"]
    assert (run["status"], run["document_count"]) == ("completed", 1)
    [bad] = await upload(api, {"empty.md": b""})
    await until_ended(api, [bad["id"]])
    [other] = await upload(api, {"empty.md": b""})
    assert other["id"] != bad["id"]
    assert (await until_ended(api, [other["id"]]))[other["id"]]["status"] == "failed"


async def test_uploads_of_the_same_file_at_once_make_one_document(api: Api) -> None:
    rows = await asyncio.gather(*(upload(api, {"handbook.md": HANDBOOK}) for _ in range(4)))
    assert len({row[0]["id"] for row in rows}) == 1
    await until_ended(api, [rows[0][0]["id"]])


async def test_the_same_content_under_another_name_is_not_parsed_again(api: Api, steps: list[str]) -> None:
    await active(api)
    steps.clear()
    other = await active(api, "copy.md")
    assert "parse" not in steps
    assert (await api.get(f"/documents/{other}/")).json()["name"] == "copy.md"
    assert len(await names(api, "hotel room")) == 1, "the same passage is shown once"


async def test_a_new_version_replaces_the_old_one_and_old_citations_open(api: Api) -> None:
    document = await active(api)
    old = (await api.post("/retrieve-with-hybrid-search/", json={"query": "hotel room"})).json()
    old_url = old["retrieval_results"][0]["reference_url"]
    new = HANDBOOK.replace(b"140 EUR", b"175 EUR").replace(b"A hotel room", b"A guest chamber")
    answer = await send_version(api, document, "handbook.md", new)
    assert answer.status_code == 201, answer.text
    assert answer.json()["id"] == document
    assert (await until_version(api, document, 2))["status"] == "active"
    [found] = (await api.post("/retrieve-with-hybrid-search/", json={"query": "guest chamber"})).json()[
        "retrieval_results"
    ]
    assert "175 EUR" in found["content"]
    assert "140 EUR" not in found["content"]
    page = await api.http.get(old_url)
    assert page.status_code == 200
    assert "140 EUR" in page.text
    assert (await api.http.get(f"{api.base}/documents/{document}/file/")).content == new
    same = await send_version(api, document, "handbook.md", new)
    assert same.status_code == 201
    assert (await until_ended(api, [document]))[document]["version"] == 2
    other_kind = await send_version(api, document, "handbook.pdf", new)
    assert other_kind.status_code == 400
    assert (await send_version(api, str(uuid4()), "handbook.md", new)).status_code == 404


async def test_a_new_version_that_fails_leaves_the_old_one(api: Api) -> None:
    document = await active(api)
    await send_version(api, document, "handbook.md", b"\x00\x01\x02\x03" * 50)
    row = await until_version(api, document, 2)
    assert row["status"] == "failed"
    assert await names(api, "hotel room") == ["handbook.md"]
    found = (await api.get(f"/documents/{document}/diagnosis/")).json()
    assert found["searchable"] is True
    assert found["live_version"] == 1
    assert "still found" in found["reasons"][0]
    assert found["reason_details"][0]["code"] == "failed_old_found"


async def test_the_slower_of_two_versions_does_not_undo_the_newer(api: Api, process: Process) -> None:
    document = await active(api)
    async with process.database.write() as session:
        key = (UUID(api.project), UUID(document))
        row = await session.get_one(Document, key)
        live = await session.get_one(DocumentVersion, (key[0], row.live_version_id))
        values = {"document_id": key[1], "file_key": live.file_key, "sha256": live.sha256, "number": 0}
        late = DocumentVersion(project_id=key[0], **values, stage="embedded")
        session.add(late)
        await session.flush()
        await carry_over(session, live, late, ["parse", "chunk", "embed"])
        await pipeline.start(session, process.queue, [late])

    async def stage() -> str:
        async with process.database.read() as session:
            return (await session.get_one(DocumentVersion, (key[0], late.id))).stage

    assert await until(stage, lambda found: found != "embedded") == "superseded"
    assert await names(api, "hotel room") == ["handbook.md"]


async def test_changed_chunk_settings_redo_only_what_follows(api: Api, process: Process, steps: list[str]) -> None:
    document = await active(api)
    steps.clear()
    nothing = (await api.post("/documents/reprocess/", json={})).json()
    assert nothing["steps"] == {"unchanged": 1}
    run = (await api.get(f"/pipeline-runs/{nothing['pipeline_run_id']}/")).json()
    assert run["status"] == "completed"
    settings = {"default_chunking_maximum_chunk_size": 250, "default_chunking_minimum_chunk_size": 20}
    await api.http.patch(f"{api.base}/", json=settings)
    started = (await api.post("/documents/reprocess/", json={"document_ids": [document]})).json()
    assert started["steps"] == {"chunk": 1}
    assert (await until_version(api, document, 2))["status"] == "active"
    assert steps == ["embed"]
    run = (await api.get(f"/pipeline-runs/{started['pipeline_run_id']}/")).json()
    assert run["status"] == "completed"
    async with process.database.read() as session:
        mine = Chunk.document_id == UUID(document)
        sizes = (
            await session.execute(select(Chunk.version_id, func.count()).where(mine).group_by(Chunk.version_id))
        ).all()
    assert sorted(row[1] for row in sizes)[0] == 1
    assert sorted(row[1] for row in sizes)[1] > 2
    again = (await api.post("/documents/reprocess/", json={})).json()
    assert again["steps"] == {"unchanged": 1}


async def test_run_parsing_begins_what_was_only_uploaded_and_parses_anew(api: Api, steps: list[str]) -> None:
    [row] = await upload(api, {"handbook.md": HANDBOOK}, skip_parsing="true")
    [status] = (await api.get("/documents/indexing-status/")).json()
    assert status["status"] == "created"
    assert "skip_parsing" in status["waits_for"]
    assert status["waits_code"] == "not_started"
    first = (await api.post("/run-parsing/", json={"mode": "upsert-all", "document_ids": []})).json()
    assert first["steps"] == {"parse": 1}
    assert (await until_ended(api, [row["id"]]))[row["id"]]["status"] == "active"
    second = (await api.post("/run-parsing/", json={"mode": "recreate-all", "document_ids": []})).json()
    assert second["steps"] == {"parse": 1}
    assert (await until_version(api, row["id"], 2))["status"] == "active"


class Broken:
    """A step that fails until it is mended."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
        self.mended = False
        embed = embed_step._embed

        async def embedding(*arguments: Any) -> Any:
            if not self.mended:
                raise error
            return await embed(*arguments)

        monkeypatch.setattr(embed_step, "_embed", embedding)


async def test_a_failed_document_is_tried_again_from_where_it_failed(
    api: Api, monkeypatch: pytest.MonkeyPatch, steps: list[str]
) -> None:
    broken = Broken(monkeypatch, StepFailed("model_gone", "The embedding model is gone."))
    [row] = await upload(api, {"handbook.md": HANDBOOK})
    status = (await until_ended(api, [row["id"]]))[row["id"]]
    assert status["status"] == "failed"
    assert status["error"] == {"code": "model_gone", "message": "The embedding model is gone."}
    found = (await api.get(f"/documents/{row['id']}/diagnosis/")).json()
    assert found["searchable"] is False
    assert "The embedding model is gone." in found["reasons"][0]
    broken.mended = True
    steps.clear()
    started = await api.post(f"/documents/{row['id']}/retry/")
    assert started.status_code == 200
    assert started.json()["steps"] == {"embed": 1}
    assert (await until_ended(api, [row["id"]]))[row["id"]]["status"] == "active"
    assert "parse" not in steps
    run = (await api.get(f"/pipeline-runs/{started.json()['pipeline_run_id']}/")).json()
    assert run["status"] == "completed"


async def test_an_upload_of_a_failed_document_can_start_at_an_earlier_stage(
    api: Api, monkeypatch: pytest.MonkeyPatch, steps: list[str]
) -> None:
    broken = Broken(monkeypatch, StepFailed("model_gone", "The embedding model is gone."))
    [row] = await upload(api, {"handbook.md": HANDBOOK})
    await until_ended(api, [row["id"]])
    broken.mended = True
    steps.clear()
    answer = await api.post(f"/documents/{row['id']}/retry/", json={"stage": "parse"})
    assert answer.json()["steps"] == {"parse": 1}
    assert (await until_ended(api, [row["id"]]))[row["id"]]["status"] == "active"
    assert "parse" in steps


async def test_what_may_pass_is_tried_again_by_itself_and_says_why_it_waits(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Broken(monkeypatch, OSError(28, "No space left on device"))
    [row] = await upload(api, {"handbook.md": HANDBOOK})
    answer = await until(lambda: api.get("/documents/indexing-status/"), lambda one: one.json()[0]["next_attempt_at"])
    [status] = answer.json()
    assert status["status"] == "indexing"
    assert status["attempts"] >= 1
    assert "disk is full: free some space" in status["waits_for"]
    reasons = (await api.get(f"/documents/{row['id']}/diagnosis/")).json()["reasons"]
    assert "disk is full: free some space" in reasons[0]
    broken.mended = True
    assert (await until_ended(api, [row["id"]]))[row["id"]]["status"] == "active"


async def test_a_document_whose_job_was_lost_says_so_and_can_be_retried(api: Api, process: Process) -> None:
    document = await active(api)
    async with process.database.write() as session:
        mine = DocumentVersion.document_id == UUID(document)
        await session.execute(update(DocumentVersion).where(mine).values(stage="chunked", run_id=None))
    [status] = (await api.get("/documents/indexing-status/")).json()
    assert status["waits_for"] == "nothing is queued for it: retry it"
    assert (await api.post(f"/documents/{document}/retry/")).status_code == 200
    assert (await until_ended(api, [document]))[document]["status"] == "active"


async def test_a_retry_with_nothing_to_retry_or_an_unknown_stage_is_refused(api: Api) -> None:
    document = await active(api)
    answer = await api.post(f"/documents/{document}/retry/")
    assert answer.status_code == 400
    assert "did not fail" in answer.json()["error"]
    answer = await api.post(f"/documents/{document}/retry/", json={"stage": "dance"})
    assert answer.status_code == 400
    assert "parse, chunk, embed, publish" in answer.json()["stage"][0]
    anew = await api.post(f"/documents/{document}/retry/", json={"stage": "chunk"})
    assert anew.status_code == 200
    assert (await until_version(api, document, 2))["status"] == "active"
    assert (await api.post(f"/documents/{uuid4()}/retry/")).status_code == 404


async def test_progress_is_in_pages(api: Api) -> None:
    pdf = FPDF()
    pdf.set_font("helvetica", size=12)
    for number in range(1, 4):
        pdf.add_page()
        pdf.multi_cell(0, 8, f"Page {number} of the manual is about the pump number {number} and its filter.")
    [row] = await upload(api, {"manual.pdf": bytes(pdf.output())})
    status = (await until_ended(api, [row["id"]]))[row["id"]]
    assert (status["pages_done"], status["pages"]) == (3, 3)


async def test_why_a_document_is_not_found(api: Api) -> None:
    document = await active(api)
    other = await active(api, "other.md", b"# Rooms\n\nEvery hotel room has a window, every room of a hotel a door.")
    path = f"/documents/{document}/diagnosis/"
    found = (await api.get(path, params={"query": "daily allowance for meals of zebras"})).json()
    assert found["searchable"] is True
    assert found["passages"] > 0
    assert found["passages"] == found["embedded_passages"]
    assert found["query"]["ranks"]["text"] == 1
    assert "38 EUR" in found["query"]["best_passage"]
    assert any(term.startswith("zebra") for term in found["query"]["terms_missing"])
    assert any(term.startswith("allow") for term in found["query"]["terms_found"])
    await api.delete(f"/documents/{other}/")
    await until_ended(api, [other])
    gone = (await api.get(f"/documents/{other}/diagnosis/")).json()
    assert gone["searchable"] is False
    assert "deleted" in gone["reasons"][0]


class OtherModel:
    """A model of eight dimensions that tells texts apart by their letters."""

    fingerprint = "letters:1"
    languages = None
    is_ready = True

    async def embed(self, texts: Any, *, urgent: bool = False) -> Any:
        rows = np.array([[1 + text.lower().count(letter) for letter in "aeinorst"] for text in texts], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    async def embed_query(self, text: str) -> Any:
        return (await self.embed([text]))[0]

    async def aclose(self) -> None: ...


async def test_another_model_embeds_again_in_the_background(
    clone: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A restart with another model: documents are found at once by words, and in the end by its vectors."""
    settings = make_settings(clone(), tmp_path)
    async with open_process(settings, worker=True) as process:
        async with process.database.write() as session:
            owner = await ensure_user(session, "owner@example.org", superuser=True)
            project = await create_project(session, process.extensions, owner.id, ProjectCreate(name="P"))
        with (tmp_path / "handbook.md").open("w+b") as file:
            file.write(HANDBOOK)
            file.seek(0)
            await add_documents(process, project.id, owner.id, [Upload("handbook.md", "text/markdown", file, [])])
        async with asyncio.timeout(120):
            while True:
                async with process.database.read() as session:
                    rows = await indexing_rows(session, project.id, None)
                if rows[0][1].stage == "published":
                    break
                await asyncio.sleep(0.1)
    monkeypatch.setattr("citewell.process.load_embedder", lambda config: OtherModel())
    monkeypatch.setattr(reembed, "_BATCH", 1)
    contexts: list[object] = []
    context_of = reembed.DocumentContext
    monkeypatch.setattr(reembed, "DocumentContext", lambda *of: contexts.append(of) or context_of(*of))
    async with open_process(settings, worker=True) as process:
        assert [hit.document_name for hit in await process.retriever.search(project.id, "hotel room")]
        models: list[str | None] = []
        async with asyncio.timeout(120):
            while models != ["letters:1"]:
                async with process.database.read() as session:
                    query = select(Passage.embedding_model).where(Passage.project_id == project.id).distinct()
                    models = list(await session.scalars(query))
                await asyncio.sleep(0.1)
        found = await process.retriever.search(project.id, "hotel room", mode="semantic")
        assert found[0].similarity is not None
    assert len(contexts) == 1, "the document is read once, and not for each batch of its passages"


def test_the_commands_retry_and_why(database_url: str, tmp_path: Path) -> None:
    """`citewell retry` and `citewell why` on a store of their own."""
    place = ["--database-url", database_url, "--data-dir", str(tmp_path / "data")]
    path, empty = tmp_path / "handbook.md", tmp_path / "empty.md"
    path.write_bytes(HANDBOOK)
    empty.write_bytes(b"")

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(app, [*arguments, *place])

    assert run("project", "create", "P").exit_code == 0
    assert run("ingest", "P", str(path)).exit_code == 0
    assert "No document" in run("retry", "P").output
    assert "active  handbook.md" in run("retry", "P", "handbook.md", "--stage", "chunk").output
    failed = run("ingest", "P", str(empty))
    assert failed.exit_code != 0
    again = run("retry", "P")
    assert "failed  empty.md" in again.output
    assert "1 of 1 documents failed again" in str(again.exception)
    told = run("why", "P", "handbook.md", "hotel room for zebras")
    assert "can be found" in told.output
    assert "Rank: text 1" in told.output
    assert "zebra" in told.output
    assert "no document" in str(run("why", "P", "nothing.md").exception)
