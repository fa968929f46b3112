"""Servers that speak the OpenAI format in their own way, played from what they send."""

from typing import Any

import pytest

from citewell.agent.models import ModelConfig, make_model
from citewell.agent.models.calls import CallPieces
from citewell.agent.models.faults import refusal
from citewell.agent.protocol import Message, ModelRequest, TextDelta, ToolCall, Usage
from tests.agent.library import all_events
from tests.agent.server import server

ASK = ModelRequest([Message("user", "Hello?")], [])
OK = 'data: {"choices": [{"delta": {"content": "Hi"}, "finish_reason": "stop"}]}\n\n'


@pytest.mark.parametrize(
    ("refused", "instead"), [("max_tokens", "max_completion_tokens"), ("stream_options", "max_tokens")]
)
async def test_a_field_that_a_server_refuses_is_sent_in_its_other_form(refused: str, instead: str) -> None:
    seen: list[set[str]] = []

    def reply(body: dict[str, Any]) -> tuple[int, str]:
        seen.append(set(body))
        if refused in body:
            return 400, f'{{"error": "Unsupported parameter: {refused}. Use {instead} instead."}}'
        return 200, OK

    async with server(reply) as url:
        model = make_model(ModelConfig("openai/o9", f"{url}/"))  # as some people write it
        for _ in range(2):
            assert TextDelta("Hi") in await all_events(model, ASK)
        await model.aclose()
    assert refused in seen[0]
    assert all(refused not in fields and instead in fields for fields in seen[-2:])


async def test_odd_chunks_are_read() -> None:
    chunks = [
        ": keep-alive\n\n",
        'data: {"choices": null, "usage": null}\n\n',
        'data: {"id": 5, "choices": [{"delta": {"role": "assistant", "content": null, "x": [1]}}]}\n\n',
        'data: {"choices": [{"delta": {"refusal": "I cannot."}}]}\n\n',
        'event: message\ndata: {"choices": [{"finish_reason": "stop"}], "usage": {"prompt_tokens": 3}}\n\n',
        "data: [DONE] \n\n",
    ]
    async with server(lambda _: (200, "".join(chunks))) as url:
        model = make_model(ModelConfig("openai/odd", url))
        events = await all_events(model, ASK)
        await model.aclose()
    assert events[:2] == [TextDelta("I cannot."), Usage(3, 0)]


def test_calls_without_an_index_are_told_apart_by_their_ids() -> None:
    for index in (None, 0):
        pieces = CallPieces()
        for number in (1, 2):
            pieces.add(index, f"call_{number}", "search", "")
            pieces.add(index, "", "", f'{{"query": "{number}')
            pieces.add(index, f"call_{number}", "search", '"}')
        assert [event.call for event in pieces.ready()] == [
            ToolCall(f"call_{number}", "search", {"query": str(number)}) for number in (1, 2)
        ]


def test_calls_without_ids_get_distinct_ones() -> None:
    pieces = CallPieces()
    pieces.add(0, "", "search", "")
    pieces.add(1, "", "search", "{}")
    assert len({event.call.id for event in pieces.ready()}) == 2


def test_arguments_hold_no_nul() -> None:
    pieces = CallPieces()
    pieces.add(0, "1", "search\x00", '{"query": "a\\u0000b", "more": ["\\u0000", {"\\u0000k": 1}], "s": "\\\\u0000"}')
    (event,) = pieces.ready()
    assert event.call == ToolCall("1", "search", {"query": "ab", "more": ["", {"k": 1}], "s": "\\u0000"})


@pytest.mark.parametrize("header", ["nonsense", "²", "nan", "inf", "1e400", "-", "Tue, 99 Foo 2020"])
def test_a_retry_after_that_says_nothing_is_passed_over(header: str) -> None:
    assert refusal(429, header, "").retry_after is None


def test_a_retry_after_may_be_a_date() -> None:
    wait = refusal(429, "Thu, 01 Jan 2099 00:00:00 GMT", "").retry_after
    assert wait is not None
    assert wait > 10**8
