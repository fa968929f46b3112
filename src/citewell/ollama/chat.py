"""An agent's answer as the objects of `/api/chat`, a line each. Its claims are Markdown links to their passages."""

import time
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog

from citewell.agent.loop import Answer
from citewell.agent.protocol import ModelError
from citewell.openai.asking import NO_LONGER, AgentRequest, answering, shown_error, text_of
from citewell.resources import Resources

log = structlog.get_logger(__name__)
_encode = msgspec.json.Encoder().encode


class Reply:
    """The objects of one answer; `model` is the name that the client asked for."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._started = time.monotonic_ns()

    def part(self, content: str, thinking: str = "") -> dict[str, Any]:
        return {**self._head(content, thinking), "done": False}

    def end(self, answer: Answer, content: str = "") -> dict[str, Any]:
        """Returns the last object, with the counts of tokens. `content` is the whole text if nothing was streamed."""
        taken = time.monotonic_ns() - self._started  # nanoseconds, as Ollama counts
        return {
            **self._head(content, "\n\n".join(answer.reasoning) if content else ""),
            "done": True,
            "done_reason": "length" if answer.is_cut else "stop",
            "total_duration": taken,
            "load_duration": 0,
            "prompt_eval_count": answer.usage.input_tokens,
            "prompt_eval_duration": 0,
            "eval_count": answer.usage.output_tokens,
            "eval_duration": taken,
        }

    def loaded(self) -> dict[str, Any]:
        """Returns Ollama's answer to a client that only wants a model to be loaded."""
        return {**self._head("", ""), "done": True, "done_reason": "load"}

    def _head(self, content: str, thinking: str) -> dict[str, Any]:
        message = {"role": "assistant", "content": content} | ({"thinking": thinking} if thinking else {})
        return {"model": self._model, "created_at": datetime.now(UTC).isoformat(), "message": message}


async def stream(resources: Resources, asked: AgentRequest, model: str) -> AsyncGenerator[bytes]:
    reply = Reply(model)
    said = False
    try:
        async with answering(resources, asked) as events:
            async for item in events:
                if isinstance(item, Answer):
                    yield line(reply.end(item))
                    break
                text, thought, said = text_of(item, said)
                if text or thought:
                    yield line(reply.part(text, thought))
    except Exception as error:
        if not isinstance(error, ModelError):
            log.error("ollama_chat_broke", exc_info=error)
        yield line({"error": shown_error(error)})


def no_longer() -> bytes:
    """Returns the end of a stream whose reader has lost the right to read."""
    return line({"error": NO_LONGER})


def line(body: dict[str, Any]) -> bytes:
    return _encode(body) + b"\n"
