"""Tool calls that a model writes as text: run as the calls that they are."""

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

from citewell.agent.protocol import ToolCall
from citewell.kit.json_depth import is_too_deep

# How such a text begins. What begins otherwise is an answer, and streams at once.
_BEGINNINGS = ("{", "[{", "[TOOL_CALLS]", "<tool_call", "<function", "<|tool_call", "<|python_tag|>", "```")
_TAGS = ("<tool_call", "<function=", "<|tool_call", "[TOOL_CALLS]")  # may also stand behind other text
_LONGEST_TAG = max(map(len, _TAGS))
_MAX_HELD = 64 * 1024
_NAMED = re.compile(r"<function(?:=|\s+name=\"?)([\w.:-]{1,128})\"?>\s*")
_PARAMETER = re.compile(r"<parameter(?:=|\s+name=\"?)([\w.-]{1,128})\"?>(.*?)</parameter>", re.DOTALL)
_decoder = json.JSONDecoder()


class SpokenCalls:
    """Holds back text that may be a call, and gives it free where it is none."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = names
        self._held = ""
        self._state = "start" if names else "answering"

    def feed(self, text: str) -> str:
        """What is certain to be no call."""
        if not self._names or (self._state == "answering" and not self._held and "<" not in text and "[" not in text):
            return text
        self._held += text
        if self._state == "start":
            self._begin()
        if self._state == "answering":
            return self._until_tag()
        return self._release() if self._state == "holding" and len(self._held) > _MAX_HELD else ""

    def finish(self) -> tuple[str, list[ToolCall]]:
        """At the end of the reply: what was held back and is no call, and the calls."""
        calls = calls_in(self._held, self._names) if self._state == "holding" else []
        return ("" if calls else self._release()), calls

    def _begin(self) -> None:
        text = self._held.lstrip()
        if any(text.startswith(one) for one in _BEGINNINGS):
            self._state = "holding"
        elif text and not any(one.startswith(text) for one in _BEGINNINGS):
            self._state = "answering"

    def _until_tag(self) -> str:
        found = [place for place in map(self._held.find, _TAGS) if place >= 0]
        if found:
            said, self._held = self._held[: min(found)], self._held[min(found) :]
            self._state = "holding"
            return said
        certain = len(self._held)
        for size in range(1, min(_LONGEST_TAG, len(self._held)) + 1):
            if any(tag.startswith(self._held[-size:]) for tag in _TAGS):
                certain = len(self._held) - size
        said, self._held = self._held[:certain], self._held[certain:]
        return said

    def _release(self) -> str:
        said, self._held, self._state = self._held, "", "answering"
        return said


def calls_in(text: str, names: Collection[str]) -> list[ToolCall]:
    """The calls that a text consists of; none if a part of it is something else, or names no tool that there is."""
    found: list[tuple[str, Any]] = []
    for match in _NAMED.finditer(text):
        body = text[match.end() :].partition("</function>")[0]
        parameters = {name: _value(value.strip()) for name, value in _PARAMETER.findall(body)}
        found.append((match[1], parameters or next(_objects(body), {})))
    if not found:
        found = [call for value in _objects(text) for call in _calls_of(value)]
    calls = []
    for number, (name, arguments) in enumerate(found, 1):
        known = known_name(name, names)
        if known is None or not isinstance(arguments, dict):
            return []
        calls.append(ToolCall(f"said_{number}", known, arguments))
    return calls


def known_name(name: str, names: Collection[str]) -> str | None:
    """The tool that is meant: names come with prefixes (`functions.search`) and numbers (`search:0`)."""
    if name in names:
        return name
    for part in (name.rpartition(".")[2], name.rpartition("/")[2], name.partition(":")[0], name.rpartition(":")[2]):
        if part.partition(":")[0] in names:
            return part.partition(":")[0]
    return None


def _objects(text: str) -> Iterator[Any]:
    """The JSON objects and lists of a text, one behind the other."""
    if is_too_deep(text.encode(errors="replace")):
        return
    place = 0
    while (start := min((at for at in (text.find("{", place), text.find("[{", place)) if at >= 0), default=-1)) >= 0:
        try:
            value, place = _decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            return
        yield value


def _calls_of(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        for one in value:
            yield from _calls_of(one)
        return
    if not isinstance(value, dict):
        return
    if isinstance(value.get("function"), dict):
        value = value["function"]
    if isinstance(value.get("tool_calls"), list):
        yield from _calls_of(value["tool_calls"])
        return
    name = next(
        (value[key] for key in ("name", "tool", "tool_name", "function") if isinstance(value.get(key), str)), ""
    )
    arguments = next((value[key] for key in ("arguments", "parameters", "input", "args") if key in value), None)
    yield name, _value(arguments) if isinstance(arguments, str) else arguments


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
