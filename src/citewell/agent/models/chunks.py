"""Parses chunks of the OpenAI chat-completions stream, also from servers that deviate from the format.

A chunk that fits the structs is decoded into them, which takes half a microsecond. Fields that servers fill in
different ways have the type Any, and functions of this module read them. Any other chunk is read key by key, so that
one odd field does not end the answer.
"""

import json
from typing import Any

import msgspec

from citewell.agent.protocol import Cited, Usage
from citewell.kit.storable import storable


class Function(msgspec.Struct):
    """A piece of a call. The first piece has the name; `arguments` may be text or an object."""

    name: str | None = None
    arguments: Any = None


class ToolDelta(msgspec.Struct):
    """A piece of a tool call. Some servers send its name and arguments beside `function` instead of inside it."""

    index: Any = None
    id: Any = None
    function: Function | None = None
    name: Any = None
    arguments: Any = None
    extra_content: Any = None


class Delta(msgspec.Struct):
    """What a chunk adds to the answer."""

    content: Any = None
    refusal: str | None = None
    reasoning_content: Any = None
    reasoning: Any = None
    tool_calls: list[ToolDelta] | None = None
    annotations: Any = None
    thinking: Any = None
    reasoning_details: Any = None
    function_call: Any = None
    extra_content: Any = None


class Choice(msgspec.Struct):
    """A choice of a chunk. `message` is a whole answer, from a server that does not stream. `text` is the answer of a
    server for text completion. `error` says why the answer ends early.
    """

    delta: Delta | None = None
    finish_reason: str | None = None
    message: Any = None
    text: Any = None
    error: Any = None


class Chunk(msgspec.Struct):
    """One event of the stream. Only errors have `object`, `type`, `message` and `detail`."""

    choices: list[Choice] | None = None
    usage: Any = None
    error: Any = None
    object: Any = None
    type: Any = None
    message: Any = None
    detail: Any = None


_decode = msgspec.json.Decoder(Chunk).decode
_MOST_TOKENS = 10**9  # of one reply; a larger number is a mistake, and sums of them could not be stored
_TEXTS = frozenset({"text", "output_text", "refusal"})
_THOUGHTS = frozenset(
    {
        "thinking",
        "reasoning",
        "reasoning_content",
        "reasoning.text",
        "reasoning.summary",
        "reasoning_text",
        "summary_text",
        "thought",
    }
)


def read_chunk(data: bytes) -> Chunk | None:
    """Parses an event's data; returns None if it is not JSON."""
    try:
        return _decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        pass
    try:
        # The standard library accepts NaN and halves of a surrogate pair, which msgspec refuses. Some servers cut the
        # bytes of a character in two: the half is replaced, so that the rest of the event is not lost.
        found = json.loads(data.decode(errors="replace"))
    except (ValueError, RecursionError):
        return None
    if isinstance(found, list):
        found = next((one for one in found if isinstance(one, dict)), None)
    return _picked(found) if isinstance(found, dict) else Chunk()


def error_in(chunk: Chunk) -> Any:
    """Returns the error that a chunk without choices reports; None if it reports none."""
    if chunk.choices is not None or chunk.usage is not None:
        return None
    if chunk.object == "error" or chunk.type == "error" or isinstance(chunk.detail, str):
        return chunk.message or chunk.detail or "error"
    return chunk.message if isinstance(chunk.message, str) and chunk.object is None else None


def _picked(chunk: dict[str, Any]) -> Chunk:
    choices = chunk.get("choices")
    if isinstance(choices, dict):
        choices = list(choices.values())
    first = next((one for one in choices if isinstance(one, dict)), {}) if isinstance(choices, list) else {}
    delta, reason = first.get("delta"), first.get("finish_reason")
    choice = Choice(
        delta_of(delta) if isinstance(delta, dict) else None,
        reason if isinstance(reason, str) else None,
        first.get("message"),
        first.get("text"),
        first.get("error"),
    )
    fields = [chunk.get(name) for name in Chunk.__struct_fields__[1:]]
    return Chunk([choice] if first else None, *fields)


