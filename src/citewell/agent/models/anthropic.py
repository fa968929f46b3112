"""The Anthropic messages wire format."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec

from citewell.agent.models import faults
from citewell.agent.models.calls import make_call
from citewell.agent.models.transport import Transport
from citewell.agent.protocol import (
    Cited,
    Finished,
    Message,
    ModelError,
    ModelEvent,
    ModelRequest,
    ReasoningDelta,
    TextDelta,
    ToolCallReady,
    Usage,
)
from citewell.agent.streams import closing

_VERSION = "2023-06-01"


class _Delta(msgspec.Struct):
    type: str = ""
    text: str = ""
    thinking: str = ""
    partial_json: str = ""
    stop_reason: str | None = None
    citation: Any = None


class _ContentBlock(msgspec.Struct):
    type: str = ""
    id: str = ""
    name: str = ""


class _Usage(msgspec.Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None


class _MessageStart(msgspec.Struct):
    usage: _Usage | None = None


class _Error(msgspec.Struct):
    type: str = ""
    message: str = ""


class _Event(msgspec.Struct):
    type: str
    index: int = 0
    delta: _Delta | None = None
    content_block: _ContentBlock | None = None
    message: _MessageStart | None = None
    usage: _Usage | None = None
    error: _Error | None = None


_decode = msgspec.json.Decoder(_Event).decode


class AnthropicModel:
    """`base_url` ends where `/messages` begins, for example in `/v1`."""

    def __init__(self, model: str, base_url: str, api_key: str | None, silence: float, max_output: int) -> None:
        self.name = model
        self.takes_tools = True
        self._max_output = max_output
        headers = {"anthropic-version": _VERSION} | ({"x-api-key": api_key} if api_key else {})
        self._transport = Transport(f"{base_url.rstrip('/')}/messages", headers, silence)

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def stream(self, request: ModelRequest) -> AsyncIterator[Sequence[ModelEvent]]:
        reply = _Reply()
        async with closing(self._transport.batches(self._body(request))) as batches:
            async for batch in batches:
                events: list[ModelEvent] = []
                try:
                    for data in batch:
                        reply.read(data, events)
                except ModelError:
                    if events:
                        yield events  # what came before the fault was said
                    raise
                if events:
                    yield events
        if not reply.whole:
            raise faults.cut_off()

    def _body(self, request: ModelRequest) -> dict[str, Any]:
        system = "\n\n".join(message.content for message in request.messages if message.role == "system")
        body: dict[str, Any] = {
            "model": self.name,
            "max_tokens": request.max_output_tokens or self._max_output,
            "messages": _messages(request.messages),
            "stream": True,
        }
        if system:
            body["system"] = system
        if request.tools:
            body["tools"] = [
                {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
                for tool in request.tools
            ]
            body["tool_choice"] = {"type": "any" if request.tool_choice == "required" else request.tool_choice}
        if request.temperature is not None:
            body["temperature"] = request.temperature
        return body


class _Reply:
    """What is known of a reply between its events: usage, and tool calls whose input is still coming in."""

    def __init__(self) -> None:
        self.whole = False
        self._reason = "end_turn"
        self._input = 0
        self._output = 0
        self._calls: dict[int, tuple[_ContentBlock, list[str]]] = {}
        self._cited: list[Cited] = []  # of the block that is coming in

    def read(self, data: bytes, events: list[ModelEvent]) -> None:
        try:
            event = _decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise faults.malformed() from None
        match event.type:
            case "content_block_delta" if event.delta is not None:
                self._delta(event.index, event.delta, events)
            case "content_block_start" if event.content_block is not None and event.content_block.type == "tool_use":
                self._calls[event.index] = (event.content_block, [])
            case "content_block_stop" if event.index in self._calls:
                block, pieces = self._calls.pop(event.index)
                events.append(ToolCallReady(make_call(block.id, block.name, "".join(pieces))))
            case "content_block_stop":
                events += self._cited
                self._cited.clear()
            case "message_start" if event.message is not None:
                self._count(event.message.usage)
            case "message_delta":
                self._count(event.usage)
                if event.delta is not None:
                    self._reason = event.delta.stop_reason or self._reason
            case "message_stop":
                self.whole = True
                events += [Usage(self._input, self._output), Finished(self._reason)]
            case "error":
                raise faults.reported(msgspec.structs.asdict(event.error) if event.error else None)

    def _delta(self, index: int, delta: _Delta, events: list[ModelEvent]) -> None:
        if delta.type == "text_delta":
            events.append(TextDelta(delta.text))
        elif delta.type == "thinking_delta":
            events.append(ReasoningDelta(delta.thinking))
        elif delta.type == "citations_delta" and (cited := _cited(delta.citation)) is not None:
            self._cited.append(cited)
        elif delta.type == "input_json_delta" and index in self._calls:
            self._calls[index][1].append(delta.partial_json)

    def _count(self, usage: _Usage | None) -> None:
        if usage is None:
            return
        cached = (usage.cache_creation_input_tokens or 0) + (usage.cache_read_input_tokens or 0)
        self._input = max(self._input, (usage.input_tokens or 0) + cached)
        self._output = max(self._output, usage.output_tokens or 0)


def _cited(citation: Any) -> Cited | None:
    """A location in a document, a search result or a page, all with the words that they cite."""
    if not isinstance(citation, dict):
        return None
    found = [citation.get(name) for name in ("cited_text", "url", "source", "title", "document_title")]
    words, url, source, *titles = [value if isinstance(value, str) else "" for value in found]
    return Cited(words, url or source, titles[0] or titles[1]) if words or url or source else None


def _messages(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Tool results are content of a user message here, all results of a round in one. Users and answers take turns."""
    out: list[dict[str, Any]] = []
    for message in messages:
        if message.role == "system":
            continue
        if message.role == "tool":
            block = {"type": "tool_result", "tool_use_id": message.tool_call_id, "content": message.content}
            if out and out[-1]["role"] == "user" and isinstance(out[-1]["content"], list):
                out[-1]["content"].append(block)
            else:
                out.append({"role": "user", "content": [block]})
        elif message.tool_calls:
            text = [{"type": "text", "text": message.content}] if message.content else []
            calls = [{"type": "tool_use", "id": c.id, "name": c.name, "input": c.arguments} for c in message.tool_calls]
            out.append({"role": "assistant", "content": [*text, *calls]})
        elif message.role == "user" and out and isinstance(out[-1]["content"], str) and out[-1]["role"] == "user":
            out[-1]["content"] += f"\n\n{message.content}"
        else:
            out.append({"role": message.role, "content": message.content})
    return out
