"""The loop against the scripted model server: what a reader of its events sees."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from citewell.agent.events import (
    AgentEvent,
    AnswerStarted,
    AnswerText,
    Reasoning,
    TokensUsed,
    ToolAnswered,
    ToolRequested,
)
from citewell.agent.limits import LoopLimits
from citewell.agent.loop import CUT_NOTE, Answer, ClientTools, Question, answer
from citewell.agent.protocol import Message, Model, ModelError, Tool, ToolFailure, ToolOutcome, ToolSpec
from citewell.agent.sources import Sources
from citewell.agent.tools.get_chunk import GetChunk
from citewell.agent.tools.retrieval import SearchDocuments
from citewell.devmodel import Recorder
from citewell.devmodel.steps import tokens
from tests.agent.conftest import MakeModel
from tests.agent.library import APPLE, LIBRARY

SALES = Question("What were total net sales?")
pytestmark = pytest.mark.parametrize("kind", ["openai", "anthropic"])


class Log:
    """What the loop emitted, and what of it a reader has on the screen."""

    def __init__(self) -> None:
        self.events: list[AgentEvent] = []
        self.shown = ""
        self.begun = asyncio.Event()

    def emit(self, events: Sequence[AgentEvent]) -> None:
        self.events += events
        for event in events:
            if isinstance(event, AnswerStarted):
                self.shown = ""
            elif isinstance(event, AnswerText):
                self.shown += event.delta
                self.begun.set()

    def kinds(self) -> list[str]:
        """The names of the events, one for each run of text."""
        names = [type(event).__name__ for event in self.events if not isinstance(event, TokensUsed)]
        return [name for place, name in enumerate(names) if name != "AnswerText" or names[place - 1] != name]

    def results(self) -> list[dict[str, Any]]:
        return [result for event in self.events if isinstance(event, ToolAnswered) for result in event.results]


class Breaking:
    """A search tool that does what it is told to."""

    tool_type = "semantic_chunks"
    spec = SearchDocuments(LIBRARY).spec

    def __init__(self, failure: Exception | None = None, outcome: ToolOutcome | None = None) -> None:
        self._failure = failure
        self._outcome = outcome
        self.cancelled = asyncio.Event()

    async def run(self, arguments: dict[str, Any], sources: Sources) -> ToolOutcome:
        if self._failure is not None:
            raise self._failure
        if self._outcome is not None:
            return self._outcome
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled.set()
        raise AssertionError


async def ask(
    model: Model, log: Log, question: Question = SALES, tools: Sequence[Tool] | None = None, **limits: Any
) -> Answer:
    offered = tools if tools is not None else [SearchDocuments(LIBRARY), GetChunk(LIBRARY)]
    return await answer(question, model, offered, log.emit, LoopLimits(**limits))


async def test_it_searches_and_answers_with_a_verified_citation(kind: str, make: MakeModel) -> None:
    log = Log()
    found = await ask(make("tool", kind), log)
    assert log.kinds() == ["ToolRequested", "ToolAnswered", "AnswerStarted", "AnswerText"]
    (citation,) = found.citations
    assert citation.verified
    assert citation.verbatim == "Total net sales were $81,797 million in the"
    assert (citation.chunk_id, citation.min_page) == (APPLE.chunk_id, 5)
    assert log.shown == found.content == f"The documents say so [1]({citation.reference_url}). "
    assert log.results()[0]["uuid"] == str(APPLE.chunk_id)
    assert [claim.reason for claim in found.claims] == ["terms_not_in_passage"]  # it says nothing of what it cites
    assert found.usage.input_tokens == 20
    assert found.tool_rounds == 1
    assert len(found.tool_uses) == 1


async def test_what_it_says_before_a_search_is_an_answer_that_begins_anew(kind: str, make: MakeModel) -> None:
    log = Log()
    found = await ask(make("preamble", kind), log)
    assert log.kinds() == [
        *("AnswerStarted", "AnswerText", "ToolRequested", "ToolAnswered"),
        *("AnswerStarted", "AnswerText"),
    ]
    assert "look that up" not in found.content
    assert log.shown == found.content


async def test_reasoning_is_a_step_of_its_own(kind: str, make: MakeModel) -> None:
    log = Log()
    found = await ask(make("reasoning:tokens=12", kind), log)
    assert log.kinds() == ["Reasoning", "AnswerStarted", "AnswerText"]
    assert found.reasoning == ["".join(tokens(12)).strip()]
    assert log.events[0] == Reasoning(found.reasoning[0])


async def test_calls_of_one_round_run_side_by_side(kind: str, make: MakeModel) -> None:
    log = Log()
    together = asyncio.Barrier(3)

    class Meeting(SearchDocuments):
        async def run(self, arguments: dict[str, Any], sources: Sources) -> ToolOutcome:
            await together.wait()
            return await super().run(arguments, sources)

    found = await ask(make("tool:calls=3", kind), log, tools=[Meeting(LIBRARY)], tool_seconds=60)
    assert log.kinds()[:6] == ["ToolRequested"] * 3 + ["ToolAnswered"] * 3
    assert found.citations[0].verified


async def test_calls_beyond_the_limit_are_refused(kind: str, make: MakeModel, requests: Recorder) -> None:
    log = Log()
    found = await ask(make("tool:calls=5", kind), log, max_tool_calls=2)
    assert [type(event) for event in log.events].count(ToolRequested) == 2
    assert found.citations[0].verified
    assert str(requests.exchanges[-1].body).count("too many calls at once") == 3


@pytest.mark.parametrize(
    ("tool", "code", "told"),
    [
        (Breaking(ToolFailure("Say which year.")), "tool_failure", "Say which year."),
        (Breaking(RuntimeError("password=hunter2")), "tool_error", "failed on the server"),
        (Breaking(), "tool_timeout", "did not finish"),
    ],
)
async def test_a_tool_that_fails_is_told_to_the_model(
    tool: Breaking, code: str, told: str, kind: str, make: MakeModel, requests: Recorder
) -> None:
    log = Log()
    found = await ask(make("tool", kind), log, tools=[tool], tool_seconds=0.05)
    assert found.content == "The documents do not say. "
    (result,) = log.results()
    assert (result["status"], result["error_code"]) == ("error", code)
    seen = str(requests.exchanges[-1].body)
    assert told in seen
    assert "hunter2" not in seen + str(result)


@pytest.mark.parametrize(("behaviour", "code"), [("tool-unknown", "unknown_tool"), ("tool-broken", "tool_arguments")])
async def test_a_call_that_cannot_be_run_is_told_to_the_model(
    behaviour: str, code: str, kind: str, make: MakeModel
) -> None:
    log = Log()
    await ask(make(behaviour, kind), log)
    assert [result["error_code"] for result in log.results()] == [code]
    assert log.shown == "The documents do not say. "


async def test_results_are_bounded(kind: str, make: MakeModel, requests: Recorder) -> None:
    log = Log()
    huge = ToolOutcome([{"content": "価" * 2000}] * 10, "価" * 100_000)
    await ask(make("tool", kind), log, tools=[Breaking(outcome=huge)], max_result_bytes=20_000)
    assert 0 < len(log.results()) < 4
    assert "価" * 6000 in str(requests.exchanges[-1].body)
    assert "価" * 7000 not in str(requests.exchanges[-1].body)


async def test_a_model_that_never_stops_searching_must_answer(kind: str, make: MakeModel, requests: Recorder) -> None:
    log = Log()
    found = await ask(make("tool-loop", kind), log, max_tool_rounds=3)
    assert found.tool_rounds == 3
    assert found.citations[0].verified
    assert len(requests.exchanges) == 4
    assert "answer now" in str(requests.exchanges[-1].body["messages"][-1])


async def test_an_endless_answer_is_cut_and_the_model_call_ended(
    kind: str, make: MakeModel, requests: Recorder
) -> None:
    log = Log()
    found = await ask(make("paced:tokens=100000,rate=100000", kind), log, max_answer_chars=500)
    assert found.is_cut
    assert len(found.content.removesuffix(CUT_NOTE)) == 500
    assert log.shown == found.content
    await requests.wait_for(lambda seen: seen[-1].end == "client_closed")


async def test_an_empty_answer_is_an_error(kind: str, make: MakeModel) -> None:
    with pytest.raises(ModelError, match="empty") as raised:
        await ask(make("empty", kind), Log())
    assert raised.value.code == "model_malformed"


async def test_a_reply_that_breaks_off_leaves_what_was_said(kind: str, make: MakeModel) -> None:
    log = Log()
    with pytest.raises(ModelError) as raised:
        await ask(make("cut:after=9", kind), log)
    assert raised.value.code == "model_cut_off"
    assert log.shown == "".join(tokens(9)).rstrip()  # the last space waits for what follows it


async def test_cancelling_ends_the_model_call_and_leaves_what_was_said(
    kind: str, make: MakeModel, requests: Recorder
) -> None:
    log = Log()
    turn = asyncio.create_task(ask(make("stall:after=3", kind), log))
    await asyncio.wait_for(log.begun.wait(), 60)
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    await requests.wait_for(lambda seen: seen[-1].end == "client_closed")
    assert log.shown == "".join(tokens(3))[: len(log.shown)] != ""


async def test_cancelling_ends_running_tools(kind: str, make: MakeModel, requests: Recorder) -> None:
    log, tool = Log(), Breaking()
    turn = asyncio.create_task(ask(make("tool", kind), log, tools=[tool]))
    await requests.wait_for(lambda seen: bool(seen) and seen[-1].end == "finished")
    async with asyncio.timeout(60):
        while not log.results() and "ToolRequested" not in log.kinds():
            await asyncio.sleep(0)
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    assert tool.cancelled.is_set()


async def test_the_model_sees_the_conversation_and_the_instructions(
    kind: str, make: MakeModel, requests: Recorder
) -> None:
    history = [
        Message("user", "Who are you?"),
        Message("assistant", "A helper [1]."),
        Message("user", "Stopped?"),
        Message("assistant", ""),
    ]
    question = Question("And now?", history, instructions="Be brief, Hal.", brief="Reports of Apple.")
    await ask(make("flood:tokens=5", kind), Log(), question)
    body = requests.exchanges[-1].body
    told = body["system"] if kind == "anthropic" else body["messages"][0]["content"]
    assert "Be brief, Hal." in told
    assert "Reports of Apple." in told
    said = [(message["role"], message["content"]) for message in body["messages"] if message["role"] != "system"]
    assert said == [("user", "Who are you?"), ("assistant", "A helper [1]."), ("user", "Stopped?\n\nAnd now?")]


async def test_without_tools_it_just_answers(kind: str, make: MakeModel, requests: Recorder) -> None:
    found = await ask(make("tool", kind), Log(), tools=[])
    assert found.content == "The documents do not say. "
    assert "tools" not in requests.exchanges[-1].body


def test_specs_are_schemas_that_providers_take(kind: str) -> None:
    for spec in (SearchDocuments(LIBRARY).spec, GetChunk.spec):
        assert isinstance(spec, ToolSpec)
        assert spec.parameters["type"] == "object"
        assert set(spec.parameters["required"]) <= set(spec.parameters["properties"])


async def test_a_tool_of_the_client_ends_the_answer(make: MakeModel, requests: Recorder, kind: str) -> None:
    """The client runs it, and asks again with the result."""
    client_tools = ClientTools([ToolSpec("get_weather", "The weather.", {"type": "object", "properties": {}})])
    model, log = make("tool", kind), Log()
    question = msgspec.structs.replace(SALES, client_tools=client_tools)
    found = await answer(question, model, [], log.emit, LoopLimits())
    [call] = found.calls
    assert (call.name, call.arguments, found.tool_rounds) == ("get_weather", {"query": SALES.text}, 0)
    assert not log.results(), "it was not run here"
    then = [Message("assistant", "", [call]), Message("tool", "Sunny.", tool_call_id=call.id)]
    question = msgspec.structs.replace(question, client_messages=then)
    again = await answer(question, model, [], log.emit, LoopLimits())
    assert (again.calls, again.content) == ([], "The documents do not say. ")


async def test_an_answer_that_must_end_with_a_call(make: MakeModel, requests: Recorder, kind: str) -> None:
    """The model may search first, as often as it likes; then only the client's tool is left."""
    client_tools = ClientTools([ToolSpec("record", "Records.", {"type": "object", "properties": {}})], must_call=True)
    tools: list[Tool] = [SearchDocuments(LIBRARY)]
    question = msgspec.structs.replace(SALES, client_tools=client_tools)
    found = await answer(question, make("tool-loop", kind), tools, Log().emit, LoopLimits(max_tool_rounds=2))
    assert ([call.name for call in found.calls], found.tool_rounds) == (["record"], 2)
    choices = {str(seen.body["tool_choice"]) for seen in requests.exchanges}
    assert choices == ({"required"} if kind == "openai" else {"{'type': 'any'}"})
