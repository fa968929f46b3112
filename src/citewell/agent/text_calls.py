"""Finds tool calls that a model writes into its text, while the answer streams.

`citewell.agent.text_call_formats` parses them.
"""

import re
from collections.abc import Collection

from citewell.agent.protocol import ToolCall
from citewell.agent.text_call_formats import calls_in, known_name

# A call may begin with one of these anywhere in the text.
_TAGS = (
    "<tool_call", "<tool_use", "<tools>", "<function", "<invoke", "<minimax:tool_call", "<start_function_call>",
    "<|tool", "<｜tool", "<｜DSML｜", "<|python_", "<|action_start|>", "<|START_ACTION|>",
    "<|channel|>commentary to=", "<|start|>assistant<|channel|>commentary to=", "<|start|>assistant to=",
    "<|channel|>analysis to=", "<|start|>assistant<|channel|>analysis to=", "[TOOL_CALLS]", "[TOOL_REQUEST]",
)  # fmt: skip
_LONGEST_TAG = max(map(len, _TAGS))
_NEXT = re.compile("|".join(["\n", *map(re.escape, _TAGS)]))
_MAX_HELD = 64 * 1024  # characters; a longer text is no call
_MAX_READINGS = 3  # times that one reply's text is parsed as calls

# A call may begin with one of these at the start of a line only: an answer may have them elsewhere.
_FENCE = re.compile(r"```([\w-]*)[ \t]*\n\s*")
_FENCED_CALLS = frozenset({"tool_call", "tool_calls", "tool_code", "tool_use", "tool"})
_OBJECT = re.compile(r"(?:\[\s*)?\{\s*")
_KEY = re.compile(r"([\"'])([\w.:/-]{1,128})\1\s*:\s*")
_STRING = re.compile(r"([\"'])([^\"'\n]{0,128})([\"'\n])")
_NAME_KEYS = frozenset({"name", "tool", "tool_name", "action", "recipient_name", "function_name"})
_OTHER_KEYS = frozenset(
    {"function", "function_call", "tool_call", "tool_calls", "tool_uses", "arguments", "parameters", "type", "id"}
)
_CALLED = re.compile(r"(?:\[\s*)?(?:print\(\s*)?([A-Za-z_][\w.:/-]{0,127})(\s*)(?=[^\s\w.:/-])")
_ACTION = re.compile(r"Action:\s*[`\"']?([\w.:/-]{1,128})(?=[^\w.:/-])")
_BEFORE_OBJECT = re.compile(r"Action:\s*(?=[`\[{])")
_WRAPPERS = ("print(", "functions.", "default_api.", "functools[", "call:", "Action:", "[")
_LONGEST_HEAD = 200  # characters in which a call shows itself


class TextCallFilter:
    """Removes tool calls from a streamed text.

    Text that may belong to a call is held back until that is certain. The result does not depend on how the stream is
    cut into pieces.
    """

    def __init__(self, names: Collection[str]) -> None:
        """`names` are the tools that may be called. If there are none, all text passes."""
        self._names = names
        self._held = ""
        self._at_line_start = True
        self._has_opened = False  # what is held begins as a call does

    def feed(self, text: str) -> str:
        """Takes the next piece of the stream; returns the text that is certain to be no call."""
        is_plain = not self._held and not self._at_line_start
        if not self._names or (is_plain and "\n" not in text and "<" not in text and "[" not in text):
            return text
        self._held += text
        return self._drain(last=False)

    def finish(self) -> tuple[str, list[ToolCall]]:
        """Ends the stream. Returns (held-back text that is no call, calls)."""
        said = self._drain(last=True)
        for _ in range(_MAX_READINGS):
            if not self._has_opened:
                break
            if calls := calls_in(self._held, self._names):
                self._held = ""
                return said, calls
            said += self._release(1) + self._drain(last=True)
        return said + self._release(len(self._held)), []

    def _drain(self, *, last: bool) -> str:
        out: list[str] = []
        while self._held and not self._has_opened:
            before = len(self._held)
            out.append(self._begin_line(last=last) if self._at_line_start else self._go_on(last=last))
            if len(self._held) == before:
                break
        if self._has_opened and len(self._held) > _MAX_HELD:
            out.append(self._release(len(self._held)))
        return "".join(out)

    def _begin_line(self, *, last: bool) -> str:
        text = self._held.lstrip()
        verdict = _begins_call(text, self._names) if text else None
        if verdict is None and not last:
            return ""
        if verdict:
            self._has_opened = True
            return ""
        return self._release(len(self._held) - len(text) + 1)

    def _go_on(self, *, last: bool) -> str:
        found = _NEXT.search(self._held)
        if found is not None and found[0] == "\n":
            said = self._release(found.end())
            self._at_line_start = True
            return said
        if found is not None:
            said = self._release(found.start())
            self._has_opened = True
            return said
        certain = len(self._held)
        for size in range(1, min(_LONGEST_TAG, len(self._held)) + 1):
            if not last and any(tag.startswith(self._held[-size:]) for tag in _TAGS):
                certain = len(self._held) - size
        return self._release(certain)

    def _release(self, size: int) -> str:
        said, self._held = self._held[:size], self._held[size:]
        self._has_opened = self._at_line_start = False
        return said


