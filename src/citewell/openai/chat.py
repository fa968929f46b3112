"""`/v1/chat/completions`: an agent's answer as a completion, streamed or whole."""

import time
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
import structlog

from citewell.agent.loop import Answer
from citewell.agent.protocol import ModelError
from citewell.errors import CitewellError
from citewell.kit.ids import new_id
from citewell.openai.annotations import url_citations
from citewell.openai.asking import NO_LONGER, AgentRequest, answering, shown_error, text_of
from citewell.openai.client_tools import calls_to_wire
from citewell.resources import Resources

log = structlog.get_logger(__name__)
_encode = msgspec.json.Encoder().encode
_DONE = b"data: [DONE]\n\n"


class Completion:
    """The objects of one completion, which share an id and a time."""

    def __init__(self, model: str) -> None:
        self._head = {"id": f"chatcmpl-{new_id().hex}", "created": int(time.time()), "model": model}

    def whole(self, answer: Answer) -> dict[str, Any]:
        """Returns the answer as one object, with links in its text and the same as annotations."""
        message: dict[str, Any] = {
            "role": "assistant",
            "content": answer.content,
            "refusal": None,
            "annotations": _annotations(answer),
        }
        if answer.calls:
            message |= {"content": answer.content or None, "tool_calls": calls_to_wire(answer.calls)}
        if answer.reasoning:
            message["reasoning_content"] = "\n\n".join(answer.reasoning)
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _reason(answer)}
        return {**self._head, "object": "chat.completion", "choices": [choice], "usage": usage_of(answer)}

    def chunk(self, delta: dict[str, Any], reason: str | None = None, **more: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return _event({**self._head, "object": "chat.completion.chunk", "choices": [choice], **more})

    def counted(self, answer: Answer) -> bytes:
        return _event({**self._head, "object": "chat.completion.chunk", "choices": [], "usage": usage_of(answer)})


async def stream(
    resources: Resources, asked: AgentRequest, model: str, *, include_usage: bool
) -> AsyncGenerator[bytes]:
    """Yields the completion as server-sent events.

    What the agent said before it searched stays in the text: a stream takes nothing back.
    """
    completion = Completion(model)
    yield completion.chunk({"role": "assistant", "content": ""})
    said = False
    try:
        async with answering(resources, asked) as events:
            async for item in events:
                if isinstance(item, Answer):
                    if annotations := _annotations(item):
                        yield completion.chunk({"annotations": annotations})
                    if item.calls:
                        calls = [{"index": at, **call} for at, call in enumerate(calls_to_wire(item.calls))]
                        yield completion.chunk({"tool_calls": calls})
                    yield completion.chunk({}, _reason(item))
                    if include_usage:
                        yield completion.counted(item)
                    break
                text, thought, said = text_of(item, said)
                if text or thought:
                    yield completion.chunk(_delta(text, thought))
    except Exception as error:
        if not isinstance(error, ModelError | CitewellError):
            log.error("completion_broke", exc_info=error)
        yield _failed("server_error", _code(error), shown_error(error))
    yield _DONE


def no_longer() -> bytes:
    """Returns the end of a stream whose reader has lost the right to read."""
    return _failed("permission_error", "forbidden", NO_LONGER) + _DONE


def _delta(text: str, thought: str) -> dict[str, str]:
    return ({"content": text} if text else {}) | ({"reasoning_content": thought} if thought else {})


def usage_of(answer: Answer) -> dict[str, int]:
    used = answer.usage
    return {
        "prompt_tokens": used.input_tokens,
        "completion_tokens": used.output_tokens,
        "total_tokens": used.input_tokens + used.output_tokens,
    }


def _annotations(answer: Answer) -> list[dict[str, Any]]:
    cited = url_citations(answer.content, [msgspec.to_builtins(one) for one in answer.citations])
    return [{"type": one.pop("type"), "url_citation": one} for one in cited]


def _reason(answer: Answer) -> str:
    if answer.calls:
        return "tool_calls"
    return "length" if answer.is_cut else "stop"


def _code(error: BaseException) -> str:
    return error.code if isinstance(error, ModelError | CitewellError) else "internal"


def _failed(kind: str, code: str, message: str) -> bytes:
    return _event({"error": {"message": message, "type": kind, "code": code}})


def _event(body: dict[str, Any]) -> bytes:
    return b"data: %b\n\n" % _encode(body)
