"""The OpenAI chat-completions wire format, which most model servers and gateways speak."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec

from citewell.agent.models import faults
from citewell.agent.models.calls import CallPieces
from citewell.agent.models.transport import Transport
from citewell.agent.protocol import (
    Finished,
    Message,
    ModelError,
    ModelEvent,
    ModelRequest,
    ReasoningDelta,
    TextDelta,
    ToolSpec,
    Usage,
)
from citewell.agent.streams import closing

_DONE = b"[DONE]"


# Only what is read is declared: decoding costs half a microsecond a chunk, building full objects eighty.
class _Function(msgspec.Struct):
    name: str | None = None
    arguments: str | None = None


class _ToolDelta(msgspec.Struct):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Delta(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[_ToolDelta] | None = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: Any = None


_decode = msgspec.json.Decoder(_Chunk).decode


class OpenAIModel:
    """`base_url` ends where `/chat/completions` begins, for example in `/v1`.

    Servers differ in two fields of the request. Where one refuses the usual form, the other is used from then on.
    """

    def __init__(self, model: str, base_url: str, api_key: str | None, silence: float, max_output: int) -> None:
        self.name = model
        self._max_output = max_output
        self._limit_field = "max_tokens"
        self._ask_usage = True
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._transport = Transport(f"{base_url.rstrip('/')}/chat/completions", headers, silence)

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def stream(self, request: ModelRequest) -> AsyncIterator[Sequence[ModelEvent]]:
        while True:
            try:
                async with closing(self._reply(request)) as reply:
                    async for events in reply:
                        yield events
                return
            except faults.Refused as refused:
                if not self._adapt(refused.detail):
                    raise

    def _adapt(self, detail: str) -> bool:
        """Whether the server's words show a way to ask again."""
        if self._limit_field == "max_tokens" and "max_completion_tokens" in detail:
            self._limit_field = "max_completion_tokens"
        elif self._ask_usage and "stream_options" in detail:
            self._ask_usage = False
        else:
            return False
        return True

    async def _reply(self, request: ModelRequest) -> AsyncIterator[Sequence[ModelEvent]]:
        calls = CallPieces()
        reason: str | None = None
        async with closing(self._transport.batches(self._body(request))) as batches:
            async for batch in batches:
                events: list[ModelEvent] = []
                try:
                    for data in batch:
                        found = _read(data, events, calls)
                        reason = reason or found
                except ModelError:
                    if events:
                        yield events  # what came before the fault was said
                    raise
                if events:
                    yield events
        if reason is None:
            raise faults.cut_off()
        yield [*calls.ready(), Finished(reason)]

    def _body(self, request: ModelRequest) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.name,
            "messages": _messages(request.messages),
            "stream": True,
            self._limit_field: request.max_output_tokens or self._max_output,
        }
        if self._ask_usage:
            body["stream_options"] = {"include_usage": True}
        if request.tools:
            body["tools"] = [{"type": "function", "function": _function(tool)} for tool in request.tools]
            body["tool_choice"] = request.tool_choice
        if request.temperature is not None:
            body["temperature"] = request.temperature
        return body


def _read(data: bytes, events: list[ModelEvent], calls: CallPieces) -> str | None:
    """Add a chunk's events; the finish reason if it has one."""
    if data.startswith(_DONE):
        return "stop"
    try:
        chunk = _decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise faults.malformed() from None
    if chunk.error:
        raise faults.reported()
    if chunk.usage is not None:
        events.append(Usage(chunk.usage.prompt_tokens or 0, chunk.usage.completion_tokens or 0))
    if not chunk.choices:
        return None
    choice = chunk.choices[0]
    if choice.delta is not None:
        _read_delta(choice.delta, events, calls)
    return choice.finish_reason


def _read_delta(delta: _Delta, events: list[ModelEvent], calls: CallPieces) -> None:
    if reasoning := delta.reasoning_content or delta.reasoning:
        events.append(ReasoningDelta(reasoning))
    if text := delta.content or delta.refusal:
        events.append(TextDelta(text))
    for piece in delta.tool_calls or ():
        function = piece.function or _Function()
        calls.add(piece.index, piece.id or "", function.name or "", function.arguments or "")


def _function(tool: ToolSpec) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "parameters": tool.parameters}


def _messages(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Two messages of a user in a row become one: the chat templates of many models insist on turns."""
    out: list[dict[str, Any]] = []
    for message in messages:
        if message.role == "user" and out and out[-1]["role"] == "user":
            out[-1]["content"] += f"\n\n{message.content}"
        else:
            out.append(_message(message))
    return out


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
