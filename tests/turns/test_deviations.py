"""Model servers that bend the format, through the whole product: a reader gets an answer with its proof from each."""

from typing import Any

import pytest

from citewell.agent.loop import CUT_NOTE
from citewell.settings import ModelServer
from tests.turns.conftest import Talk

# What each model does, and who finds its citation: the model's own words do, or the server looks for them.
KINDS = {
    "think-inside": "model",
    "think-end": "model",
    "think-parts": "model",
    "spoken-call": "model",
    "spoken-call:bare=1": "model",
    "odd-fields": "model",
    "odd-calls": "model",
    "odd-calls:form=1": "model",
    "odd-calls:form=2,calls=1": "model",
    "thought-call": "model",
    "channels": "model",
    "misspoken": "model",
    "strict": "model",
    "strict:wants=1": "model",
    "strict:wants=2": "model",
    "no-stream": "model",
    "empty-first": "model",
    "halves": "model",
    "no-tools": "model",
    "too-long:limit=900": "model",
    "near-mark": "model",
    "near-mark:form=1": "model",
    "near-mark:form=2": "model",
    "near-mark:form=3": "model",
    "near-mark:form=4": "server",
    "near-mark:form=5": "server",
    "near-mark:form=6": "server",
    "near-mark:form=9": "server",
    "own-citation": "model",
    "made-up-link": "model",
    "unmarked": "server",
    "unfounded": "model",
}
IN_ANTHROPICS_FORMAT = {"own-citation": "model", "no-tools": "model", "spoken-call": "model", "unmarked": "server"}
THOUGHT = "They ask about [[c1|something]]."
NEVER_SHOWN = ("<think", "</think", "tool_call", "[[c", "[c1", "【", "example.org", "arguments", "\ufffd")


def said(events: list[dict[str, Any]]) -> dict[str, Any]:
    """The last message of the assistant in the history that a stream ends with."""
    history = events[-1]["payload"]["chat_history"]
    return [message for message in history if (message["role"], message["type"]) == ("assistant", "message")][-1]


async def test_each_deviation_ends_in_an_answer_with_a_verified_citation(
    informed: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = informed.replica.process.settings
    server = ModelServer(base_url=settings.model_base_url)
    monkeypatch.setattr(settings, "model_servers", {f"anthropic/{kind}": server for kind in IN_ANTHROPICS_FORMAT})
    asked = [(kind, finder, "openai") for kind, finder in KINDS.items()]
    asked += [(kind, finder, "anthropic") for kind, finder in IN_ANTHROPICS_FORMAT.items()]
    for kind, finder, wire in asked:
        await informed.use(kind, wire)
        answer = said(await informed.ask("What does a hotel room cost in Oslo?"))
        cited = next((entry for entry in answer["citations"] if entry["number"]), None)
        assert cited, (kind, wire, answer["content"])
        assert (cited["verified"], cited["found_by"]) == (True, finder), kind
        assert cited["reference_url"] in answer["content"]
        assert not any(mark in answer["content"] for mark in NEVER_SHOWN), (kind, answer["content"])
        assert ("🙂" in answer["content"]) == (kind == "halves")
        unverified = [entry["claim"] for entry in answer["citations"] if "claim" in entry]
        assert any("yacht" in claim for claim in unverified) == (kind == "unfounded")
    thoughts = [one["content"] for one in await informed.history() if one["type"] == "reasoning_flow"]
    assert len(thoughts) == 15
    assert all(thought.startswith(THOUGHT) for thought in thoughts)
    sent = informed.replica.recorder.exchanges[-1].body["messages"]
    assert not any("They ask about" in str(message) for message in sent), "thinking is not sent back"
    await informed.check_consistent(turns=len(asked))


async def test_an_answer_that_was_cut_is_marked_and_goes_on(informed: Talk) -> None:
    await informed.use("cut-short:tokens=9")
    cut = said(await informed.ask("What does a hotel room cost in Oslo?"))
    assert cut["content"].endswith(CUT_NOTE)
    stored = [message for message in await informed.history() if message["type"] == "message"][-1]
    assert (stored["state"], stored["content"]) == ("cut", cut["content"])
    whole = said(await informed.ask("Go on."))
    assert "state" not in whole
    assert whole["citations"][0]["verified"]
    before = next(m for m in informed.replica.recorder.exchanges[-1].body["messages"] if m["role"] == "assistant")
    assert before["content"] == cut["content"].removesuffix(CUT_NOTE), "the model is not told of the note"


@pytest.mark.parametrize("store", [True, False])
async def test_a_response_that_was_cut_is_incomplete(informed: Talk, store: bool) -> None:
    await informed.use("cut-short:tokens=9")
    agent = (await informed.api.get("/agent-settings/")).json()["results"][0]
    body = {"model": f"{informed.api.project}/{agent['id']}", "input": "What does a room cost?", "store": store}
    found = (await informed.api.http.post("/v1/responses", json=body)).json()
    assert (found["status"], found["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})
    if store:
        assert (await informed.api.http.get(f"/v1/responses/{found['id']}")).json()["status"] == "incomplete"


async def test_an_answer_that_was_cut_goes_on_for_a_client_that_keeps_the_history(informed: Talk) -> None:
    await informed.use("cut-short:tokens=9")
    agent = (await informed.api.get("/agent-settings/")).json()["results"][0]
    model, question = f"{informed.api.project}/{agent['id']}", {"role": "user", "content": "What does a room cost?"}
    asked = {"model": model, "messages": [question]}
    [choice] = (await informed.api.http.post("/v1/chat/completions", json=asked)).json()["choices"]
    assert choice["finish_reason"] == "length"
    said = {"role": "assistant", "content": choice["message"]["content"]}
    assert said["content"].endswith(CUT_NOTE)
    informed.replica.recorder.clear()
    asked = {"model": model, "messages": [question, said, {"role": "user", "content": "Go on."}]}
    assert (await informed.api.http.post("/v1/chat/completions", json=asked)).status_code == 200
    [before] = [m for m in informed.replica.recorder.exchanges[0].body["messages"] if m["role"] == "assistant"]
    assert before["content"] == said["content"].removesuffix(CUT_NOTE), "the model is not told of the note"
