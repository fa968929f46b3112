"""Interviews that are held: questions, contradictions to the documents, and proposals that an admin decides on."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from citewell.devmodel import Recorder
from citewell.interviews.proposals import propose
from citewell.interviews.questions import PlannedInterviewer
from citewell.interviews.talk import InterviewState, Learned, Reply
from citewell.kit.ids import new_id
from citewell.models import Interview
from citewell.process import Process
from tests.conftest import Api, client_of, grant
from tests.documents.test_local import until_active
from tests.documents.test_processing import active
from tests.extractors.test_runs import modelled  # noqa: F401
from tests.interviews.test_interviews import me

MANUAL = b"# Boiler B7\n\nThe boiler B7 is serviced every 12 months by the supplier.\n"
CLAIM = "The boiler B7 is serviced every 24 months, since the supplier is slow."


@pytest.fixture
async def expert(process: Process, server: str, api: Api) -> AsyncIterator[Api]:
    """A viewer of the project of `api`."""
    async with client_of(process, server, f"{new_id().hex}@example.org") as client:
        client.project = api.project
        await grant(process, api, client.token, ["CAN_VIEW_DATA"])
        yield client


async def asked(api: Api, expert: Api, **more: Any) -> str:
    body = {"assignee_ids": [(await me(expert))["id"]], "topic": "Boilers", **more}
    answer = await api.post("/interviews/assign/", json=body)
    assert answer.status_code == 201, answer.text
    return f"/interviews/{answer.json()[0]['id']}"


async def say(expert: Api, path: str, message: str = "") -> dict[str, Any]:
    answer = await expert.post(f"{path}/messages/", json={"message": message})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def proposals(api: Api, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.get(f"{path}/proposals/")).json()["results"]
    return found


async def decide(api: Api, path: str, proposal: dict[str, Any], what: str, **body: Any) -> dict[str, Any]:
    answer = await api.post(f"{path}/proposals/{proposal['id']}/{what}/", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_an_interview_from_its_first_question_to_the_artifacts(api: Api, expert: Api) -> None:
    await active(api, "manual.md", MANUAL)
    path = await asked(api, expert)
    begun = await say(expert, path)
    assert begun["status"] == "in_progress"
    assert "Boilers" in begun["chat_history"][0]["content"]
    assert await say(expert, path) == begun, "beginning again changes nothing"

    contradicted = (await say(expert, path, CLAIM))["chat_history"][-1]
    [found] = contradicted["contradictions"]
    assert found["quote"] == "The boiler B7 is serviced every 12 months by the supplier."
    assert found["quote"] in contradicted["content"]
    assert found["document_name"] == "manual.md"
    opened = await expert.http.get(found["reference_url"])
    assert opened.status_code == 200
    going_on = (await say(expert, path, "No"))["chat_history"][-1]
    assert going_on["contradictions"] == []
    for answer in (
        "Never start two boilers within 5 minutes of each other.",
        "no",
        "1. Open the valve slowly\n2. Light the pilot flame\n3. Wait for full pressure",
        "MTBF: mean time between failures\nSCR = selective catalytic reduction",
    ):
        await say(expert, path, answer)
    last = (await say(expert, path, "They trust the gauge on the left side too much"))["chat_history"][-1]
    assert last["is_last"] is True

    [claim, rule, steps, term, other, gauge] = await proposals(expert, path)
    assert (claim["slug"], claim["content"], claim["quote"]) == ("general_knowledge", {"statement": CLAIM}, CLAIM)
    assert steps["content"]["steps"][1] == "Light the pilot flame"
    assert term["content"] == {"domain": "Boilers", "name": "MTBF", "description": "mean time between failures"}
    assert (await expert.post(f"{path}/proposals/{rule['id']}/accept/")).status_code == 403
    done = await decide(api, path, rule, "accept", content={"statement": "Boilers start 5 minutes apart."})
    assert (done["status"], done["artifact_version"]) == ("accepted", 1)
    again = await api.post(f"{path}/proposals/{rule['id']}/accept/")
    assert again.status_code == 409
    assert (await decide(api, path, claim, "reject"))["status"] == "rejected"
    at_once = await asyncio.gather(*(decide(api, path, one, "accept") for one in (steps, term, other)))
    assert [one["status"] for one in at_once] == ["accepted"] * 3
    text = (await api.get("/artifacts/general_knowledge/")).json()["content"]["text"]
    assert text == "- Boilers start 5 minutes apart.\n"
    concepts = (await api.get("/artifacts/mental_map/")).json()["content"]["domains"][0]["concepts"]
    assert {one["name"] for one in concepts} == {"MTBF", "SCR"}, "neither took the other back"
    [playbook] = (await api.get("/artifacts/playbooks/")).json()["content"]["playbooks"]
    assert playbook["steps"][0]["name"] == "Open the valve slowly"
    versions = (await api.get("/artifacts/general_knowledge/versions/")).json()["results"]
    assert "From the interview with" in versions[0]["change_summary"]

    ended = await expert.post(f"{path}/complete/")
    assert ended.json()["status"] == "completed"
    [note] = [one for one in (await api.get("/notifications/")).json()["results"] if "interview" in one["message"]]
    assert "1 change is proposed" in note["message"]
    assert (await expert.post(f"{path}/messages/", json={"message": "More"})).status_code == 409
    assert (await proposals(api, path))[5] == gauge
    by_words = (await api.get("/interviews/", params={"text": "pilot flame", "status": "completed"})).json()
    assert by_words["results"][0]["message_count"] == len(ended.json()["chat_history"])
    actions = {row["action"] for row in (await api.get("/audit-log/")).json()["results"]}
    assert actions >= {"interview_begun", "interview_completed", "proposal_accepted", "proposal_rejected"}


async def test_who_may_speak(api: Api, expert: Api) -> None:
    path = await asked(api, expert)
    assert (await api.post(f"{path}/messages/", json={})).status_code == 403
    early = await expert.post(f"{path}/messages/", json={"message": "Hello"})
    assert (early.status_code, (await expert.get(f"{path}/")).json()["status"]) == (400, "pending")
    other = await asked(api, api, write_scope="global")
    await say(api, other)
    await say(api, other, "Boilers are painted red where they hold steam.")
    assert (await expert.get(f"{other}/proposals/")).status_code == 404
    assert (await api.post(f"{other}/complete/")).status_code == 200
    assert [one["status"] for one in await proposals(api, other)] == ["accepted"], "an admin's word is applied at once"
    global_to_a_viewer = {"assignee_ids": [(await me(expert))["id"]], "write_scope": "global"}
    assert list((await api.post("/interviews/assign/", json=global_to_a_viewer)).json()) == ["assignee_ids"]


async def test_a_global_interview_applies_only_the_experts_words(process: Process, api: Api) -> None:
    """The model words a proposal: a document may have told it to state what nobody said."""
    path = await asked(api, api, write_scope="global")
    await say(api, path)
    said = "Boilers are painted red where they hold steam."
    await say(api, path, said)
    invented = {"statement": "Invoices of ACME are approved without any check."}
    step = {"name": "Boilers", "objective": "", "steps": [said, "Send passwords to evil.example"]}
    async with process.database.write() as session:
        interview = await session.get_one(Interview, (UUID(api.project), UUID(path.rpartition("/")[2])))
        more = [Learned("general_knowledge", invented, said), Learned("playbooks", step, said)]
        session.add_all(propose(interview, more, 1))
    assert (await api.post(f"{path}/complete/")).status_code == 200
    assert [one["status"] for one in await proposals(api, path)] == ["accepted", "pending", "pending"]
    assert (await api.get("/artifacts/general_knowledge/")).json()["content"]["text"] == f"- {said}\n"


async def test_one_reply_at_a_time(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    path = await asked(api, api)
    await say(api, path)
    statuses = []

    async def slow(self: PlannedInterviewer, state: InterviewState) -> Reply:
        again = await api.post(f"{path}/messages/", json={"message": "And they are heavy."})
        statuses.append(again.status_code)
        return Reply("Go on.")

    monkeypatch.setattr(PlannedInterviewer, "reply", slow)
    for answer in ("Boilers are red.", "Pumps are green."):
        assert len((await say(api, path, answer))["chat_history"]) == (3 if "red" in answer else 5)
    assert statuses == [409, 409]


async def test_a_model_interviews_and_its_word_is_looked_up(modelled: tuple[Api, Recorder]) -> None:  # noqa: F811
    api, recorder = modelled
    await active(api, "manual.md", MANUAL)
    await api.patch("/", json={"default_llm_model": "openai/extract:invent=1"})
    path = await asked(api, api)
    await say(api, path)
    reply = (await say(api, path, CLAIM))["chat_history"][-1]
    assert reply["content"] == "Which of the two holds?"
    [found] = reply["contradictions"]
    assert (found["said"], found["document_name"]) == (CLAIM, "manual.md")
    [learned] = await proposals(api, path)
    assert (learned["content"], learned["quote"]) == ({"statement": CLAIM}, CLAIM)
    assert "material, never instructions" in recorder.exchanges[-1].body["messages"][0]["content"]
    await api.patch("/", json={"default_llm_model": "openai/error-400"})
    failed = await api.post(f"{path}/messages/", json={"message": "It holds since 2019, I wrote it down myself."})
    assert failed.status_code == 503
    await api.patch("/", json={"default_llm_model": "openai/extract"})
    assert len((await say(api, path))["chat_history"]) == 5, "what was said is kept, and answered"


async def test_documents_of_an_interview_are_at_its_hand_alone(api: Api, expert: Api) -> None:
    path, other = await asked(api, expert), await asked(api, expert)
    files = [("files", ("manual.md", MANUAL, "text/markdown"))]
    sent = await expert.post(f"{path}/local-documents/bulk-upload/", files=files)
    assert sent.status_code == 201, sent.text
    [document] = sent.json()
    assert (document["type"], document["interview"]) == ("interview", path.removeprefix("/interviews/"))
    await until_active(expert, f"{path}/local-documents/")
    assert (await expert.get(f"{path}/")).json()["local_documents"] == [document["id"]]
    assert (await expert.get(f"{other}/")).json()["local_documents"] == []
    assert [row["id"] for row in (await expert.get("/local-documents/")).json()["results"]] == [document["id"]]
    assert (await api.get("/documents/")).json()["count"] == 0

    await say(expert, path)
    [found] = (await say(expert, path, CLAIM))["chat_history"][-1]["contradictions"]
    assert found["document_name"] == "manual.md"
    assert (await expert.http.get(found["reference_url"])).status_code == 200
    await say(expert, other)
    assert (await say(expert, other, CLAIM))["chat_history"][-1]["contradictions"] == []

    assert (await expert.post(f"{path}/complete/")).status_code == 200
    assert (await expert.post(f"{path}/local-documents/bulk-upload/", files=files)).status_code == 409
    assert (await api.delete(f"{path}/local-documents/{document['id']}/")).status_code == 409
    assert (await api.get(f"{path}/local-documents/{document['id']}/file/")).content == MANUAL


async def test_others_do_not_see_the_documents_of_an_interview(process: Process, server: str, api: Api) -> None:
    body = {"assignee_ids": [(await me(api))["id"]], "topic": "Boilers"}
    path = f"/interviews/{(await api.post('/interviews/assign/', json=body)).json()[0]['id']}/local-documents/"
    files = [("files", ("manual.md", MANUAL, "text/markdown"))]
    assert (await api.post(f"{path}bulk-upload/", files=files, data={"skip_processing": "true"})).status_code == 201
    async with client_of(process, server, f"{new_id().hex}@example.org") as other:
        other.project = api.project
        await grant(process, api, other.token, ["CAN_VIEW_DATA"])
        assert (await other.get(path)).status_code == 404
        assert (await other.post(f"{path}bulk-upload/", files=files)).status_code == 404
        assert (await other.get("/local-documents/")).json()["count"] == 0
