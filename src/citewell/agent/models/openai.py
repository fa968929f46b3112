"""The OpenAI chat-completions wire format, which most model servers and gateways speak."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec

from citewell.agent.models import faults
from citewell.agent.models.calls import CallPieces
from citewell.agent.models.chunks import (
    Delta,
    Function,
    HalfCharacters,
    citations_of,
    read_chunk,
    text_and_thought,
    thought_of,
    usage_of,
)
from citewell.agent.models.transport import Transport
from citewell.agent.protocol import (
    ContextTooLong,
    Finished,
    Message,
    ModelError,
    ModelEvent,
    ModelRequest,
    NoTools,
    ReasoningDelta,
    TextDelta,
    ToolSpec,
)
from citewell.agent.streams import closing

_DONE = b"[DONE]"


# Fields that say how to answer, and that some models refuse.
_OPTIONAL = ("temperature", "reasoning_effort")


class OpenAIModel:
    """`base_url` ends where `/chat/completions` begins, for example in `/v1`.

    Servers differ in some fields of the request. Where one refuses the usual form, the other is used from then on.
    """

    def __init__(self, model: str, base_url: str, api_key: str | None, silence: float, max_output: int) -> None:
        self.name = model
        self.takes_tools = True
        self._max_output = max_output
        self._limit_field = "max_tokens"
        self._ask_usage = True
        self._constrain = True
        self._refused: set[str] = set()  # fields without which it answers
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
            except (NoTools, ContextTooLong) as error:
                self.takes_tools = self.takes_tools and not isinstance(error, NoTools)
                raise
            except faults.Refused as refused:
                if not self._adapt(refused.detail):
                    raise

    def _adapt(self, detail: str) -> bool:
        """Whether the server's words show a way to ask again."""
        if self._limit_field == "max_tokens" and "max_completion_tokens" in detail:
            self._limit_field = "max_completion_tokens"
        elif self._ask_usage and "stream_options" in detail:
            self._ask_usage = False
        elif self._constrain and any(word in detail for word in ("response_format", "json_schema")):
            self._constrain = False
        elif (field := next((one for one in _OPTIONAL if one in detail and one not in self._refused), "")) != "":
            self._refused.add(field)
        else:
            return False
        return True

    async def _reply(self, request: ModelRequest) -> AsyncIterator[Sequence[ModelEvent]]:
        calls, halves = CallPieces(), HalfCharacters()
        reason: str | None = None
        async with closing(self._transport.batches(self._body(request))) as batches:
            async for batch in batches:
                events: list[ModelEvent] = []
                try:
                    for data in batch:
                        found = _read(data, events, calls, halves)
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
        if request.schema is not None and self._constrain:
            described = {"name": "answer", "schema": request.schema, "strict": False}
            body["response_format"] = {"type": "json_schema", "json_schema": described}
        for field in _OPTIONAL:
            if field not in self._refused and (stated := getattr(request, field)) is not None:
                body[field] = stated
        return body


def _read(data: bytes, events: list[ModelEvent], calls: CallPieces, halves: HalfCharacters) -> str | None:
    """Add a chunk's events; the finish reason if it has one."""
    if data.startswith(_DONE):
        return "stop"
    chunk = read_chunk(data)
    if chunk is None:
        raise faults.malformed()
    if chunk.error:
        raise faults.reported(chunk.error)
    if chunk.usage is not None and (usage := usage_of(chunk.usage)) is not None:
        events.append(usage)
    if not chunk.choices:
        return None
    choice = chunk.choices[0]
    if choice.delta is not None:
        _read_delta(choice.delta, events, calls, halves)
    return choice.finish_reason


def _read_delta(delta: Delta, events: list[ModelEvent], calls: CallPieces, halves: HalfCharacters) -> None:
    text, thought = text_and_thought(delta.content) if delta.content else (delta.refusal or "", "")
    if reasoning := delta.reasoning_content or delta.reasoning:
        thought = thought_of(reasoning) + thought
    if thought:
        events.append(ReasoningDelta(thought.encode("utf-8", "replace").decode()))
    if text and (whole := halves.join(text)):
        events.append(TextDelta(whole))
    if delta.annotations:
        events += citations_of(delta.annotations)
    for piece in delta.tool_calls or ():
        function = piece.function or Function()
        calls.add(piece.index, piece.id, function.name or "", function.arguments)


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