def _begins_call(text: str, names: Collection[str]) -> bool | None:
    """Whether a line that starts with `text` starts a call; None while more text is needed to tell."""
    if any(text.startswith(tag) for tag in _TAGS):
        return True
    if any(tag.startswith(text) for tag in _TAGS):
        return None
    if before := _BEFORE_OBJECT.match(text):
        text = text[before.end() :]
    if text.startswith("`"):
        return _in_fence(text, names)
    if opened := _OBJECT.match(text):
        return _names_tool(text[opened.end() :], names)
    if action := _ACTION.match(text):
        return known_name(action[1], names) is not None
    if (called := _CALLED.match(text)) and called[1] != "print":
        return _is_called(called[1], called[2] + text[called.end()], names)
    return None if _may_name(text, names) else False


def _in_fence(text: str, names: Collection[str]) -> bool | None:
    fence = _FENCE.match(text)
    if fence is None:
        is_open = "```".startswith(text) or (text.startswith("```") and re.fullmatch(r"```[\w-]{0,20}[ \t]*", text))
        return None if is_open else False
    if fence[1] in _FENCED_CALLS:
        return True
    inside = text[fence.end() :]
    return _begins_call(inside, names) if inside and not inside.startswith("`") else (False if inside else None)


def _names_tool(text: str, names: Collection[str]) -> bool | None:
    """Whether a JSON object is a call, by its first key and value. `text` begins after the object's brace.

    Returns None while more text is needed to tell.
    """
    key = _KEY.match(text)
    if key is None:
        is_open = len(text) < _LONGEST_HEAD and re.fullmatch(r"(?:([\"'])[\w.:/-]*(?:\1\s*)?)?", text)
        return None if is_open else False
    value = text[key.end() :]
    if key[2] in _NAME_KEYS:
        if found := _STRING.match(value):
            return known_name(found[2], names) is not None
        if not value or (value[0] in "\"'" and len(value) < _LONGEST_HEAD):
            return None
        return value[0] == "{"
    return key[2] in _OTHER_KEYS or known_name(key[2], names) is not None


def _is_called(word: str, then: str, names: Collection[str]) -> bool:
    if word == "functools":
        return then.lstrip() == "["
    name = _unwrapped(word).removesuffix(".call").partition(":")[0]
    return (then in ("(", "[", "<") or then[-1] == "{") and name in names


def _may_name(text: str, names: Collection[str]) -> bool:
    """Whether `text`, the start of a line, may still become a tool's name or one of _WRAPPERS."""
    if len(text) > _LONGEST_HEAD:
        return False
    if any(wrapper.startswith(text) for wrapper in _WRAPPERS):
        return True
    word = _unwrapped(text).rstrip()
    if any(wrapper.startswith(word) for wrapper in _WRAPPERS):
        return True
    return any(name.startswith(word) or word == name or word.startswith((f"{name}:", f"{name}.")) for name in names)


def _unwrapped(text: str) -> str:
    """Returns the text without the _WRAPPERS at its start."""
    while wrapper := next((one for one in _WRAPPERS if text.startswith(one)), None):
        text = text.removeprefix(wrapper).lstrip(" \t`\"'")
    return text
