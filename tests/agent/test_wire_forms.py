"""Streams, whole replies and errors as servers send them in their own ways: each is read as far as it can be."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from citewell.agent.models import ModelConfig, make_model
from citewell.agent.protocol import (
    Cited,
    Message,
    ModelError,
    ModelEvent,
    ModelRequest,
    ReasoningDelta,
    TextDelta,
    ToolCallReady,
    ToolSpec,
    Usage,
)
from tests.agent.library import all_events
from tests.listening import listening

ASK = ModelRequest([Message("user", "Hello?")], [ToolSpec("search", "Search.", {"type": "object"})])
Served = tuple[int, str, str]
_replies: dict[str, Served] = {}


@pytest.fixture(scope="module")
async def url() -> AsyncIterator[str]:
    """A server that answers each model's name with the reply that is stored under it."""

    async def handle(request: web.Request) -> web.Response:
        status, kind, text = _replies[(await request.json())["model"]]
        return web.Response(status=status, body=text.encode(), headers={"Content-Type": kind})

    app = web.Application()
    app.router.add_post("/v1/chat/completions", handle)
    app.router.add_post("/v1/messages", handle)
    async with listening(app) as address:
        yield f"{address}/v1"


async def events_of(url: str, text: str, *, kind: str = "text/event-stream", wire: str = "openai") -> list[ModelEvent]:
    name = str(len(_replies))
    _replies[name] = (200, kind, text)
    model = make_model(ModelConfig(f"{wire}/{name}", url))
    try:
        return await all_events(model, ASK)
    finally:
        await model.aclose()


