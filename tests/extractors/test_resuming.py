"""Runs that end before their time: what a model has answered is not asked again, and a long run goes on in slices."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from citewell.agent.protocol import TextDelta
from citewell.extractors import results, running, tag_runs, work
from citewell.extractors.run_jobs import ExtractionJob, TagJob
from citewell.kit.ids import new_id
from citewell.models import ExtractionAnswer, ExtractorVersion, PipelineRun
from citewell.process import Process
from tests.conftest import Api
from tests.documents.test_processing import active
from tests.extractors.test_alerts import added_run, start
from tests.extractors.test_extractors import ended
from tests.extractors.test_runs import TEXT, make, rows, table_of

LONG = b"Contract number: C-9\n\n" + b"Nothing is said here.\n\n" * 4000 + b"Party: Acme Ltd\n"


class Scripted:
    """A model that answers with a value of the text, counts how often it is asked, and can be made to break."""

    name = "scripted"
    takes_tools = True

    def __init__(self) -> None:
        self.asked = 0

    async def stream(self, request: Any) -> Any:
        self.asked += 1
        said = '{"objects": [{"values": {"party": "Acme Ltd"}, "quotes": {"/party": "Party: Acme Ltd"}}]}'
        yield [TextDelta(said[:9]), TextDelta(said[9:])]

    async def aclose(self) -> None: ...


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    made = Scripted()
    monkeypatch.setattr(running, "model_of", lambda *given: made)
    return made


async def version_of(process: Process, api: Api, extractor: str) -> UUID:
    mine = (ExtractorVersion.project_id == UUID(api.project)) & (ExtractorVersion.extractor_id == UUID(extractor))
    async with process.database.read() as session:
        return (await session.scalars(select(ExtractorVersion.id).where(mine))).one()


async def answers(process: Process, api: Api) -> int:
    mine = select(func.count()).where(ExtractionAnswer.project_id == UUID(api.project))
    async with process.database.read() as session:
        return await session.scalar(mine) or 0


async def test_answers_of_a_run_that_broke_off_are_taken_by_the_next(
    api: Api, process: Process, model: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    await active(api, "long.txt", LONG)
    extractor = await make(api)
    version, run_id = await version_of(process, api, extractor), await added_run(process, UUID(api.project))

    async def killed(*given: Any, **more: Any) -> None:
        raise RuntimeError("killed before the result is kept")

    with monkeypatch.context() as broken:
        broken.setattr(results, "keep", killed)
        with pytest.raises(RuntimeError):
            await running.run_extractor(process, ExtractionJob(UUID(api.project), run_id, version))
    asked = model.asked
    assert asked > 1, "the document is long enough for several answers"
    assert await answers(process, api) == asked
    await running.run_extractor(process, ExtractionJob(UUID(api.project), run_id, version))
    assert model.asked == asked, "nothing is asked twice"
    [row] = await rows(api, await table_of(api, extractor))
    assert row["json_object"]["party"] == "Acme Ltd"
    assert await answers(process, api) == 0, "answers go when the result is kept"


async def test_a_stopped_run_keeps_what_is_under_way(
    api: Api, process: Process, model: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        await active(api, f"contract{number}.txt", TEXT % number)
    extractor = await make(api)
    version, run_id = await version_of(process, api, extractor), await added_run(process, UUID(api.project))
    usual = work.RememberedModel.stream

    async def stopping(self: Any, request: Any) -> Any:
        async for events in usual(self, request):
            async with process.database.write() as session:
                (await session.get_one(PipelineRun, (UUID(api.project), run_id))).status = "aborted"
            yield events

    with monkeypatch.context() as stopped:
        stopped.setattr(work.RememberedModel, "stream", stopping)
        await running.run_extractor(process, ExtractionJob(UUID(api.project), run_id, version))
    under_way = model.asked
    assert 0 < under_way < 6
    again = await added_run(process, UUID(api.project))
    await running.run_extractor(process, ExtractionJob(UUID(api.project), again, version))
    assert model.asked == 6, "each document was asked for once"


async def test_a_job_that_was_taken_for_dead_stops(
    api: Api, process: Process, model: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        await active(api, f"contract{number}.txt", TEXT % number)
    extractor = await make(api)
    version, run_id = await version_of(process, api, extractor), await added_run(process, UUID(api.project))
    usual, left = work.RememberedModel.stream, list[str]()

    async def rescued(self: Any, request: Any) -> Any:
        async for events in usual(self, request):
            async with process.database.write() as session:
                (await session.get_one(PipelineRun, (UUID(api.project), run_id))).attempt = new_id()
            yield events

    async def go_on_later(*given: Any) -> None:
        left.append("another job")

    monkeypatch.setattr(running, "defer_extraction", go_on_later)
    with monkeypatch.context() as slow:
        slow.setattr(work.RememberedModel, "stream", rescued)
        await running.run_extractor(process, ExtractionJob(UUID(api.project), run_id, version))
    assert 0 < model.asked < 6, "it asked no more once another job had begun"
    assert left == [], "the other job goes on"
    await running.run_extractor(process, ExtractionJob(UUID(api.project), run_id, version))
    assert model.asked == 6, "each document was asked for once"


async def test_tags_of_documents_go_on_in_another_job(
    api: Api, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        await active(api, f"lease{number}.txt", b"The lease ends in May.\n")
    metadata = {"tags": [{"name": "kind", "possible_values": ["lease", "loan"]}]}
    columns = [{"name": name, "type": "text"} for name in ("document_id", "tag_name", "tag_value", "verbatim")]
    made = await api.post(
        "/tables/",
        json={"name": "tags", "object_type": "document_tags", "columns": columns, "object_metadata": metadata},
    )
    table, slices = made.json()["id"], []
    usual = tag_runs.make_missing

    async def one_at_a_time(resources: Any, making: Any, missing: Sequence[Any], seconds: float) -> int:
        slices.append(len(missing))
        return await usual(resources, making, missing[:1], seconds) + len(missing) - 1

    monkeypatch.setattr(tag_runs, "make_missing", one_at_a_time)
    await start(api, "/run-document-tag-extraction/")
    assert slices == [3, 2, 1], "each job makes what the one before has left"
    assert {row["verbatim"] for row in await rows(api, table)} == {"The lease ends in May."}
    assert len(await rows(api, table)) == 3
    await start(api, "/run-document-tag-extraction/")
    assert slices == [3, 2, 1], "a second run finds all results"


async def test_a_table_that_was_deleted_ends_its_run(api: Api, process: Process) -> None:
    run_id = await added_run(process, UUID(api.project))
    await tag_runs.run_document_tags(process, TagJob(UUID(api.project), run_id, new_id()))
    found = await ended(api, str(run_id))
    assert found["status"] == "failed"
    assert "table was deleted" in found["raw_logs"]


async def test_runs_of_one_extractor_take_turns(api: Api, process: Process) -> None:
    await active(api, "contract.txt", TEXT % 1)
    extractor = await make(api)
    first, second = [
        (await api.post(f"/object-extractors/{extractor}/run/", json={})).json()["pipeline_run_id"] for _ in range(2)
    ]
    assert (await ended(api, first))["status"] == (await ended(api, second))["status"] == "completed"
    table = await table_of(api, extractor)
    versions = (await api.get(f"/tables/{table}/versions/")).json()
    assert versions["count"] == 2
    assert len(await rows(api, table)) == 1


async def test_what_was_parsed_becomes_rows_with_evidence(api: Api) -> None:
    document = await active(api, "terms.md", b"# Terms\n\nThe lease ends in May.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
    made = (await api.post("/parsing-extractors/", json={"name": "Parsed"})).json()
    run_id = (await api.post(f"/parsing-extractors/{made['id']}/run-push/", json={})).json()["pipeline_run_id"]
    assert (await ended(api, run_id))["status"] == "completed"
    blocks = await rows(api, made["extracted_blocks_table"])
    assert [row["type"] for row in blocks] == ["title", "text", "table"]
    assert {row["document_id"] for row in blocks} == {document}
    assert blocks[1]["heading_path"] == ["Terms"]
    assert blocks[2]["rows"] == [["a", "b"], ["1", "2"]]
    for row in blocks:
        evidence = row["evidence"]["/content"]
        assert (evidence["status"], evidence["verbatim"]) == ("exact", row["content"])
        chunk = await api.post(
            "/tables/" + await chunks_table(api) + "/data-operations/",
            json={"operation": "read", "filters": {"id": evidence["chunk_id"]}},
        )
        [found] = chunk.json()["result"]["results"]
        assert found["content"][evidence["start"] : evidence["end"]] == row["content"]
    [parsed] = await rows(api, made["extracted_parsed_documents_table"])
    assert (parsed["name"], parsed["block_count"]) == ("terms.md", 3)
    assert parsed["content"].startswith("Terms")
    for field in ("extracted_blocks_table", "extracted_parsed_documents_table"):
        [version] = (await api.get(f"/tables/{made[field]}/versions/")).json()["results"]
        assert version["deployed"] is True
    assert (await api.delete(f"/parsing-extractors/{made['id']}/")).status_code == 204
    assert (await api.get(f"/tables/{made['extracted_blocks_table']}/")).status_code == 404


async def chunks_table(api: Api) -> str:
    return next(row["id"] for row in (await api.get("/tables/")).json()["results"] if row["name"] == "chunks")
