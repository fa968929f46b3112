"""Tokens are counted for the model that used them, so that each has its own price."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from citewell.models import AgentSettings
from tests.turns.conftest import Talk

OTHER = "openai/flood:tokens=11"


async def _used(talk: Talk) -> dict[str, tuple[int, int]]:
    models = (await talk.api.get("/usage/")).json()["models"]
    return {one["model"]: (one["tokens_input"], one["tokens_output"]) for one in models}


async def _tool_that_asks_another(talk: Talk) -> str:
    """Makes it the only tool of the project's agent."""
    other = (await talk.api.post("/agent-settings/", json={"name": "Other", "tools": []})).json()["id"]
    tool = {"name": "ask", "tool_type": "sub_agent", "agent_settings": other}
    made = str((await talk.api.post("/tools/", json=tool)).json()["id"])
    async with talk.replica.process.database.write() as session:
        mine = AgentSettings.project_id == UUID(talk.api.project)
        await session.execute(update(AgentSettings).where(mine, AgentSettings.id == UUID(other)).values(model=OTHER))
        await session.execute(update(AgentSettings).where(mine, AgentSettings.id != UUID(other)).values(tools=[made]))
    return made


async def test_an_agent_that_is_asked_uses_its_own_model(talk: Talk) -> None:
    await talk.use("tool:tokens=3")
    tool = await _tool_that_asks_another(talk)
    answer = await talk.api.post(f"/tools/{tool}/run/", json={"query": "What does it cost?"})
    assert answer.status_code == 200, answer.text
    alone = await _used(talk)
    assert list(alone) == [OTHER], "also where nobody but a client runs the tool"

    await talk.ask()
    used = await _used(talk)
    assert set(used) == {OTHER, "openai/tool:tokens=3"}
    assert used[OTHER][1] == 2 * alone[OTHER][1]
    conversation = (await talk.api.get("/playground-conversations/")).json()["results"][0]["tokens"]
    assert conversation["input"] == sum(one[0] for one in used.values()) - alone[OTHER][0]
    assert conversation["output"] == sum(one[1] for one in used.values()) - alone[OTHER][1]


async def test_a_client_of_another_door_is_counted_alike(talk: Talk) -> None:
    await talk.use("tool:tokens=3")
    await _tool_that_asks_another(talk)
    agents: list[dict[str, Any]] = (await talk.api.get("/agent-settings/")).json()["results"]
    agent = next(one["id"] for one in agents if one["name"] != "Other")
    body = {"model": f"{talk.api.project}/{agent}", "messages": [{"role": "user", "content": "What does it cost?"}]}
    said = (await talk.api.http.post("/v1/chat/completions", json=body)).json()["usage"]
    used = await _used(talk)
    assert set(used) == {OTHER, "openai/tool:tokens=3"}
    assert said["prompt_tokens"] == sum(one[0] for one in used.values())
    assert said["completion_tokens"] == sum(one[1] for one in used.values())


async def test_the_check_of_claims_is_counted_for_its_model(informed: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(informed.replica.process.settings, "claim_check_model", "openai/judge")
    await informed.use("tool")
    await informed.ask("What does a hotel room cost?")
    used = await _used(informed)
    assert set(used) == {"openai/judge", "openai/tool"}
    tokens = (await informed.api.get("/playground-conversations/")).json()["results"][0]["tokens"]
    assert (tokens["input"], tokens["output"]) == tuple(map(sum, zip(*used.values(), strict=True)))