def said(events: list[ModelEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def thought(events: list[ModelEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, ReasoningDelta))


def calls(events: list[ModelEvent]) -> list[tuple[str, dict[str, Any]]]:
    return [(event.call.name, event.call.arguments) for event in events if isinstance(event, ToolCallReady)]


def chunk(delta: Any = None, reason: Any = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}


def stream(*chunks: Any, done: str = "data: [DONE]\n\n") -> str:
    return "".join(f"data: {json.dumps(one)}\n\n" for one in chunks) + done


HI, END = json.dumps(chunk({"content": "Hi"})), json.dumps(chunk({}, "stop"))
PRETTY = json.dumps(chunk({"content": "Hi"}), indent=1).replace("\n", "\ndata: ")
WHOLE = {"choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]}
COUNTED = json.dumps({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 1}})


@pytest.mark.parametrize(
    "text",
    [
        f"data: {HI}\r\n\r\ndata: {END}\r\n\r\ndata: [DONE]\r\n\r\n",
        f"\ufeffdata: {HI}\n\ndata: {END}\n\n",
        f"data: {HI}\n\ndata: [DONE]",
        f"data: {HI}\n\ndata: {END}",
        f"data: {HI}\n\ndata: {COUNTED}\n\n",
        f"data: {COUNTED}\n\ndata: {HI}\n\ndata: {END}\n\n",
        f"data:{HI}\n\ndata:{END}\n\ndata:[DONE]\n\n",
        f"data: {HI}\ndata: {END}\ndata: [DONE]\n",
        f"{HI}\n{END}\n",
        f": PROCESSING\n\n:\n\ndata:\n\ndata: \n\ndata: {HI}\n\ndata: ping\n\ndata: {END}\n\n",
        f"event: chunk\nid: 3\nretry: 100\ndata: {HI}\n\ndata: {END}\n\n",
        f"data: {HI[:20]}\n\ndata: {HI[20:]}\n\ndata: {END}\n\n",
        f"data: {PRETTY}\n\ndata: {END}\n\n",
        stream({"choices": [{"delta": None}]}, {"choices": [None]}, {"choices": []}, chunk({"role": "assistant"}))[:-14]
        + f"data: {HI}\n\ndata: {END}\n\n",
        f"data: {HI}\n\n" + stream(chunk({}, 5)),
        stream(WHOLE),
        f"data: {HI}\n\n" + stream(WHOLE),
        stream({"choices": [{"text": "Hi"}]}),
        stream([chunk({"content": "Hi"})]),
        stream({"choices": {"0": {"delta": {"content": "Hi"}}}}),
        stream(chunk({"content": [{"type": "text", "text": {"value": "Hi"}}]})),
        f'data: {HI[:-1]}, "logprobs": NaN}}\n\ndata: {END}\n\n',
    ],
)
async def test_a_stream_is_read_however_it_is_framed(url: str, text: str) -> None:
    assert said(await events_of(url, text)) == "Hi"


async def test_what_goes_wrong_behind_the_end_changes_nothing(url: str) -> None:
    for behind in ('data: {"broken', 'data: {"error": "boom"}\n\n', 'data: {"choices": [\n\ndata: x\n\n'):
        assert said(await events_of(url, f"data: {HI}\n\ndata: {END}\n\n{behind}")) == "Hi"
        assert said(await events_of(url, anthropic(TEXT, STOP) + behind, wire="anthropic")) == "Hi"


@pytest.mark.parametrize(
    "text", [json.dumps(WHOLE), json.dumps(WHOLE, indent=2), f"{HI}\n{END}\n", f"data: {HI}\n\ndata: {END}"]
)
async def test_a_server_that_does_not_stream_is_read_all_the_same(url: str, text: str) -> None:
    assert said(await events_of(url, text, kind="application/json")) == "Hi"


@pytest.mark.parametrize(
    "delta",
    [
        {"thinking": "Hm"},
        {"reasoning": "Hm", "reasoning_details": [{"type": "reasoning.text", "text": "Hm"}]},
        {"reasoning_content": [{"type": "text", "text": "Hm"}]},
        {"reasoning_details": [{"type": "reasoning.text", "text": "Hm"}]},
        {"content": "Hm", "extra_content": {"google": {"thought": True}}},
        {"content": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm"}]}]},
    ],
)
async def test_reasoning_is_found_in_its_fields(url: str, delta: Any) -> None:
    events = await events_of(url, stream(chunk(delta), chunk({"content": "Hi"}, "stop")))
    assert (said(events), thought(events)) == ("Hi", "Hm")


ROOM = '{"query": "room"}'


BENT = ("{}" + ROOM, ROOM + ROOM, ROOM + "<|im_end|>", ROOM[:-1], f'{{"name": "search", "arguments": {ROOM}}}')


def tool(function: Any = None, **more: Any) -> dict[str, Any]:
    return chunk({"tool_calls": [{"index": 0, "id": "a", "function": function} | more]})


@pytest.mark.parametrize(
    "chunks",
    [
        [chunk({"function_call": {"name": "search", "arguments": ""}}), chunk({"function_call": {"arguments": ROOM}})],
        [
            chunk({"tool_calls": [{"id": "a", "function": {"name": "search", "arguments": ""}}]}),
            chunk({"tool_calls": [{"function": {"arguments": ROOM[:9]}}]}),
            chunk({"tool_calls": [{"function": {"arguments": ROOM[9:]}}]}),
        ],
        [tool({"name": "search", "arguments": piece}) for piece in ("", ROOM[:9], ROOM)],
        [tool({"name": "search", "arguments": "{'query': 'room'}"})],
        [tool({"name": "search", "arguments": [{"query": "room"}]})],
        [tool({"name": "search", "arguments": f"```json\n{ROOM}\n```"})],
        [tool({"name": None, "arguments": ""}), tool({"name": "search", "arguments": ROOM})],
        *([tool({"name": "search", "arguments": bent})] for bent in BENT),
        [tool({"name": "sea", "arguments": ""}), tool({"name": "rch", "arguments": ""}), tool({"arguments": ROOM})],
        [tool("search", arguments={"query": "room"})],
        [
            tool({"name": "search", "arguments": ""}, id="a"),
            tool({"name": "", "arguments": ROOM[:9]}, id="b"),
            tool({"name": None, "arguments": ROOM[9:]}, id="c"),
        ],
        [chunk({"tool_calls": [{"name": "search", "arguments": {"query": "room"}}]})],
        [{"choices": [{"message": {"tool_calls": [{"function": {"name": "search", "arguments": ROOM}}]}}]}],
    ],
)
async def test_a_call_is_read_whatever_its_pieces_look_like(url: str, chunks: list[Any]) -> None:
    assert calls(await events_of(url, stream(*chunks, chunk({}, "tool_calls")))) == [("search", {"query": "room"})]


async def test_a_stream_that_ends_behind_whole_calls_is_whole(url: str) -> None:
    called = stream(tool({"name": "search", "arguments": ROOM}), done="")
    assert calls(await events_of(url, called)) == [("search", {"query": "room"})]


async def test_halves_of_a_character_in_thoughts_and_arguments_are_joined(url: str) -> None:
    pieces = [tool({"name": "search", "arguments": '{"query": "\ud83d'}), tool({"arguments": '\ude42"}'})]
    thoughts = [chunk({"reasoning": "\ud83d"}), chunk({"reasoning": "\ude42"})]
    events = await events_of(url, stream(*thoughts, *pieces, chunk({}, "stop")))
    assert (thought(events), calls(events)) == ("🙂", [("search", {"query": "🙂"})])


@pytest.mark.parametrize(
    ("status", "kind", "text", "code"),
    [
        (200, "text/event-stream", stream({"error": "boom"}), "model_server_error"),
        (200, "text/event-stream", stream({"object": "error", "message": "boom"}), "model_server_error"),
        (200, "text/event-stream", stream({"detail": "boom"}), "model_server_error"),
        (200, "text/event-stream", stream([{"error": {"message": "boom"}}]), "model_server_error"),
        (200, "application/json", '{"error": {"message": "boom"}}', "model_server_error"),
        (200, "text/event-stream", stream(chunk({"content": ""}, "error")), "model_server_error"),
        (200, "text/event-stream", stream({"choices": [{"error": {"code": 429}}]}), "model_rate_limited"),
        (
            200,
            "text/event-stream",
            stream(chunk({}, "function_call_filter: MALFORMED_FUNCTION_CALL")),
            "model_server_error",
        ),
        (200, "text/event-stream", stream({"error": {"message": "slow", "code": 429}}), "model_rate_limited"),
        (200, "text/event-stream", stream({"error": {"message": "no", "code": 401}}), "model_unauthorized"),
        (200, "text/event-stream", stream({"error": "maximum context length is 2048"}), "model_context_too_long"),
        (200, "text/event-stream", stream({"error": "odd does not support tools"}), "model_no_tools"),
        (500, "application/json", '{"error": "tools param requires --jinja flag"}', "model_no_tools"),
        (502, "text/html", "<html>Bad gateway</html>", "model_server_error"),
        (524, "text/html", "<html>A timeout occurred</html>", "model_server_error"),
        (400, "text/plain", "nope", "model_refused"),
        (400, "application/json", '[{"error": {"message": "boom"}}]', "model_refused"),
        (200, "text/html", "<p>Welcome", "model_malformed"),
        (200, "text/event-stream", "", "model_cut_off"),
        (200, "application/json", "{}", "model_cut_off"),
        (200, "text/event-stream", 'data: {"choices": [\n\n', "model_malformed"),
    ],
)
async def test_errors_are_told_apart_wherever_they_stand(
    url: str, status: int, kind: str, text: str, code: str
) -> None:
    _replies["error"] = (status, kind, text)
    model = make_model(ModelConfig("openai/error", url))
    with pytest.raises(ModelError) as raised:
        await all_events(model, ASK)
    await model.aclose()
    assert raised.value.code == code


def anthropic(*events: Any) -> str:
    return "".join(f"event: {event.get('type')}\ndata: {json.dumps(event)}\n\n" for event in events)


TEXT = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}}
STOP = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3.0}}


