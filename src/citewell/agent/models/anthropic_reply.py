"""Parses one reply in the Anthropic messages format into model events."""

from typing import Any

import msgspec

from citewell.agent.models import faults
from citewell.agent.models.calls import make_call
from citewell.agent.models.chunks import count_of
from citewell.agent.protocol import Cited, Finished, ModelEvent, ReasoningDelta, TextDelta, ToolCallReady, Usage
from citewell.kit.storable import storable


class _Delta(msgspec.Struct):
    type: Any = None
    text: Any = None
    thinking: Any = None
    partial_json: Any = None
    stop_reason: Any = None
    citation: Any = None


class _ContentBlock(msgspec.Struct):
    type: Any = None
    id: Any = None
    name: Any = None
    input: Any = None
    text: Any = None
    thinking: Any = None
    citations: Any = None


class _Message(msgspec.Struct):
    usage: Any = None


class _Event(msgspec.Struct):
    """One event. `content` and `stop_reason` are set on a whole message, from a server that does not stream."""

    type: Any = None
    index: Any = 0
    delta: _Delta | None = None
    content_block: _ContentBlock | None = None
    message: _Message | None = None
    usage: Any = None
    error: Any = None
    content: list[_ContentBlock] | None = None
    stop_reason: Any = None


_decode = msgspec.json.Decoder(_Event).decode
_encode = msgspec.json.Encoder().encode


class AnthropicReply:
    """Feed `read` the data of each event in order, then call `finish`.

    Usage and unfinished tool calls are kept between the events.
    """

    def __init__(self) -> None:
        self._reason = ""
        self._is_whole = False
        self._has_said = False
        self._input = 0
        self._output = 0
        self._calls: dict[str, tuple[_ContentBlock, list[str]]] = {}
        self._used: set[str] = set()  # ids of calls
        self._cited: list[Cited] = []  # of the block that is coming in

    @property
    def is_over(self) -> bool:
        """Whether the server has said why the reply ends. Errors after that are ignored."""
        return self._is_whole or bool(self._reason)

    def finish(self) -> list[ModelEvent]:
        """Returns the events at the end of the reply. Raises ModelError if the server broke off before it."""
        if not self.is_over:
            raise faults.cut_off()
        return [*self._end_blocks(), Usage(self._input, self._output), Finished(self._reason or "end_turn")]

    def read(self, data: bytes, events: list[ModelEvent]) -> None:
        """Parses one event of the server, and appends the model events to `events`. Raises ModelError."""
        before = len(events)
        if data.startswith(b"[DONE]"):
            self._is_whole = True
            return
        try:
            event = _decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            if data.lstrip()[:1] != b"{" or self.is_over:
                return  # a keep-alive
            raise faults.malformed() from None
        self._take(event, events)
        self._has_said = self._has_said or len(events) > before

    def _take(self, event: _Event, events: list[ModelEvent]) -> None:
        index = str(event.index)
        match event.type:
            case "content_block_delta" if event.delta is not None:
                self._delta(index, event.delta, events)
            case "content_block_start" if event.content_block is not None:
                self._begin_block(index, event.content_block, events)
            case "content_block_stop" if index in self._calls:
                events.append(self._call(*self._calls.pop(index)))
            case "content_block_stop":
                events += self._cited
                self._cited.clear()
            case "message_start" if event.message is not None:
                self._count(event.message.usage)
            case "message_delta":
                self._count(event.usage)
                if event.delta is not None:
                    self._reason = _text(event.delta.stop_reason) or self._reason
            case "message_stop":
                self._is_whole = True
            case "message":
                self._whole_message(event, events)
            case "error" if not self.is_over:
                raise faults.reported(event.error, has_begun=self._has_said)
            case None if event.error and not self.is_over:
                raise faults.reported(event.error, has_begun=self._has_said)

    def _whole_message(self, event: _Event, events: list[ModelEvent]) -> None:
        for number, block in enumerate(event.content or ()):
            self._begin_block(str(number), block, events)
            events += self._end_blocks()
        self._count(event.usage)
        self._reason = _text(event.stop_reason)
        self._is_whole = True

    def _begin_block(self, index: str, block: _ContentBlock, events: list[ModelEvent]) -> None:
        if block.type == "tool_use":
            self._calls[index] = (block, [])
        elif text := _text(block.text):
            events.append(TextDelta(text))
        elif thought := _text(block.thinking):
            events.append(ReasoningDelta(thought))
        for citation in block.citations if isinstance(block.citations, list) else ():
            if (cited := _cited(citation)) is not None:
                self._cited.append(cited)

    def _end_blocks(self) -> list[ModelEvent]:
        """Returns the events of blocks whose end the server did not send."""
        ended: list[ModelEvent] = [*self._cited, *(self._call(*call) for call in self._calls.values())]
        self._cited.clear()
        self._calls.clear()
        return ended

    def _call(self, block: _ContentBlock, pieces: list[str]) -> ToolCallReady:
        """Returns the call with an id that is unique in this reply, because results are matched by id.

        Its input comes from the pieces, or from the block itself: some servers send it at once.
        """
        call_id = "" if block.id is None else storable(str(block.id))
        while not call_id or call_id in self._used:
            call_id = f"{call_id}_" if call_id else f"call_{len(self._used) + 1}"
        self._used.add(call_id)
        arguments = "".join(pieces) or (_encode(block.input).decode() if block.input else "")
        return ToolCallReady(make_call(call_id, _text(block.name), arguments))

    def _delta(self, index: str, delta: _Delta, events: list[ModelEvent]) -> None:
        if delta.type == "text_delta" and (text := _text(delta.text)):
            events.append(TextDelta(text))
        elif delta.type == "thinking_delta" and (thought := _text(delta.thinking)):
            events.append(ReasoningDelta(thought))
        elif delta.type == "citations_delta" and (cited := _cited(delta.citation)) is not None:
            self._cited.append(cited)
        elif delta.type == "input_json_delta" and index in self._calls and delta.partial_json is not None:
            piece = delta.partial_json
            self._calls[index][1].append(piece if isinstance(piece, str) else _encode(piece).decode())

    def _count(self, usage: Any) -> None:
        if not isinstance(usage, dict):
            return
        names = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
        self._input = max(self._input, sum(count_of(usage.get(name)) or 0 for name in names))
        self._output = max(self._output, count_of(usage.get("output_tokens")) or 0)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _cited(citation: Any) -> Cited | None:
    """Reads a citation: a location in a document, a search result or a web page. None if it names no source."""
    if not isinstance(citation, dict):
        return None
    found = [citation.get(name) for name in ("cited_text", "url", "source", "title", "document_title")]
    words, url, source, *titles = [value if isinstance(value, str) else "" for value in found]
    return Cited(words, url or source, titles[0] or titles[1]) if words or url or source else None
