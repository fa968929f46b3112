"""Steps as bytes of the two wire formats."""

from typing import Any, Protocol

import msgspec

from citewell.devmodel.steps import Call, Cite, Cut, Fault, Finish, Garbage, Say, Think

_encode = msgspec.json.Encoder().encode
_GARBAGE = b'data: {"choices": [{"delta": {"content": \n\n'
_WAIT_FOR_IT = "The server is overloaded."

_ANTHROPIC_REASONS = {"length": "max_tokens", "stop": "end_turn"}

Spoken = Say | Think | Call | Cite | Fault | Garbage | Finish


class Wire(Protocol):
    """Renders one reply. `said` counts the steps that said something: the tokens of the reply."""

    name: str
    said: int

    def start(self) -> bytes: ...

    def render(self, step: Spoken) -> bytes: ...

    def end(self) -> bytes: ...


def cut_inside_character(wire: Wire, step: Cut) -> bytes:
    """The event up to the middle of its first character of several bytes."""
    event = wire.render(Say(step.text))
    return event[: next(place for place, byte in enumerate(event) if byte >= 0x80) + 1]


class OpenAIWire:
    name = "openai"

    def __init__(self, model: str) -> None:
        self._model = model
        self._reason = "stop"
        self._calls = 0
        self.said = 0

    def start(self) -> bytes:
        return b": ready\n\n" + self._chunk({"role": "assistant", "content": ""})

    def render(self, step: Spoken) -> bytes:
        self.said += 1
        match step:
            case Say(text):
                return self._chunk({"content": text})
            case Think(text):
                return self._chunk({"reasoning_content": text})
            case Call():
                return self._call(step)
            case Cite(words):
                return self._chunk({"annotations": [{"type": "file_citation", "file_citation": {"quote": words}}]})
            case Fault():
                return data({"error": {"type": "server_error", "message": _WAIT_FOR_IT}})
            case Garbage():
                return _GARBAGE
            case Finish(reason):
                self._reason = reason
                return b""

    def end(self) -> bytes:
        usage = {"prompt_tokens": 10, "completion_tokens": self.said, "total_tokens": 10 + self.said}
        counted = {"object": "chat.completion.chunk", "choices": [], "usage": usage}
        return self._chunk({}, self._reason) + data(counted) + b"data: [DONE]\n\n"

    def _call(self, step: Call) -> bytes:
        """A first piece with the name, then the arguments in two."""
        self._reason = "tool_calls"
        index, self._calls = self._calls, self._calls + 1
        function: dict[str, Any] = {"name": step.name, "arguments": ""}
        first = {"index": index, "id": step.id, "type": "function", "function": function}
        half = len(step.arguments) // 2
        pieces = (step.arguments[:half], step.arguments[half:])
        rest = [{"index": index, "function": {"arguments": piece}} for piece in pieces]
        return b"".join(self._chunk({"tool_calls": [piece]}) for piece in (first, *rest))

    def _chunk(self, delta: dict[str, Any], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        head = {"id": "chatcmpl-dev", "object": "chat.completion.chunk", "created": 0, "model": self._model}
        return data({**head, "choices": [choice]})


class AnthropicWire:
    name = "anthropic"

    def __init__(self, model: str) -> None:
        self._model = model
        self._reason = "end_turn"
        self._block = -1
        self._kind = ""
        self.said = 0

    def start(self) -> bytes:
        message = {"id": "msg_dev", "type": "message", "role": "assistant", "model": self._model, "content": []}
        usage = {"input_tokens": 10, "output_tokens": 1}
        start = _named({"type": "message_start", "message": {**message, "usage": usage}})
        return start + _named({"type": "ping"})

    def render(self, step: Spoken) -> bytes:
        self.said += 1
        match step:
            case Say(text):
                return self._delta("text", {"text": ""}, {"type": "text_delta", "text": text})
            case Think(text):
                return self._delta("thinking", {"thinking": ""}, {"type": "thinking_delta", "thinking": text})
            case Call():
                return self._call(step)
            case Cite(words):
                citation = {"type": "char_location", "cited_text": words}
                return self._delta("text", {"text": ""}, {"type": "citations_delta", "citation": citation})
            case Fault():
                return _named({"type": "error", "error": {"type": "overloaded_error", "message": _WAIT_FOR_IT}})
            case Garbage():
                return _GARBAGE
            case Finish(reason):
                self._reason = _ANTHROPIC_REASONS.get(reason, reason)
                return b""

    def end(self) -> bytes:
        delta = {"stop_reason": self._reason, "stop_sequence": None}
        counted = {"type": "message_delta", "delta": delta, "usage": {"output_tokens": self.said}}
        return self._close() + _named(counted) + _named({"type": "message_stop"})

    def _call(self, step: Call) -> bytes:
        self._reason = "tool_use"
        opened = self._close() + self._open("tool_use", {"id": step.id, "name": step.name, "input": {}})
        half = len(step.arguments) // 2
        pieces = ("", step.arguments[:half], step.arguments[half:])
        return opened + b"".join(self._event({"type": "input_json_delta", "partial_json": piece}) for piece in pieces)

    def _delta(self, kind: str, empty: dict[str, Any], delta: dict[str, Any]) -> bytes:
        opened = b"" if self._kind == kind else self._close() + self._open(kind, empty)
        return opened + self._event(delta)

    def _open(self, kind: str, fields: dict[str, Any]) -> bytes:
        self._kind = kind
        self._block += 1
        block = {"type": kind, **fields}
        return _named({"type": "content_block_start", "index": self._block, "content_block": block})

    def _close(self) -> bytes:
        if not self._kind:
            return b""
        self._kind = ""
        return _named({"type": "content_block_stop", "index": self._block})

    def _event(self, delta: dict[str, Any]) -> bytes:
        return _named({"type": "content_block_delta", "index": self._block, "delta": delta})


def data(body: dict[str, Any]) -> bytes:
    """An event without a name."""
    return b"data: %b\n\n" % _encode(body)


def _named(body: dict[str, Any]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (body["type"].encode(), _encode(body))
