"""Alerts of objects and tags, statuses of pushes, and what a run would do."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from citewell.agent.protocol import ModelError, TextDelta
from citewell.documents.processing import add_run
from citewell.extractors import alert_runs, running
from citewell.extractors.alerts import object_alerts, tag_alerts
from citewell.extractors.run_jobs import ExtractionJob
from citewell.jobs.queue import MAX_ATTEMPTS
from citewell.models import ExtractionAnswer, ExtractorVersion, PipelineRun
from citewell.process import Process
from tests.conftest import Api
from tests.documents.test_processing import active
from tests.extractors.test_extractors import TREE, ended
from tests.extractors.test_runs import rows, table_of

CLASS = "class Contract(BaseModel):\n    contract_number: str\n    signed_by: str\n"
TEXT = b"Contract number: C-1\n\nLate payments cost interest. Train journeys are paid.\n"


def test_alerts_say_what_to_look_at() -> None:
    evidence = {
        "/total": {"status": "exact", "conflicts": [{"value": 12}]},
        "/date": {"status": "missing"},
        "/optional": {"status": "missing"},
        "/growth": {"status": "derived"},
        "/party": {"status": "missing", "corrected": True, "conflicts": [{"value": "x"}]},
    }
    found = object_alerts([{"id": "1", "document_id": "d", "evidence": evidence}], ["date", "party"])
    kinds = {(one["json_alert"]["kind"], one["json_alert"]["field"]) for one in found}
    assert kinds == {("conflict", "total"), ("missing", "date"), ("derived", "growth")}
    assert "12" in found[0]["json_alert"]["message"]


def test_tags_of_one_branch_are_no_alert() -> None:
    def row(chunk: str, *path: str) -> dict[str, Any]:
        return {"id": path[-1], "chunk_id": chunk, "metadata": {"tags": list(path)}}

    assert tag_alerts([row("c1", "topics", "money"), row("c1", "topics", "money", "interest")]) == []
    [alert] = tag_alerts([row("c2", "topics", "money"), row("c2", "topics", "travel"), row("c3", "topics", "money")])
    assert alert["chunk_id"] == "c2"
    assert "money, travel" in alert["json_alert"]["message"]


async def start(api: Api, path: str) -> None:
    run = await api.post(path, json={})
    assert (await ended(api, run.json()["pipeline_run_id"]))["status"] == "completed"


async def test_runs_write_alerts_and_pushes_their_status(api: Api) -> None:
    document = await active(api, "contract.md", TEXT)
    made = (await api.post("/object-extractors/", json={"name": "C", "extractable_pydantic_class": CLASS})).json()
    path = f"/object-extractors/{made['id']}"
    stats = (await api.post(f"{path}/node-stats/")).json()
    assert stats == {"documents": 1, "reused": 0, "recomputed": 1, "recomputed_documents": [document]}
    await start(api, f"{path}/run/")
    stats = (await api.post(f"{path}/node-stats/", json={})).json()
    assert stats == {"documents": 1, "reused": 1, "recomputed": 0, "recomputed_documents": []}
    [alert] = await rows(api, made["alerts_table"])
    assert (alert["json_alert"]["kind"], alert["json_alert"]["field"]) == ("missing", "signed_by")
    [extracted] = await rows(api, await table_of(api, made["id"]))
    assert alert["extracted_object_id"] == extracted["id"]
    await start(api, f"/tables/{made['extracted_objects_table']}/push-objects-to-tpuf/")
    assert [row["status"] for row in await rows(api, made["pushed_objects_table"])] == ["completed"]
    alone = (await api.post("/object-alerts-extractors/", json={"name": "A"})).json()
    await start(api, f"/object-alerts-extractors/{alone['id']}/run/")
    assert [one["json_alert"] for one in await rows(api, alone["alerts_table"])] == [alert["json_alert"]]
    tags = (await api.post("/tag-extractors/", json={"name": "T", "tagging_tree": TREE})).json()
    await start(api, f"/tag-extractors/{tags['id']}/run/")
    [ambiguous] = await rows(api, tags["alerts_tags_table"])
    assert "interest, travel" in ambiguous["json_alert"]["message"]


async def test_no_alerts_where_none_are_wanted(api: Api) -> None:
    await active(api, "contract.md", TEXT)
    sent = {"name": "C", "extractable_pydantic_class": CLASS, "compute_alerts": False}
    made = (await api.post("/object-extractors/", json=sent)).json()
    await start(api, f"/object-extractors/{made['id']}/run/")
    assert await rows(api, made["alerts_table"]) == []


class Asked:
    """A model that states no alerts; `then` is what happens while it answers."""

    name = "watchful"

    def __init__(self, then: Any = None) -> None:
        self.documents: list[str] = []
        self._then = then

    async def state(self, model: Any, some: list[dict[str, Any]], instructions: str) -> list[list[dict[str, Any]]]:
        self.documents.append(some[0]["document_id"])
        if self._then is not None:
            await self._then()
        return [[] for _ in some]


@pytest.fixture
async def watching(api: Api, process: Process, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Two documents with objects, an extractor of alerts with instructions, and what starts a run of it as a job
    does, with no time."""
    for number in range(2):
        await active(api, f"contract{number}.md", TEXT)
    made = (await api.post("/object-extractors/", json={"name": "C", "extractable_pydantic_class": CLASS})).json()
    await start(api, f"/object-extractors/{made['id']}/run/")
    watch = (await api.post("/object-alerts-extractors/", json={"name": "A", "instructions": "Flag all."})).json()
    project = UUID(api.project)

    async def begin(asked: Any, run_id: UUID) -> None:
        monkeypatch.setattr(alert_runs, "model_of", lambda *given: asked)
        if hasattr(asked, "state"):
            monkeypatch.setattr(alert_runs, "state_alerts", asked.state)
        mine = (ExtractorVersion.project_id == project) & (ExtractorVersion.extractor_id == UUID(watch["id"]))
        async with process.database.read() as session:
            version = (await session.scalars(select(ExtractorVersion.id).where(mine))).one()
        await running.run_extractor(process, ExtractionJob(project, run_id, version), slice_seconds=0)

    return begin


