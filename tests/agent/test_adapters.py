"""Both wire formats against a real server: what it says comes through, each of its faults has its own code."""

import asyncio
import itertools
import socket
import time

import pytest

from citewell.agent.models import ModelConfig, make_model
from citewell.agent.protocol import (
    Finished,
    Message,
    Model,
    ModelError,
    ModelEvent,
    ModelRequest,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    ToolCallReady,
    ToolSpec,
    Usage,
)
from citewell.agent.streams import closing
from citewell.devmodel import Recorder
from citewell.devmodel.steps import tokens
from citewell.errors import SetupError
from tests.agent.conftest import MakeModel
from tests.agent.library import all_events

SEARCH = ToolSpec("search_documents", "Search.", {"type": "object", "properties": {"query": {"type": "string"}}})
REQUEST = ModelRequest([Message("system", "Rules."), Message("user", "How much?")], [SEARCH])

pytestmark = pytest.mark.parametrize("kind", ["openai", "anthropic"])


async def _gather(model: Model, into: list[ModelEvent]) -> None:
    async for batch in model.stream(REQUEST):
        into += batch


def text_of(events: list[ModelEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def test_text_and_usage(kind: str, make: MakeModel) -> None:
    events = await all_events(make("flood:tokens=50", kind), REQUEST)
    assert text_of(events) == "".join(tokens(50))
    assert Usage(10, 50) in events
    assert isinstance(events[-1], Finished)


async def test_bytes_cut_anywhere_make_no_difference(kind: str, make: MakeModel) -> None:
    for size in (1, 7, 100):
        assert text_of(await all_events(make(f"split:bytes={size}", kind), REQUEST)) == "".join(tokens(40))


async def test_one_read_is_one_batch(kind: str, make: MakeModel) -> None:
    """A server that is ahead of us costs no more turns of the loop than it has reads."""
    batches = [batch async for batch in make("flood:tokens=2000,each=500", kind).stream(REQUEST)]
    assert len(batches) < 100


async def test_tool_calls_come_whole(kind: str, make: MakeModel) -> None:
    events = await all_events(make("tool:calls=3", kind), REQUEST)
    calls = [event.call for event in events if isinstance(event, ToolCallReady)]
    assert calls == [ToolCall(f"call_{n}", "search_documents", {"query": "How much?"}) for n in (1, 2, 3)]


async def test_a_call_with_broken_arguments_has_a_fault(kind: str, make: MakeModel) -> None:
    events = await all_events(make("tool-broken", kind), REQUEST)
    (call,) = [event.call for event in events if isinstance(event, ToolCallReady)]
    assert call.arguments == {}
    assert "JSON object" in call.fault


async def test_reasoning_is_told_apart_from_text(kind: str, make: MakeModel) -> None:
    events = await all_events(make("reasoning:tokens=12", kind), REQUEST)
    assert "".join(event.text for event in events if isinstance(event, ReasoningDelta)) == "".join(tokens(12))
    assert text_of(events) == "".join(tokens(10))


async def test_a_dialogue_with_tool_results_is_understood(kind: str, make: MakeModel, requests: Recorder) -> None:
    call = ToolCall("call_1", "search_documents", {"query": "x"})
    dialogue = [
        Message("user", "A question that was stopped."),
        *REQUEST.messages[1:],
        Message("assistant", "", [call, ToolCall("call_2", "search_documents", {})]),
        Message("tool", "[c4] report.pdf, page 2\nSales rose by five percent in 2023.", tool_call_id="call_1"),
        Message("tool", "Nothing was found.", tool_call_id="call_2"),
    ]
    events = await all_events(make("tool", kind), ModelRequest([REQUEST.messages[0], *dialogue], [SEARCH], 77, 0.5))
    assert text_of(events).startswith("The documents say so [[c4|Sales rose by five percent in 2023.]]")
    body = requests.exchanges[-1].body
    assert (body["max_tokens"], body["temperature"], body["stream"]) == (77, 0.5, True)
    roles = [message["role"] for message in body["messages"] if message["role"] != "system"]
    assert all(first != second for first, second in itertools.pairwise(roles) if first != "tool")
    assert requests.exchanges[-1].authorized


async def test_a_forbidden_tool_stays_known(kind: str, make: MakeModel, requests: Recorder) -> None:
    """Servers refuse a dialogue with tool calls in it if no tools are told."""
    request = ModelRequest(REQUEST.messages, [SEARCH], tool_choice="none")
    events = await all_events(make("tool", kind), request)
    assert not any(isinstance(event, ToolCallReady) for event in events)
    assert requests.exchanges[-1].body["tools"]


@pytest.mark.parametrize(
    ("behaviour", "code", "retryable"),
    [
        ("error-400", "model_refused", False),
        ("error-401", "model_unauthorized", False),
        ("error-403", "model_unauthorized", False),
        ("error-404", "model_refused", False),
        ("error-429", "model_rate_limited", True),
        ("error-500", "model_server_error", True),
        ("error-501", "model_server_error", False),
        ("error-503", "model_server_error", True),
        ("error-529", "model_server_error", True),
        ("error-event", "model_server_error", True),
        ("html", "model_malformed", False),
        ("malformed", "model_malformed", False),
        ("cut", "model_cut_off", True),
        ("cut:after=0", "model_cut_off", True),
    ],
)
async def test_each_fault_has_its_code(behaviour: str, code: str, retryable: bool, kind: str, make: MakeModel) -> None:
    with pytest.raises(ModelError) as raised:
        await all_events(make(behaviour, kind), REQUEST)
    assert (raised.value.code, raised.value.retryable) == (code, retryable)
    assert "secret-key" not in raised.value.message
    assert "asked for it" not in raised.value.message


async def test_what_came_before_a_fault_was_said(kind: str, make: MakeModel) -> None:
    for behaviour in ("cut:after=9", "malformed:after=9", "error-event:after=9"):
        said: list[ModelEvent] = []
        with pytest.raises(ModelError):
            await _gather(make(behaviour, kind), said)
        assert text_of(said) == "".join(tokens(9))


async def test_retry_after_is_read(kind: str, make: MakeModel) -> None:
    with pytest.raises(ModelError) as raised:
        await all_events(make("error-429:retry_after=7", kind), REQUEST)
    assert raised.value.retry_after == 7


async def test_a_silent_server_is_left(kind: str, make: MakeModel, requests: Recorder) -> None:
    began = time.monotonic()
    with pytest.raises(ModelError) as raised:
        await all_events(make("stall", kind, silence=0.2), REQUEST)
    assert raised.value.code == "model_timeout"
    assert "CITEWELL_MODEL_TIMEOUT" in raised.value.message
    assert time.monotonic() - began < 60
    await requests.wait_for(lambda seen: seen[-1].end == "client_closed")


async def test_no_server_at_all(kind: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        model = make_model(ModelConfig(f"{kind}/x", f"http://127.0.0.1:{taken.getsockname()[1]}/v1"))
        with pytest.raises(ModelError) as raised:
            await all_events(model, REQUEST)
        await model.aclose()
    assert (raised.value.code, raised.value.retryable) == ("model_unreachable", True)


async def test_an_address_that_is_none(kind: str) -> None:
    for address in ("not a url", "http://", "http://[::1"):
        model = make_model(ModelConfig(f"{kind}/x", address))
        with pytest.raises(ModelError) as raised:
            await all_events(model, REQUEST)
        await model.aclose()
        assert raised.value.code == "model_unreachable", address


async def test_leaving_early_closes_the_connection(kind: str, make: MakeModel, requests: Recorder) -> None:
    async with closing(make("stall", kind).stream(REQUEST)) as stream:
        await anext(stream)
    await requests.wait_for(lambda seen: seen[-1].end == "client_closed")


async def test_cancelling_closes_the_connection(kind: str, make: MakeModel, requests: Recorder) -> None:
    task = asyncio.create_task(all_events(make("stall", kind), REQUEST))
    await requests.wait_for(lambda seen: len(seen) == 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await requests.wait_for(lambda seen: seen[-1].end == "client_closed")


async def test_a_name_that_says_nothing_is_refused_at_once(kind: str) -> None:
    for name in ("gpt-4", f"{kind}/", "other/x", ""):
        with pytest.raises(SetupError, match="extractive"):
            make_model(ModelConfig(name))
