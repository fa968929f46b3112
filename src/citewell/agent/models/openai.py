"""The OpenAI chat-completions wire format, which most model servers and gateways speak."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec

from citewell.agent.models.transport import Transport, cut_off, malformed
from citewell.agent.protocol import (
    Finished,
    Message,
    ModelError,
    ModelEvent,
    ModelRequest,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    ToolCallReady,
    Usage,
)

_DONE = b"[DONE]"


# Only what is read is declared: decoding costs half a microsecond a chunk, building full objects eighty.
class _Function(msgspec.Struct):
    name: str | None = None
    arguments: str | None = None


class _ToolDelta(msgspec.Struct):
    index: int = 0
    id: str | None = None
    function: _Function | None = None


class _Delta(msgspec.Struct):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[_ToolDelta] | None = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Chunk(msgspec.Struct):
    choices: list[_Choice] = []
    usage: _Usage | None = None
    error: Any = None


_decode = msgspec.json.Decoder(_Chunk).decode


class OpenAIModel:
    """`base_url` ends where `/chat/completions` begins, for example in `/v1`."""

    def __init__(self, model: str, base_url: str, api_key: str | None, silence: float, max_output: int) -> None:
        self.name = model
        self._max_output = max_output
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._transport = Transport(f"{base_url.rstrip('/')}/chat/completions", headers, silence)

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def stream(self, request: ModelRequest) -> AsyncIterator[Sequence[ModelEvent]]:
        calls: dict[int, _Call] = {}
        reason: str | None = None
        async for batch in self._transport.batches(self._body(request)):
            events: list[ModelEvent] = []
            for data in batch:
                if data == _DONE:
                    reason = reason or "stop"
                    continue
                reason = _read(data, events, calls) or reason
            if events:
                yield events
        if reason is None:
            raise cut_off()
        yield [*(ToolCallReady(call.whole()) for _, call in sorted(calls.items())), Finished(reason)]

    def _body(self, request: ModelRequest) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.name,
            "messages": [_message(message) for message in request.messages],
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_tokens": request.max_output_tokens or self._max_output,
        }
        if request.tools:
            body["tools"] = [
                {
                    "type": "function",
                    "function": {"name": t.name, "description": t.description, "parameters": t.parameters},
                }
                for t in request.tools
            ]
        if request.temperature is not None:
            body["temperature"] = request.temperature
        return body


class _Call:
    """A tool call while its pieces come in."""

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.arguments: list[str] = []

    def whole(self) -> ToolCall:
        return ToolCall(self.id or f"call_{self.name}", self.name, parse_arguments("".join(self.arguments)))


def parse_arguments(text: str) -> dict[str, Any]:
    """The arguments of a tool call. Raises ModelError if they are not an object: such a reply cannot be used."""
    try:
        found: dict[str, Any] = msgspec.json.decode(text or "{}", type=dict[str, Any])
    except msgspec.MsgspecError:
        raise ModelError("model_malformed", "The model asked for a tool in a way that cannot be read.") from None
    return found


def _read(data: bytes, events: list[ModelEvent], calls: dict[int, _Call]) -> str | None:
    """Add a chunk's events; the finish reason if it has one."""
    try:
        chunk = _decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise malformed() from None
    if chunk.error:
        raise ModelError("model_server_error", "The model server reported an error in the middle of the answer.")
    if chunk.usage is not None:
        events.append(Usage(chunk.usage.prompt_tokens, chunk.usage.completion_tokens))
    if not chunk.choices:
        return None
    choice = chunk.choices[0]
    if choice.delta is not None:
        _read_delta(choice.delta, events, calls)
    return choice.finish_reason


def _read_delta(delta: _Delta, events: list[ModelEvent], calls: dict[int, _Call]) -> None:
    if delta.content:
        events.append(TextDelta(delta.content))
    if reasoning := delta.reasoning_content or delta.reasoning:
        events.append(ReasoningDelta(reasoning))
    for piece in delta.tool_calls or ():
        call = calls.setdefault(piece.index, _Call())
        call.id = piece.id or call.id
        if piece.function is not None:
            call.name += piece.function.name or ""
            call.arguments.append(piece.function.arguments or "")


def _message(message: Message) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.tool_call_id, "content": message.content}
    if not message.tool_calls:
        return {"role": message.role, "content": message.content}
    calls = [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.name, "arguments": msgspec.json.encode(call.arguments).decode()},
        }
        for call in message.tool_calls
    ]
    return {"role": "assistant", "content": message.content or None, "tool_calls": calls}
