"""Evaluation runs over the API: asked in the background, read, compared, stopped, and told of where they got worse."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.engine import Database
from citewell.evaluation import comparing, work
from citewell.evaluation.comparison import Result
from citewell.evaluation.repository.runs import UNFINISHED
from citewell.kit.ids import new_id
from citewell.models import EvaluationQuestion, EvaluationRun
from citewell.process import Process
from tests.conftest import Api, client_of, until_ended
from tests.samples import SAMPLES
from tests.sse import ask, final_answer, new_conversation
from tests.waiting import until
from tests.words import NOTIFICATIONS, lacking

PATH = "/evaluation-runs/"
TRUTHS: list[dict[str, Any]] = [
    {
        "query": "What may a hotel room cost in Oslo?",
        "answer": "210 EUR",
        "expected_sources": [{"document_name": "handbook.md", "text": "In Zurich and Oslo the limit is 210 EUR"}],
    },
    {"query": "What is the daily allowance for meals?", "answer": "39 EUR"},  # wrong on purpose
    {"query": "What is the chairman's shoe size?", "answer": "The documents do not tell.", "expects_refusal": True},
]


@pytest.fixture(scope="module")
async def evaluated(process: Process, server: str) -> AsyncIterator[Api]:
    """A project with the samples and the ground truths above."""
    async with client_of(process, server, f"{new_id().hex}@example.org") as client:
        made = await client.http.post("/api/v1/projects/", json={"name": "Evaluated", "business_brief": ""})
        client.project = made.json()["id"]
        files = [("files", (name, content)) for name, content in SAMPLES.items()]
        uploaded = await client.post("/documents/bulk-upload/", files=files)
        await until_ended(client, [item["id"] for item in uploaded.json()])
        for truth in TRUTHS:
            assert (await client.post("/ground-truths/", json=truth)).status_code == 201
        yield client


async def ended(api: Api, run: str, *, enough: Callable[[dict[str, Any]], bool] | None = None) -> dict[str, Any]:
    async def look() -> dict[str, Any]:
        found: dict[str, Any] = (await api.get(f"{PATH}{run}/")).json()
        return found

    return await until(look, enough or (lambda found: found["state"] not in UNFINISHED))


async def started(api: Api, **body: Any) -> str:
    answer = await api.post(PATH, json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["state"] == "pending"
    return str(answer.json()["id"])


@pytest.fixture(scope="module")
async def finished(evaluated: Api) -> dict[str, Any]:
    """A run that has ended, of the default agent."""
    return await ended(evaluated, await started(evaluated, name="First"))


async def test_a_run_says_what_was_found_said_and_proven(evaluated: Api, finished: dict[str, Any]) -> None:
    run = finished
    assert (run["state"], run["answered_count"], run["question_count"]) == ("completed", 3, 3)
    assert (run["scores"]["right"], run["scores"]["wrong"], run["scores"]["failed"]) == (2, 1, 0)
    assert (run["scores"]["retrieval_judged"], run["scores"]["retrieval_found"]) == (1, 1.0)
    assert run["scores"]["verified_share"] == 1.0
    assert "search_documents" in run["settings"]["tools"]
    assert run["id"] in [one["id"] for one in (await evaluated.get(PATH)).json()["results"]]

    wrong = (await evaluated.get(f"{PATH}{run['id']}/questions/", params={"outcome": "wrong"})).json()
    assert [(one["query"], one["missing"]) for one in wrong["results"]] == [(TRUTHS[1]["query"], ["39"])]
    page = (await evaluated.get(f"{PATH}{run['id']}/questions/")).json()["results"]
    assert [one["query"] for one in page] == [truth["query"] for truth in TRUTHS]
    question = (await evaluated.get(f"{PATH}{run['id']}/questions/{page[0]['id']}/")).json()
    assert question == page[0]
    assert "210 EUR" in question["answer"]
    assert question["retrieval"]["found"] is True
    assert question["retrieved"][question["retrieval"]["passage_rank"] - 1]["document_name"] == "handbook.md"
    assert question["citations"][0]["status"] == "verified"
    link = question["citations"][0]["reference_url"]
    assert link.startswith(evaluated.server), "the link opens for who reads it"
    assert link in question["answer"]


async def test_nothing_of_a_run_is_among_the_conversations(evaluated: Api, finished: dict[str, Any]) -> None:
    assert finished["answered_count"] == 3
    assert (await evaluated.get("/playground-conversations/")).json()["count"] == 0


async def test_what_got_worse_is_told_to_the_admins(process: Process, evaluated: Api) -> None:
    """Other instructions make no difference to the built-in model, so the agent loses its search tool."""
    made = await evaluated.post("/agent-settings/", json={"name": "Changing", "tools": await _tools(evaluated)})
    agent = made.json()["id"]
    first = await ended(evaluated, await started(evaluated, agent_settings=agent))
    assert first["previous_run"] is None
    changed = await evaluated.http.put(
        f"{evaluated.base}/agent-settings/{agent}/", json={"name": "Changing", "tools": []}
    )
    assert changed.status_code == 200, changed.text
    second = await ended(evaluated, await started(evaluated, agent_settings=agent))
    assert (second["previous_run"], second["worse_count"], second["better_count"]) == (first["id"], 2, 0)

    notes = (await evaluated.get("/notifications/")).json()["results"]
    [note] = [one for one in notes if one["source_object_id"] == second["id"]]
    assert note["notification_type"] == "evaluation_worse"
    assert not lacking(NOTIFICATIONS, note["message_code"], note["message_values"])
    assert note["title"] == "2 of 3 evaluated questions got worse"

    compared = await evaluated.get(f"{PATH}{second['id']}/comparison/")
    assert compared.status_code == 200, compared.text
    found = compared.json()
    assert (found["before"]["id"], found["after"]["id"]) == (first["id"], second["id"])
    one = found["changed"][0]
    assert (one["change"], one["query"]) == ("worse", TRUTHS[0]["query"])
    assert (one["before"]["is_right"], one["after"]["is_right"]) == (True, False)
    backwards = await evaluated.get(f"{PATH}{first['id']}/comparison/", params={"with": second["id"]})
    assert (backwards.json()["better"], backwards.json()["worse"]) == (2, 0)


async def test_a_comparison_is_made_once_and_holds_no_session_meanwhile(
    process: Process, evaluated: Api, finished: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions: list[int] = []
    held = 0

    class Watched:
        @asynccontextmanager
        async def read(self) -> AsyncIterator[AsyncSession]:
            nonlocal held
            async with process.database.read() as session:
                held += 1
                try:
                    yield session
                finally:
                    held -= 1

    def compare(before: list[Result], after: list[Result]) -> dict[str, Any]:
        sessions.append(held)
        return {"pairs": min(len(before), len(after))}

    monkeypatch.setattr(comparing, "compare", compare)
    run, comparisons = UUID(finished["id"]), comparing.Comparisons()
    asked = (comparisons.of(cast(Database, Watched()), UUID(evaluated.project), run, run) for _ in range(3))
    found = await asyncio.gather(*asked)
    assert [one[2] for one in found] == [{"pairs": 3}] * 3
    assert sessions == [0]


async def test_a_third_run_of_a_project_waits(process: Process, evaluated: Api, finished: dict[str, Any]) -> None:
    async with process.database.write() as session:
        run = await session.get_one(EvaluationRun, (UUID(evaluated.project), UUID(finished["id"])))
        names = ("project_id", "agent_settings_id", "agent_name", "model", "agent", "question_count", "trigger")
        values = {name: getattr(run, name) for name in names}
        going_on = [EvaluationRun(id=new_id(), name="Going on", state=state, **values) for state in UNFINISHED]
        session.add_all(going_on)
        ids = [one.id for one in going_on]
    try:
        refused = await evaluated.post(PATH, json={})
        assert refused.status_code == 409
        assert "2 evaluation runs of this project have not ended" in refused.json()["error"]
    finally:
        for one in ids:
            await evaluated.post(f"{PATH}{one}/stop/")
            assert (await evaluated.delete(f"{PATH}{one}/")).status_code == 204
    assert (await evaluated.post(f"{PATH}{await started(evaluated)}/stop/")).status_code == 200


async def _tools(api: Api) -> list[str]:
    [agent] = [one for one in (await api.get("/agent-settings/")).json()["results"] if one["is_default"]]
    return [tool if isinstance(tool, str) else tool["id"] for tool in agent["tools"]]


async def test_a_stored_answer_is_not_asked_for_again(
    process: Process, evaluated: Api, finished: dict[str, Any]
) -> None:
    """A job that comes back after a crash: with its result stored it does nothing, without it asks."""
    run = finished
    project = UUID(evaluated.project)
    page = (await evaluated.get(f"{PATH}{run['id']}/questions/")).json()["results"]
    await work.ask_question(process, project, UUID(page[0]["id"]))
    assert (await evaluated.get(f"{PATH}{run['id']}/")).json() == run


async def test_a_question_that_was_under_way_at_a_crash_is_asked_again(
    process: Process, evaluated: Api, finished: dict[str, Any]
) -> None:
    run = finished
    project = UUID(evaluated.project)
    page = (await evaluated.get(f"{PATH}{run['id']}/questions/")).json()["results"]
    async with process.database.write() as session:  # as a crash leaves it
        await session.execute(
            text("UPDATE evaluation_questions SET state = 'asking', answer = '' WHERE id = :id"), {"id": page[0]["id"]}
        )
        await session.execute(
            text("UPDATE evaluation_runs SET state = 'running', answered_count = 2, scores = NULL WHERE id = :id"),
            {"id": run["id"]},
        )
    await work.ask_question(process, project, UUID(page[0]["id"]))
    again = (await evaluated.get(f"{PATH}{run['id']}/")).json()
    assert (again["state"], again["answered_count"]) == ("completed", 3)
    assert again["scores"]["right"] == run["scores"]["right"]


async def test_a_stopped_run_asks_nothing_more(process: Process, evaluated: Api) -> None:
    run = await started(evaluated)
    stopped = (await evaluated.post(f"{PATH}{run}/stop/")).json()
    assert stopped["state"] == "stopped"
    async with process.database.read() as session:
        found = await session.get_one(EvaluationQuestion, (UUID(evaluated.project), await _waiting(evaluated, run)))
    await work.ask_question(process, UUID(evaluated.project), found.id)
    after = (await evaluated.get(f"{PATH}{run}/")).json()
    assert (after["state"], after["answered_count"]) == ("stopped", stopped["answered_count"])
    assert (await evaluated.post(f"{PATH}{run}/stop/")).json() == after
    assert (await evaluated.delete(f"{PATH}{run}/")).status_code == 204
    assert (await evaluated.get(f"{PATH}{run}/")).status_code == 404


async def _waiting(api: Api, run: str) -> UUID:
    page = (await api.get(f"{PATH}{run}/questions/", params={"outcome": "waiting"})).json()
    return UUID(page["results"][-1]["id"])


async def test_what_is_wrong_is_named(evaluated: Api, api: Api) -> None:
    empty = await api.post(PATH, json={})
    assert empty.status_code == 400
    assert "no ground truths" in empty.json()["error"]
    for field, value in (("agent_settings", str(new_id())), ("ground_truths", [str(new_id())]), ("ground_truths", [])):
        refused = await evaluated.post(PATH, json={field: value})
        assert (refused.status_code, list(refused.json())) == (400, [field])
    going_on = await started(evaluated)
    refused = await evaluated.delete(f"{PATH}{going_on}/")
    assert refused.status_code in (204, 400)  # it may have ended meanwhile
    await evaluated.post(f"{PATH}{going_on}/stop/")


async def test_positive_feedback_becomes_a_ground_truth_and_stays(evaluated: Api) -> None:
    conversation = await new_conversation(evaluated)
    said = final_answer(await ask(evaluated, "What does Falcon Basic cost?", conversation))
    context = {"conversation_id": conversation, "query_id": 0, "source": "PlaygroundConversation"}
    given = (await evaluated.post("/feedbacks/", json={"context": context, "is_positive": True})).json()
    path = f"/feedbacks/{given['id']}/ground-truth/"
    made = await evaluated.post(path)
    assert made.status_code == 201, made.text
    truth = made.json()
    assert (truth["query"], truth["source_feedback_id"]) == ("What does Falcon Basic cost?", given["id"])
    cited = {one["document_id"] for one in said["citations"] if one.get("verified")}
    assert {one["document_id"] for one in truth["expected_sources"]} == cited
    again = await evaluated.post(path)
    assert (again.status_code, again.json()["id"]) == (200, truth["id"])
    reviewed = (await evaluated.get("/feedbacks/", params={"status": "reviewed"})).json()["results"]
    assert given["id"] in [one["id"] for one in reviewed]
    assert (await evaluated.delete(f"/feedbacks/{given['id']}/")).status_code == 204
    assert (await evaluated.get(f"/ground-truths/{truth['id']}/")).status_code == 200
    run = await ended(evaluated, await started(evaluated, ground_truths=[truth["id"]]))
    assert (run["scores"]["right"], run["scores"]["retrieval_found"]) == (1, 1.0)
    await evaluated.delete(f"/ground-truths/{truth['id']}/")


async def test_what_was_deleted_since_is_no_proof_and_no_expectation(evaluated: Api) -> None:
    name, question = "moths.md", "How many eggs does a silk moth lay?"
    files = [("files", (name, b"# Moths\n\nA silk moth lays 512 eggs."))]
    [document] = (await evaluated.post("/documents/bulk-upload/", files=files)).json()
    await until_ended(evaluated, [document["id"]])
    truth = (await evaluated.post("/ground-truths/", json={"query": question, "answer": "512 eggs"})).json()
    run = await ended(evaluated, await started(evaluated, ground_truths=[truth["id"]]))
    conversation = await new_conversation(evaluated)
    await ask(evaluated, question, conversation)
    path = f"{PATH}{run['id']}/questions/"
    [before] = (await evaluated.get(path)).json()["results"]
    assert {one["status"] for one in before["citations"]} == {"verified"}

    await evaluated.delete(f"/documents/{document['id']}/")
    [after] = (await evaluated.get(path)).json()["results"]
    assert {(one["status"], one["reason"]) for one in after["citations"]} == {("unverified", "document_deleted")}
    assert (await evaluated.get(f"{path}{after['id']}/")).json() == after
    context = {"conversation_id": conversation, "query_id": 0, "source": "PlaygroundConversation"}
    given = (await evaluated.post("/feedbacks/", json={"context": context, "is_positive": True})).json()
    made = (await evaluated.post(f"/feedbacks/{given['id']}/ground-truth/")).json()
    assert made["expected_sources"] == []
    for made_here in (truth, made):
        await evaluated.delete(f"/ground-truths/{made_here['id']}/")


async def test_other_feedback_needs_the_right_answer(evaluated: Api) -> None:
    conversation = await new_conversation(evaluated)
    await ask(evaluated, "What does Falcon Pro cost?", conversation)
    context = {"conversation_id": conversation, "query_id": 0, "source": "PlaygroundConversation"}
    body = {"context": context, "is_positive": False, "feedback": "That is the old price."}
    given = (await evaluated.post("/feedbacks/", json=body)).json()
    path = f"/feedbacks/{given['id']}/ground-truth/"
    refused = await evaluated.post(path, json={})
    assert (refused.status_code, list(refused.json())) == (400, ["answer"])
    made = await evaluated.post(path, json={"answer": "420 EUR", "expected_figures": ["420"]})
    assert made.status_code == 201, made.text
    assert made.json()["additional_notes"] == "That is the old price."
    assert (made.json()["expected_figures"], made.json()["expected_sources"]) == (["420"], [])
    await evaluated.delete(f"/ground-truths/{made.json()['id']}/")