async def added_run(process: Process, project: UUID) -> UUID:
    async with process.database.write() as session:
        return await add_run(session, project, None)


async def abort(process: Process, project: UUID, run_id: UUID) -> None:
    async with process.database.write() as session:
        (await session.get_one(PipelineRun, (project, run_id))).status = "aborted"


async def test_alerts_by_instructions_go_on_in_another_job(
    api: Api, process: Process, watching: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, left = running.defer_extraction, []

    async def go_on_later(*given: Any) -> None:
        left.append(given[-1])
        await usual(*given)

    monkeypatch.setattr(running, "defer_extraction", go_on_later)
    asked, run_id = Asked(), await added_run(process, UUID(api.project))
    await watching(asked, run_id)
    assert (await ended(api, str(run_id)))["status"] == "completed"
    assert left == [1], "the rest was left to another job"
    assert len(asked.documents) == len(set(asked.documents)) == 2, "no document is asked for twice"


async def test_alerts_by_instructions_end_with_an_abort(api: Api, process: Process, watching: Any) -> None:
    run_id = await added_run(process, UUID(api.project))
    asked = Asked(lambda: abort(process, UUID(api.project), run_id))
    await watching(asked, run_id)
    assert len(asked.documents) == 1, "an aborted run asks no more"
    assert (await api.get(f"/pipeline-runs/{run_id}/")).json()["status"] == "aborted"


class Babbler:
    """A model whose answers nobody can read."""

    name = "babbler"
    takes_tools = False

    async def stream(self, request: Any) -> AsyncIterator[list[TextDelta]]:
        yield [TextDelta("No JSON at all.")]


async def test_answers_that_cannot_be_read_are_not_kept_for_the_next_try(
    api: Api, process: Process, watching: Any
) -> None:
    with pytest.raises(ModelError):
        await watching(Babbler(), await added_run(process, UUID(api.project)))
    async with process.database.read() as session:
        kept = select(func.count()).where(ExtractionAnswer.project_id == UUID(api.project))
        assert await session.scalar(kept) == 0


async def test_a_run_of_document_tags_fails_with_its_last_attempt(
    api: Api, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def break_off(*given: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(running, "run_document_tags", break_off)
    run_id = await added_run(process, UUID(api.project))
    tag = running.make_tasks().tasks["tag_documents"].func
    given = {"project_id": api.project, "run_id": str(run_id), "table_id": str(run_id), "document_ids": []}

    def attempt(number: int) -> Any:
        return SimpleNamespace(job=SimpleNamespace(attempts=number - 1), additional_context={"resources": process})

    with pytest.raises(RuntimeError):
        await tag(attempt(1), **given)
    assert (await api.get(f"/pipeline-runs/{run_id}/")).json()["status"] == "pending"
    await tag(attempt(MAX_ATTEMPTS), **given)
    assert (await api.get(f"/pipeline-runs/{run_id}/")).json()["status"] == "failed"
