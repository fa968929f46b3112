"""What keeps a question from being asked, and what the conversation is once it was."""

from uuid import UUID

import pytest

from citewell.errors import Conflict
from citewell.kit.ids import new_id
from citewell.turns.opening import start_turn
from tests.conftest import Api
from tests.sse import new_conversation
from tests.turns.conftest import Replica, Talk


async def test_a_conversation_that_is_archived_meanwhile_is_not_answered(talk: Talk) -> None:
    """Its state is looked at again in the statement that opens the turn."""
    me = (await talk.api.http.get("/api/v1/users/me/")).json()["id"]
    assert (await talk.api.delete(f"{talk.path}/")).status_code == 204
    ids = (UUID(talk.api.project), UUID(talk.conversation), UUID(me))
    with pytest.raises(Conflict, match="has been archived"):
        await start_turn(talk.replica.process.turns, *ids, "Well?", "")


async def test_a_deleted_agent_does_not_answer(talk: Talk) -> None:
    [first, *_] = (await talk.api.get("/agent-settings/")).json()["results"]
    draft = {"name": f"Agent {new_id()}", "model": first["model"], "tools": []}
    agent = (await talk.api.post("/agent-settings/", json=draft)).json()["id"]
    made = await talk.api.post("/playground-conversations/", json={"agent_settings": agent})
    assert (await talk.api.delete(f"/agent-settings/{agent}/")).status_code == 204
    deserted = Talk(talk.replica, talk.api, made.json()["id"])
    answer = await talk.api.post(f"{deserted.path}/send_message_stream/", json={"message": "Well?"})
    assert answer.status_code == 409
    assert "agent of this conversation has been deleted" in answer.json()["error"]


async def test_questions_and_answers_stand_in_order_under_a_short_title(talk: Talk) -> None:
    await talk.use("flood:tokens=5")
    conversation = await new_conversation(talk.api)
    asked = Talk(talk.replica, talk.api, conversation)
    for question in ("What does it cost? " * 20, "And now?"):
        async with asked.asking(question) as stream:
            await stream.rest()
    talks = (await talk.api.get("/playground-conversations/")).json()["results"]
    [name] = [one["name"] for one in talks if one["id"] == conversation]
    assert name.startswith("What does it cost?")
    assert name.endswith("…")
    assert len(name) <= 81
    history = await asked.check_consistent(turns=2)
    assert [message["role"] for message in history] == ["user", "assistant"] * 2


async def test_turns_in_other_processes_count_towards_the_limit_of_a_user(
    talk: Talk, second: Replica, elsewhere: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await talk.use("paced:tokens=100000,rate=50")
    await talk.begin()
    monkeypatch.setattr(second.process.settings, "max_turns_per_user", 1)
    path = f"/playground-conversations/{await new_conversation(elsewhere)}/send_message_stream/"
    refused = await elsewhere.post(path, json={"message": "Well?"})
    assert refused.status_code == 429, refused.text
    assert "1 answer" in refused.json()["error"]
    await talk.cancel()
