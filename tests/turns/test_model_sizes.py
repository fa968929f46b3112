"""What `citewell model check` found is heeded wherever a model answers."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from citewell.agent.models.abilities import key_of
from citewell.agent.models.check import Abilities
from tests.turns.conftest import Talk

MODEL = "flood:tokens=3,each=7"
QUESTION = "What does it cost?"


async def _asked(talk: Talk) -> None:
    await talk.ask(QUESTION)


async def _agent(talk: Talk) -> dict[str, Any]:
    found: dict[str, Any] = (await talk.api.get("/agent-settings/")).json()["results"][0]
    return found


async def _over_openai(talk: Talk) -> None:
    agent = await _agent(talk)
    body = {
        "model": f"{talk.api.project}/{agent['id']}",
        "messages": [{"role": "user", "content": QUESTION}],
        "max_tokens": 9000,
    }
    answer = await talk.api.http.post("/v1/chat/completions", json=body)
    assert answer.status_code == 200, answer.text


async def _by_another_agent(talk: Talk) -> None:
    agent = await _agent(talk)
    tool = {"name": "ask", "tool_type": "sub_agent", "agent_settings": agent["id"]}
    made = (await talk.api.post("/tools/", json=tool)).json()
    answer = await talk.api.post(f"/tools/{made['id']}/run/", json={"query": QUESTION})
    assert answer.status_code == 200, answer.text


async def _of_a_search(talk: Talk) -> None:
    path = f"/api/v1/projects/{talk.api.project}/"
    changed = await talk.api.http.patch(path, json={"default_llm_model": f"openai/{MODEL}"})
    assert changed.status_code == 200, changed.text
    answer = await talk.api.post("/retrieve-with-hybrid-search/", json={"question": QUESTION})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("ask", [_asked, _over_openai, _by_another_agent, _of_a_search])
async def test_an_answer_fits_into_the_models_context(
    talk: Talk, ask: Callable[[Talk], Awaitable[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    process = talk.replica.process
    key = key_of(f"openai/{MODEL}", process.settings.model_base_url)
    monkeypatch.setitem(process.models._abilities, key, Abilities(context_tokens=4000))
    await talk.use(MODEL)
    talk.replica.recorder.clear()
    await ask(talk)
    [request] = [one.body for one in talk.replica.recorder.exchanges if one.model == MODEL]
    assert request.get("max_tokens", request.get("max_completion_tokens")) == 1000
