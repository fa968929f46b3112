"""Servers that refuse the usual form of a request: each is asked again in the form that it takes."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from citewell.agent.models import ModelConfig, make_model
from citewell.agent.models.faults import Refused, UnreadableCall, refusal, reported
from citewell.agent.protocol import ContextTooLong, Message, ModelEvent, ModelRequest, TextDelta, ToolCall, ToolSpec
from tests.agent.library import all_events
from tests.agent.server import Reply, server

LONG_ID = "chatcmpl-tool-0123456789abcdef0123456789abcdef"
CALLS = [ToolCall(LONG_ID, "search", {}), ToolCall(f"{LONG_ID}_2", "search", {}, extra={"google": {"a": 1}})]
ASKED = Message("user", "Hello?")
CALLED = Message("assistant", "", CALLS, thoughts="I must search.")
FOUND = [Message("tool", "Found.", tool_call_id=call.id) for call in CALLS]
ASK = ModelRequest([ASKED, CALLED, *FOUND], [ToolSpec("search", "Search.", {"type": "object"})])
OK = 'data: {"choices": [{"delta": {"content": "Hi"}, "finish_reason": "stop"}]}\n\n'
WHOLE = json.dumps({"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]})


async def events_of(reply: Reply) -> list[ModelEvent]:
    async with server(reply) as url:
        model = make_model(ModelConfig("openai/odd", url))
        try:
            await all_events(model, ASK)
            return await all_events(model, ASK)
        finally:
            await model.aclose()


def ids_of(body: dict[str, Any]) -> list[str]:
    called, *results = body["messages"][1:]
    return [call["id"] for call in called["tool_calls"]] + [one["tool_call_id"] for one in results]


def has_ids(pattern: str) -> Callable[[dict[str, Any]], bool]:
    return lambda body: all(re.fullmatch(pattern, one) for one in ids_of(body)) and len(set(ids_of(body))) == 2


def has_thoughts(body: dict[str, Any]) -> bool:
    return bool(body["messages"][1].get("reasoning_content") == "I must search.")


def has_signatures(body: dict[str, Any]) -> bool:
    return all(call.get("extra_content") for call in body["messages"][1]["tool_calls"])


def has_no_extra(body: dict[str, Any]) -> bool:
    return not any("extra_content" in call for call in body["messages"][1]["tool_calls"])


def is_whole(body: dict[str, Any]) -> bool:
    return not body["stream"] and "stream_options" not in body


NINE = "[a-zA-Z0-9]{9}"


@pytest.mark.parametrize(
    ("is_right", "status", "refused"),
    [
        (has_ids(NINE), 400, "Tool call id was {} but must be a-z, A-Z, 0-9, with a length of 9."),
        (has_ids(NINE), 500, "Tool call id was {} but must be a-z, A-Z, 0-9, with a length of 9."),
        (
            has_ids(".{1,40}"),
            400,
            "Invalid 'messages[1].tool_calls[0].id': string too long. Expected a string with maximum length 40.",
        ),
        (has_ids(r"\w+"), 400, "messages.1.content.0.tool_use.id: String should match pattern"),
        (has_thoughts, 400, "Missing `reasoning_content` field in the assistant message at message index 1."),
        (has_thoughts, 400, "The `reasoning_content` in the thinking mode must be passed back to the API."),
        (has_thoughts, 400, "thinking is enabled but reasoning_content is missing in assistant tool call message"),
        (has_signatures, 400, "Function call is missing a thought_signature in functionCall parts."),
        (has_no_extra, 422, "extra_content: extra fields not permitted"),
        (is_whole, 400, "Unsupported value: 'stream' does not support true with this model."),
        (is_whole, 403, "Your organization must be verified to stream this model."),
        (is_whole, 400, "This model doesn't support tool use in streaming mode."),
        (is_whole, 500, "Cannot use tools with stream"),
    ],
)
async def test_a_request_takes_the_form_that_its_server_asks_for(
    is_right: Callable[[dict[str, Any]], bool], status: int, refused: str
) -> None:
    seen: list[bool] = []

    def reply(body: dict[str, Any]) -> tuple[int, str]:
        seen.append(is_right(body))
        if not seen[-1]:
            return status, json.dumps({"error": {"message": refused}})
        return 200, OK if body["stream"] else WHOLE

    assert TextDelta("Hi") in await events_of(reply)
    assert seen == [False, True, True], "the form is remembered"


async def test_thoughts_and_signatures_go_only_where_they_came_from() -> None:
    seen: list[dict[str, Any]] = []

    def reply(body: dict[str, Any]) -> tuple[int, str]:
        seen.append(body["messages"][1])
        return 200, OK

    await events_of(reply)
    assert "I must search." not in json.dumps(seen)
    assert [call.get("extra_content") for call in seen[0]["tool_calls"]] == [None, {"google": {"a": 1}}]


@pytest.mark.parametrize(
    ("status", "detail", "wait"),
    [
        (429, "Rate limit reached. Please try again in 7.5s.", 7.5),
        (429, "Please try again in 1m2.5s. Visit", 62.5),
        (429, "Please try again in 250ms.", 0.25),
        (429, '{"error": {"details": [{"retryDelay": "38s"}]}}', 38),
        (429, "Please retry after 20 seconds.", 20),
        (429, "slow down", None),
    ],
)
def test_the_wait_is_read_from_the_words_of_a_refusal(status: int, detail: str, wait: float | None) -> None:
    assert refusal(status, None, detail).retry_after == wait
    assert refusal(status, "3", detail).retry_after == 3


def test_refusals_that_no_waiting_helps_are_told_apart() -> None:
    large = "Request too large for model `a-3.1` on tokens per minute (TPM): Limit 6000, Requested 9421"
    for status in (413, 429):
        error = refusal(status, None, large)
        assert isinstance(error, ContextTooLong)
        assert error.limit == 6000
    for status, detail in ((429, '{"error": {"code": "insufficient_quota"}}'), (402, "Insufficient Balance")):
        spent = refusal(status, None, detail)
        assert (spent.code, spent.retryable) == ("model_refused", False)
        assert "credit" in spent.message


def test_an_error_in_a_stream_is_the_refusal_that_it_would_have_been() -> None:
    said = {"message": "Tool call id was x", "type": "invalid_request_error"}
    assert isinstance(reported(said), Refused)
    assert reported(said, has_begun=True).code == "model_server_error"
    failed = reported({"code": "tool_use_failed", "failed_generation": "<function=search>"})
    assert isinstance(failed, UnreadableCall)
    assert failed.said == "<function=search>"