def delta_of(delta: dict[str, Any]) -> Delta:
    """Reads a delta or a whole message key by key."""
    calls = delta.get("tool_calls")
    if isinstance(calls, dict):
        calls = [calls]
    refusal = delta.get("refusal")
    return Delta(
        delta.get("content"),
        refusal if isinstance(refusal, str) else None,
        delta.get("reasoning_content"),
        delta.get("reasoning"),
        [_call(call) for call in calls if isinstance(call, dict)] if isinstance(calls, list) else None,
        *[
            delta.get(name)
            for name in ("annotations", "thinking", "reasoning_details", "function_call", "extra_content")
        ],
    )


def is_thought(extra: Any) -> bool:
    """Whether Gemini's endpoint marks the content as thinking, in the `extra_content` beside it."""
    google = extra.get("google") if isinstance(extra, dict) else None
    return isinstance(google, dict) and google.get("thought") is True


def _call(call: dict[str, Any]) -> ToolDelta:
    function = call.get("function")
    if not isinstance(function, dict):
        # name and arguments without the object around them
        function = {**call, "name": function} if isinstance(function, str) else call
    name = function.get("name")
    found = Function(name if isinstance(name, str) else None, function.get("arguments"))
    return ToolDelta(call.get("index"), call.get("id"), found, extra_content=call.get("extra_content"))


def citations_of(annotations: Any) -> list[Cited]:
    """Returns what the annotations cite: pages by address, files by their words or name."""
    found = []
    for one in annotations if isinstance(annotations, list) else ():
        if not isinstance(one, dict):
            continue
        inner = one.get(str(one.get("type")))
        fields = {**one, **inner} if isinstance(inner, dict) else one
        values = [fields.get(name) for name in ("quote", "url", "title", "filename")]
        words, url, title, name = [value if isinstance(value, str) else "" for value in values]
        if words or url or title or name:
            found.append(Cited(words, url, title or name))
    return found


def text_and_thought(content: Any) -> tuple[str, str]:
    """Returns (text, reasoning) of a `content`, which is a string or a list of parts of several types."""
    if isinstance(content, str):
        return content, ""
    parts = content if isinstance(content, list) else [content]
    said, thought = [], []
    for part in parts:
        if isinstance(part, str):
            said.append(part)
        elif isinstance(part, dict):
            is_thought = part.get("type") in _THOUGHTS
            text = _text_of(part)
            if is_thought:
                thought.append(text)
            elif part.get("type") in _TEXTS or "type" not in part:
                said.append(text)
    return "".join(said), "".join(thought)


def thought_of(reasoning: Any) -> str:
    """Returns the text of a reasoning field, which is a string or a list of parts."""
    said, thought = text_and_thought(reasoning)
    return said + thought


def _text_of(part: dict[str, Any]) -> str:
    for name in ("text", "thinking", "reasoning", "content", "summary"):
        value = part.get(name)
        if isinstance(value, dict):
            value = value.get("value")
        if isinstance(value, str):
            return value
        if isinstance(value, list):
            return "".join(text_and_thought(value))
    return ""


def usage_of(usage: Any) -> Usage | None:
    """Returns the token counts, which some servers send as floats or strings; None if there are none."""
    if not isinstance(usage, dict):
        return None
    names = (("prompt_tokens", "input_tokens"), ("completion_tokens", "output_tokens"))
    counts = [count_of(usage.get(usual, usage.get(other))) for usual, other in names]
    return Usage(counts[0] or 0, counts[1] or 0) if any(count is not None for count in counts) else None


def count_of(value: Any) -> int | None:
    """Returns a number of tokens from an integer, a float or a string; None from anything else."""
    try:
        return min(max(int(float(value)), 0), _MOST_TOKENS)
    except (TypeError, ValueError, OverflowError):
        return None


class HalfCharacters:
    """Joins characters whose surrogate pair is split over two chunks."""

    def __init__(self) -> None:
        self._half = ""

    def join(self, text: str) -> str:
        """Returns the text with complete characters. A first half at its end is kept for the next text."""
        if not self._half and text.isascii():
            return text
        text, self._half = self._half + text, ""
        if "\ud800" <= text[-1:] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return str(storable(text))
