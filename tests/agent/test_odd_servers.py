"""Model servers that bend the format, played from what they send: the answer must come out all the same."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from citewell.agent.citations import plain_history
from citewell.agent.events import AgentEvent, AnswerStarted, AnswerText, Reasoning
from citewell.agent.limits import LoopLimits
from citewell.agent.loop import CUT_NOTE, Answer, Question, answer
from citewell.agent.models import ModelConfig, make_model
from citewell.agent.models.calls import CallPieces
from citewell.agent.models.chunks import read_chunk
from citewell.agent.models.resilient import ResilientModel
from citewell.agent.protocol import (
    Cited,
    ContextTooLong,
    Message,
    ModelError,
    ModelRequest,
    TextDelta,
    ToolCall,
)
from citewell.agent.text_call_formats import calls_in, known_name
from citewell.agent.thoughts import ThoughtFilter
from citewell.agent.tools.retrieval import SearchDocuments
from tests.agent.library import Library, all_events, chunk
from tests.agent.server import Reply, server

CONTENT = "A room in the main house costs 140 euro a night, breakfast included."


def stream(*deltas: Any, reason: str = "stop", **more: Any) -> str:
    """Events with these deltas, a text or an object each, and an end."""
    events = [{"choices": [{"delta": {"content": one} if isinstance(one, str) else one}]} for one in deltas]
    events.append({"choices": [{"delta": {}, "finish_reason": reason}], **more})
    return "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"


async def ask(reply: Reply, limits: LoopLimits | None = None, history: Any = ()) -> tuple[Answer, list[AgentEvent]]:
    events: list[AgentEvent] = []
    tool = SearchDocuments(Library([chunk(CONTENT), *(chunk(f"{n} {CONTENT}" * 20) for n in range(20))]))
    async with server(reply) as url:
        model = ResilientModel([make_model(ModelConfig("openai/odd", url))], first_wait=0.01)
        try:
            found = await answer(
                Question("What does a room cost?", list(history)), model, [tool], events.extend, limits or LoopLimits()
            )
        finally:
            await model.aclose()
    return found, events


def searching(body: dict[str, Any], *deltas: Any) -> tuple[int, str]:
    """First these deltas, which ask for a search; with the results, an answer that quotes."""
    if any(message["role"] == "tool" for message in body["messages"]):
        return 200, stream("It costs 140 euro [[c1|costs 140 euro a night]].")
    return 200, stream(*deltas, reason="tool_calls")


def call(name: Any = "search_documents", arguments: Any = '{"query": "room"}', **more: Any) -> dict[str, Any]:
    return {"tool_calls": [{"index": 0, "function": {"name": name, "arguments": arguments}} | more]}


FUNCTION = call()["tool_calls"][0]["function"]


@pytest.mark.parametrize(
    "delta",
    [
        call(arguments={"query": "room"}),
        call(arguments=json.dumps(json.dumps({"query": "room"}))),
        call(id=7),
        call(name="functions.search_documents"),
        call(name="search_documents:0"),
        {
            "tool_calls": [
                {"index": "0", "id": "a", "type": "function", "function": call()["tool_calls"][0]["function"]}
            ]
        },
        {"tool_calls": {"index": 0, "id": "a", "function": call()["tool_calls"][0]["function"]}},
        {"content": [], "tool_calls": call()["tool_calls"]},
        '{"name": "search_documents", "arguments": {"query": "room"}}',
        '<tool_call>\n{"name": "search_documents", "arguments": {"query": "room"}}\n</tool_call>',
        'Let me look.\n<tool_call>{"name": "search_documents", "parameters": {"query": "room"}}</tool_call>',
        '```json\n{"tool": "search_documents", "input": {"query": "room"}}\n```',
        '[{"name": "search_documents", "arguments": "{\\"query\\": \\"room\\"}"}]',
        '[TOOL_CALLS][{"name": "search_documents", "arguments": {"query": "room"}}]',
        '<function=search_documents>{"query": "room"}</function>',
        "<function=search_documents><parameter=query>room</parameter></function>",
        '{"function": {"name": "functions.search_documents", "arguments": {"query": "room"}}}',
    ],
)
async def test_a_call_is_run_however_it_is_written(delta: Any) -> None:
    found, _ = await ask(lambda body: searching(body, delta))
    assert [use.call.arguments for use in found.tool_uses] == [{"query": "room"}]
    assert found.citations[0].verified
    assert "search_documents" not in found.content


HALF = '{"query": "room \\ud800 \\u0000", "\\udfff": 1}'  # half of a surrogate pair, and NUL
NAMED = {"name": "search_documents\0", "arguments": HALF}


@pytest.mark.parametrize(
    "delta",
    [
        {"tool_calls": [{"index": 0, "id": "a\ud800\0", "function": NAMED, "extra_content": {"\0": "\ud800"}}]},
        call(arguments='{"query": "room \ud800 \0"}'),
        f'<tool_call>{{"name": "search_documents", "arguments": {HALF}}}</tool_call>',
        {"reasoning_content": f'I look.\n<tool_call>{{"name": "search_documents", "arguments": {HALF}}}</tool_call>'},
    ],
)
async def test_a_call_holds_only_what_can_be_stored(delta: Any) -> None:
    """With anything else, the answer could neither be stored nor sent: its stream broke off."""
    found, _ = await ask(lambda body: searching(body, delta))
    [made] = [use.call for use in found.tool_uses]
    assert made.arguments["query"].startswith("room \ufffd")
    assert b"\\u0000" not in msgspec.json.encode(made)


def test_a_character_that_was_cut_loses_no_other() -> None:
    chunk = read_chunk(b'{"choices": [{"delta": {"content": "A caf\xc3 costs"}}]}')
    assert chunk is not None
    assert chunk.choices is not None
    assert chunk.choices[0].delta is not None
    assert chunk.choices[0].delta.content == "A caf\ufffd costs"


SPOKEN = '<tool_call>{"name": "search_documents", "arguments": {"query": "room"}}</tool_call>'
MISSPOKEN = {"code": "tool_use_failed", "failed_generation": '<function=search_documents{"query": "room"}</function>'}


@pytest.mark.parametrize(
    "first",
    [
        (200, stream(f"<think>I look. {SPOKEN}</think>")),
        (200, stream({"reasoning_content": f"I look.\n{SPOKEN}"})),
        (400, json.dumps({"error": MISSPOKEN})),
        (200, f"data: {json.dumps({'error': MISSPOKEN})}\n\n"),
    ],
)
async def test_a_call_that_its_server_did_not_read_is_run(first: tuple[int, str]) -> None:
    """One inside the thinking, and one that the server refuses and repeats."""
    found, _ = await ask(lambda body: first if len(body["messages"]) < 3 else searching(body))
    assert [use.call.arguments for use in found.tool_uses] == [{"query": "room"}]
    assert found.citations[0].verified


@pytest.mark.parametrize(
    "first",
    [
        (200, stream("")),
        (200, stream({"reasoning_content": "I must search."})),
        (200, stream({"content": ""}, reason="error")),
        (400, json.dumps({"error": {"code": "tool_use_failed", "failed_generation": "nothing"}})),
    ],
)
async def test_a_reply_that_says_nothing_is_asked_for_again(first: tuple[int, str]) -> None:
    replies = iter([first, (200, stream(call(), reason="tool_calls"))])
    found, _ = await ask(lambda body: searching(body) if len(body["messages"]) > 2 else next(replies))
    assert found.citations[0].verified


async def test_an_answer_that_a_filter_holds_back_is_told_as_that() -> None:
    with pytest.raises(ModelError, match="content filter"):
        await ask(lambda _: (200, stream("", reason="content_filter")))


@pytest.mark.parametrize("size", [1, 3, 1000])
async def test_a_call_written_as_text_is_never_shown_however_it_is_cut(size: int) -> None:
    text = 'Wait. <tool_call>{"name": "search_documents", "arguments": {"query": "room"}}</tool_call>'
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    found, events = await ask(lambda body: searching(body, *pieces))
    shown = "".join(event.delta for event in events if isinstance(event, AnswerText))
    assert shown.startswith("Wait. ")
    assert "tool_call" not in shown
    assert len(found.tool_uses) == 1


@pytest.mark.parametrize(
    "text",
    [
        '{"price": 140}',
        '```json\n{"name": "Ada"}\n```',
        "Use <b>bold</b> [1] and <toolbox>.",
        '{"name": "no_such_tool", "arguments": {}}',
    ],
)
async def test_text_that_is_no_call_is_an_answer(text: str) -> None:
    found, _ = await ask(lambda _: (200, stream(*text)))
    assert found.content == text
    assert found.tool_uses == []


def test_names_are_known_with_their_prefixes() -> None:
    names = ["search_documents", "math"]
    assert known_name("default_api.math", names) == "math"
    assert known_name("functions.math:3", names) == "math"
    assert known_name("other", names) is None
    assert calls_in('{"name": "math", "arguments": {}} and then some', names) == [ToolCall("said_1", "math", {})]


@pytest.mark.parametrize("encode", [str, json.dumps])
def test_calls_with_one_index_and_no_ids_are_told_apart(encode: Callable[[str], str]) -> None:
    """Also where the arguments are encoded twice."""
    pieces = CallPieces()
    for name, query in (("search", "a"), ("search", "b"), ("math", "c")):
        pieces.add(0, None, name, encode(f'{{"query": "{query}"}}'))
    calls = [event.call for event in pieces.ready()]
    assert [(one.name, one.arguments["query"]) for one in calls] == [("search", "a"), ("search", "b"), ("math", "c")]
    assert len({one.id for one in calls}) == 3


def test_calls_with_the_same_id_get_different_ones() -> None:
    pieces = CallPieces()
    for index in (0, 1, 2):
        pieces.add(index, "call", "search", "{}")
    assert len({event.call.id for event in pieces.ready()}) == 3


THOUGHT = "The guests ask about [[c1|costs]] prices. "


@pytest.mark.parametrize("size", [1, 4, 1000])
@pytest.mark.parametrize("opening", ["<think>", "\n<THINKING>"])
async def test_thinking_inside_the_answer_is_reasoning(opening: str, size: int) -> None:
    text = f"{opening}{THOUGHT}</{opening.strip()[1:]}\n\nIt costs 140 euro."
    seen: list[dict[str, Any]] = []

    def reply(body: dict[str, Any]) -> tuple[int, str]:
        seen.append(body)
        pieces = [text[start : start + size] for start in range(0, len(text), size)]
        return searching(body, call()) if len(seen) == 1 else (200, stream(*pieces))

    found, events = await ask(reply)
    assert plain_history(found.content) == "It costs 140 euro. [1]"
    assert [citation.found_by for citation in found.citations] == ["server"]
    assert [event.content for event in events if isinstance(event, Reasoning)] == [THOUGHT.strip()]
    assert found.raw == "It costs 140 euro."


async def test_a_lone_end_of_thinking_takes_back_what_came_before() -> None:
    found, events = await ask(lambda _: (200, stream("I think so. ", "</thi", "nk>", "It costs 140 euro.")))
    assert found.content == "It costs 140 euro."
    assert found.reasoning == ["I think so."]
    assert sum(isinstance(event, AnswerStarted) for event in events) == 2


def test_a_tag_inside_a_later_answer_stays() -> None:
    whole = ThoughtFilter()
    pieces = [*whole.feed("<think>a</think>Write <think> and </think> around it."), *whole.finish()]
    assert "".join(piece.text for piece in pieces if piece.kind == "answer") == "Write <think> and </think> around it."


@pytest.mark.parametrize(
    ("deltas", "text", "thought"),
    [
        ([{"content": [{"type": "text", "text": "Hi "}, {"type": "text", "text": "you"}]}], "Hi you", []),
        ([{"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]}, "Hi"], "Hi", ["Hm"]),
        ([{"reasoning": [{"type": "reasoning.text", "text": "Hm"}]}, "Hi"], "Hi", ["Hm"]),
        ([{"content": {"text": "Hi"}}], "Hi", []),
        ([{"content": "Hi", "role": 5, "annotations": "?", "refusal": 7}], "Hi", []),
        (["\ud83d", "\ude42 yes"], "🙂 yes", []),
        (["Hi", "\ud83d"], "Hi", []),
    ],
)
async def test_odd_fields_are_read_as_far_as_they_can(deltas: list[Any], text: str, thought: list[str]) -> None:
    found, _ = await ask(lambda _: (200, stream(*deltas)))
    assert (found.content, found.reasoning) == (text, thought)


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"prompt_tokens": 12.0, "completion_tokens": "3"}, (12, 3)),
        ({"prompt_tokens": None, "completion_tokens": 3}, (0, 3)),
        ({"prompt_tokens": 10**30, "completion_tokens": "1e300"}, (10**9, 10**9)),  # more could not be stored
    ],
)
async def test_token_counts_of_other_types(usage: Any, tokens: tuple[int, int]) -> None:
    found, _ = await ask(lambda _: (200, stream("Hi", usage=usage)))
    assert (found.usage.input_tokens, found.usage.output_tokens) == tokens


@pytest.mark.parametrize(
    "refusal",
    [
        '{"error": {"message": "registry/gemma:2b does not support tools"}}',
        '{"message": "\\"auto\\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set"}',
        '{"error": "tools param requires --jinja flag"}',
    ],
)
async def test_a_model_without_tools_gets_the_passages(refusal: str) -> None:
    bodies: list[dict[str, Any]] = []

    def reply(body: dict[str, Any]) -> tuple[int, str]:
        bodies.append(body)
        return (400, refusal) if "tools" in body else (200, stream("It costs 140 euro [[c1|140 euro a night]]."))

    found, _ = await ask(reply)
    assert found.citations[0].verified
    assert [use.call.name for use in found.tool_uses] == ["search_documents"]
    assert ["tools" in body for body in bodies] == [True, False]
    assert CONTENT in bodies[1]["messages"][-1]["content"]


async def test_what_a_model_cannot_do_is_remembered() -> None:
    asked = []

    def reply(body: dict[str, Any]) -> tuple[int, str]:
        asked.append("tools" in body)
        return (400, "this model does not support tools") if "tools" in body else (200, stream("Hi."))

    tool = SearchDocuments(Library([chunk(CONTENT)]))
    async with server(reply) as url:
        model = make_model(ModelConfig("openai/odd", url))
        for _ in range(2):
            await answer(Question("What does a room cost?"), model, [tool], lambda _: None, LoopLimits())
        await model.aclose()
    assert asked == [True, False, False]


@pytest.mark.parametrize(
    ("message", "limit"),
    [
        ("This model's maximum context length is {limit} tokens. However, your messages resulted in 9000 tokens", 2048),
        ("the request exceeds the available context size, try increasing it", None),
        ("prompt is too long: 9000 tokens > {limit} maximum", 2048),
    ],
)
async def test_a_dialogue_that_is_too_long_is_shortened(message: str, limit: int | None) -> None:
    sizes: list[int] = []

    def reply(body: dict[str, Any]) -> tuple[int, str]:
        size = len(json.dumps(body["messages"])) // 4
        sizes.append(size)
        if size > 2048:
            return 400, json.dumps({"error": {"message": message.format(limit=limit)}})
        return searching(body, call(arguments='{"query": "room", "top_k": 20}'))

    found, _ = await ask(reply)
    assert found.citations
    assert max(sizes) > 2048
    assert len(sizes) <= 6


async def test_a_question_that_cannot_be_shortened_says_so() -> None:
    with pytest.raises(ContextTooLong, match="too long for this model"):
        await ask(lambda _: (400, "prompt is too long: 9000 tokens > 20 maximum"))


@pytest.mark.parametrize("reason", ["length", "max_tokens"])
async def test_an_answer_that_was_cut_says_so(reason: str) -> None:
    found, events = await ask(lambda _: (200, stream("It costs", reason=reason)))
    assert found.is_cut
    assert found.content == "It costs" + CUT_NOTE
    assert "".join(event.delta for event in events if isinstance(event, AnswerText)) == found.content


async def test_an_event_that_is_no_json_is_still_an_error() -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        await ask(lambda _: (200, 'data: {"choices": [\n\n'))


async def test_an_answer_without_markers_is_cited_by_the_server() -> None:
    def reply(body: dict[str, Any]) -> tuple[int, str]:
        if any(message["role"] == "tool" for message in body["messages"]):
            return 200, stream("A room in the main house ", "costs 140 euro a night.", " ![x](http://evil.example/p)")
        return 200, stream(call(), reason="tool_calls")

    found, events = await ask(reply)
    assert found.citations[0].to_wire()["found_by"] == "server"
    assert found.claims == []
    assert "evil" not in found.content
    assert "".join(event.delta for event in events if isinstance(event, AnswerText)) == found.content


@pytest.mark.parametrize(
    "annotation",
    [
        {"type": "file_citation", "file_citation": {"quote": "costs 140 euro a night", "filename": "report.pdf"}},
        {"type": "file_citation", "quote": "costs 140 euro a night"},
    ],
)
async def test_annotations_of_the_server_are_citations(annotation: dict[str, Any]) -> None:
    more = {"annotations": [annotation, "odd", {"type": "url_citation", "url_citation": {"url": "http://x.example"}}]}
    found, _ = await ask(
        lambda body: searching(body, call()) if len(body["messages"]) < 4 else (200, stream("140.", more))
    )
    unknown, quoted = sorted(found.citations, key=lambda citation: citation.number)
    assert (quoted.verified, quoted.verbatim) == (True, "costs 140 euro a night")
    assert (unknown.reason, unknown.number) == ("unknown_source", 0)
    assert found.content.startswith("140. [1](")


async def test_citation_blocks_of_anthropic_come_behind_their_text() -> None:
    cited = {"type": "char_location", "cited_text": "costs 140 euro", "document_title": "Rooms"}
    events = [
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "citations_delta", "citation": cited}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "citations_delta", "citation": 7}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "140 euro."}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_stop"},
    ]
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
    async with server(lambda _: (200, body), path="/v1/messages") as url:
        model = make_model(ModelConfig("anthropic/x", url))
        found = await all_events(model, ModelRequest([Message("user", "How much?")], []))
        await model.aclose()
    assert found[:2] == [TextDelta("140 euro."), Cited("costs 140 euro", "", "Rooms")]
