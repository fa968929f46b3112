"""OpenAI's wire format as real servers bend it."""

import json
from typing import Any

from citewell.devmodel.behaviour import Behaviour
from citewell.devmodel.steps import Call, Say, Think
from citewell.devmodel.wire import OpenAIWire, Spoken, data

SIGNATURE = {"google": {"thought_signature": "signed"}}


class OddOpenAIWire(OpenAIWire):
    """Contents as lists of parts, calls in one piece with arguments as an object, a number as id, a prefix before the
    name and index 0 for each, and counts as floats and texts."""

    def render(self, step: Spoken) -> bytes:
        if isinstance(step, Say):
            self.said += 1
            return self._chunk({"content": [{"type": "text", "text": step.text}]})
        return super().render(step)

    def end(self) -> bytes:
        usage = {"prompt_tokens": 10.0, "completion_tokens": str(self.said)}
        return self._chunk({}, self._reason) + data({"usage": usage}) + b"data: [DONE]\n\n"

    def _call(self, step: Call) -> bytes:
        self._reason = "tool_calls"
        function = {"name": f"functions.{step.name}", "arguments": json.loads(step.arguments)}
        return self._chunk({"tool_calls": [{"index": 0, "id": 7, "function": function}]})


class OddCallsWire(OpenAIWire):
    """Sends each call in one piece with index 0, without an id, and with arguments that are encoded twice."""

    def _call(self, step: Call) -> bytes:
        self._reason = "tool_calls"
        function = {"name": step.name, "arguments": json.dumps(step.arguments)}
        return self._chunk({"tool_calls": [{"index": 0, "function": function}]})


class SameCallsWire(OpenAIWire):
    """Sends all calls in one chunk at the end, with one index and one id."""

    def __init__(self, model: str) -> None:
        super().__init__(model)
        self._kept: list[dict[str, Any]] = []

    def end(self) -> bytes:
        return (self._chunk({"tool_calls": self._kept}) if self._kept else b"") + super().end()

    def _call(self, step: Call) -> bytes:
        self._reason = "tool_calls"
        self._kept.append({"index": 0, "id": "call", "function": {"name": step.name, "arguments": step.arguments}})
        return b""


class NewIdsWire(OpenAIWire):
    """Sends each piece of a call with another id, and never says why the reply ends."""

    def end(self) -> bytes:
        return super().end() if self._reason == "stop" else b""

    def _call(self, step: Call) -> bytes:
        self._reason = "tool_calls"
        half = len(step.arguments) // 2
        pieces = ((step.name, ""), ("", step.arguments[:half]), ("", step.arguments[half:]))
        return b"".join(
            self._chunk(
                {"tool_calls": [{"index": 0, "id": f"a{n}", "function": {"name": name, "arguments": arguments}}]}
            )
            for n, (name, arguments) in enumerate(pieces)
        )


class SignedWire(OpenAIWire):
    """A signature beside each call, as Gemini gives it."""

    def _call(self, step: Call) -> bytes:
        self._reason = "tool_calls"
        function = {"name": step.name, "arguments": step.arguments}
        call = {"index": 0, "id": step.id, "function": function, "extra_content": SIGNATURE}
        return self._chunk({"tool_calls": [call]})


class WholeWire(OpenAIWire):
    """The reply as one JSON object, as of servers that do not stream."""

    def __init__(self, model: str) -> None:
        super().__init__(model)
        self._text = ""
        self._made: list[dict[str, Any]] = []

    def start(self) -> bytes:
        return b""

    def render(self, step: Spoken) -> bytes:
        if isinstance(step, Say):
            self._text += step.text
        elif isinstance(step, Call):
            function = {"name": step.name, "arguments": step.arguments}
            self._made.append({"id": step.id, "type": "function", "function": function})
        return b""

    def end(self) -> bytes:
        message = {"role": "assistant", "content": self._text or None, "tool_calls": self._made or None}
        choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if self._made else "stop"}
        return json.dumps({"object": "chat.completion", "choices": [choice]}).encode()


class PartsWire(OpenAIWire):
    """Thoughts as parts of the content."""

    def render(self, step: Spoken) -> bytes:
        if isinstance(step, Think):
            self.said += 1
            part = {"type": "thinking", "thinking": [{"type": "text", "text": step.text}]}
            return self._chunk({"content": [part]})
        return super().render(step)


class HalvesWire(OpenAIWire):
    """The two halves of a character in two events."""

    def render(self, step: Spoken) -> bytes:
        if not isinstance(step, Say) or "🙂" not in step.text:
            return super().render(step)
        before, _, behind = step.text.partition("🙂")
        # A half alone is no character: it is put into the finished event.
        pieces = super().render(Say(f"{before}@")), super().render(Say(f"@{behind}"))
        return pieces[0].replace(b"@", b"\\ud83d") + pieces[1].replace(b"@", b"\\ude42")


_WIRES: dict[str, tuple[type[OpenAIWire], ...]] = {
    "odd-fields": (OddOpenAIWire,),
    "odd-calls": (OddCallsWire, SameCallsWire, NewIdsWire),
    "think-parts": (PartsWire,),
    "halves": (HalvesWire,),
    "strict": (OpenAIWire, SignedWire, OpenAIWire),
    "no-stream": (WholeWire,),
}


def odd_wire(behaviour: Behaviour) -> type[OpenAIWire] | None:
    """The wire of a kind, by its number where it has several; None for the usual one."""
    wires = _WIRES.get(behaviour.kind)
    return wires[min(behaviour.count("form", behaviour.count("wants", 0)), len(wires) - 1)] if wires else None
