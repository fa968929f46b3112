"""Model servers that bend the format, through the whole product: a reader gets an answer with its proof from each."""

from typing import Any

from citewell.agent.loop import CUT_NOTE
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
    "near-mark:form=7": "server",
    "near-mark:form=8": "server",
    "near-mark:form=9": "server",
    "own-citation": "model",
    "made-up-link": "model",
    "unmarked": "server",
}
THOUGHT = "They ask about [[c1|something]]."
NEVER_SHOWN = ("<think", "</think", "tool_call", "[[c", "[c1", "【", "example.org", "arguments", "\ufffd")


def said(events: list[dict[str, Any]]) -> dict[str, Any]:
    """The last message of the assistant in the history that a stream ends with."""
    history = events[-1]["payload"]["chat_history"]
    return [message for message in history if (message["role"], message["type"]) == ("assistant", "message")][-1]


async def test_each_deviation_ends_in_an_answer_with_a_verified_citation(informed: Talk) -> None:
    for kind, finder in KINDS.items():
        await informed.use(kind)
        answer = said(await informed.ask("What does a hotel room cost in Oslo?"))
        [cited, *_] = [entry for entry in answer["citations"] if entry["number"]]
        assert (cited["verified"], cited["found_by"]) == (True, finder), kind
        assert cited["reference_url"] in answer["content"]
        assert not any(mark in answer["content"] for mark in NEVER_SHOWN), (kind, answer["content"])
        assert ("🙂" in answer["content"]) == (kind == "halves")
    history = await informed.history()
    assert [m["content"] for m in history if m["type"] == "reasoning_flow"] == [THOUGHT] * 6
    sent = informed.replica.recorder.exchanges[-1].body["messages"]
    assert not any("They ask about" in str(message["content"]) for message in sent), "thinking is never sent back"
    await informed.check_consistent(turns=len(KINDS))


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