@pytest.mark.parametrize(
    "text",
    [
        anthropic({"type": "message_start", "message": {"usage": {"input_tokens": "12"}}}, TEXT, STOP),
        anthropic(TEXT, STOP, {"type": "message_stop"}) + "data: [DONE]\n\n",
        anthropic({"type": "ping"}, {"type": "new_kind", "delta": {}}, TEXT) + "data: ping\n\n" + anthropic(STOP),
        anthropic({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "Hi"}}, STOP),
    ],
)
async def test_bent_anthropic_streams_are_read(url: str, text: str) -> None:
    events = await events_of(url, text, wire="anthropic")
    assert said(events) == "Hi"
    assert next(event for event in events if isinstance(event, Usage)).output_tokens == 3


async def test_a_whole_anthropic_message_is_read_with_its_calls_and_citations(url: str) -> None:
    cited = {"type": "text", "text": "Hi", "citations": [{"type": "char_location", "cited_text": "words"}]}
    call = {"type": "tool_use", "id": 7, "name": "search", "input": {"query": "room"}}
    body = {"type": "message", "content": [cited, call, call], "stop_reason": "tool_use", "usage": {"input_tokens": 5}}
    events = await events_of(url, json.dumps(body), kind="application/json", wire="anthropic")
    assert (said(events), calls(events)) == ("Hi", [("search", {"query": "room"})] * 2)
    assert Cited("words") in events
    assert len({event.call.id for event in events if isinstance(event, ToolCallReady)}) == 2
