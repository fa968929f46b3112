"""Parses the formats in which models write tool calls as text:

JSON objects and lists (Llama, Hermes, Qwen, Granite, Phi, Command R), a name followed by JSON (Mistral, DeepSeek,
Kimi, gpt-oss, GLM-4, ReAct), XML parameters (Qwen coder, MiniMax, DeepSeek), key and value tags (GLM-4.5), Python calls
(Llama, Gemma), and Gemma's own format. No code is run: values are literals.
"""

import ast
import json
import re
from collections.abc import Callable, Collection, Iterator
from typing import Any

from citewell.agent.protocol import ToolCall
from citewell.kit.json_depth import is_too_deep
from citewell.kit.storable import storable

MAX_CALLS = 32  # of one text
_MAX_PYTHON = 8_000  # characters of a call in Python
_MAX_PARSED = 50  # pieces of a text that are tried as Python
_decoder = json.JSONDecoder(strict=False)  # models break lines inside strings
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_TAG_PREFIX = r"(?:[\w-]+:|｜DSML｜)?"
_INVOKED = re.compile(rf"<{_TAG_PREFIX}(?:function|invoke|tool)(?:=|\s+name=)[\"']?([\w.:/-]{{1,128}})[\"']?\s*>")
_PARAMETER = re.compile(
    rf"<{_TAG_PREFIX}(?:parameter|param|arg)(?:=|\s+name=)[\"']?([\w.-]{{1,128}})[\"']?(\s+string=\"true\")?[^<>]*>"
    rf"(.*?)(?=</?{_TAG_PREFIX}(?:parameter|param|arg|function|invoke|tool)\b|$)",
    re.DOTALL,
)
_KEY_VALUE = re.compile(r"<arg_key>\s*([\w.-]{1,128})\s*</arg_key>\s*<arg_value>(.{0,8000}?)</arg_value>", re.DOTALL)
_BEFORE_KEYS = re.compile(r"([\w.:/-]{1,128})\s*(?=<arg_key>|</tool_call>)")
# Between a name and its JSON: marks of the format, a fence, or "Action Input:", and never another object.
_UNTIL_OBJECT = r"(?::\d+)?(?![\w.])[^{}()\"']{0,120}?(?=\{)"
_GEMMA = re.compile(r"call:([\w.:/-]{1,128})\{(.{0,2000}?)\}(?=\s*(?:<|$|call:))", re.DOTALL)
_GEMMA_VALUE = re.compile(
    r"([\w.-]{1,128}):(?:<escape>(.*?)<escape>|<\|\"\|>(.*?)<\|\"\|>|([^,{}]*))(?:,|$)", re.DOTALL
)
_NAME_KEYS = ("name", "tool", "tool_name", "function", "action", "recipient_name", "function_name")
_ARGUMENT_KEYS = (
    "arguments", "parameters", "input", "args", "action_input", "tool_input", "params", "kwargs", "tool_parameters",
)  # fmt: skip
_NESTED_KEYS = ("function", "function_call", "tool_call", "tool_calls", "tool_uses", "actions")
_UNUSED_KEYS = frozenset({*_NAME_KEYS, "type", "id", "tool_call_id", "index"})
_NOT_IN_NAME = re.compile(r"[^a-z0-9]")

Found = tuple[str, Any]


def calls_in(text: str, names: Collection[str]) -> list[ToolCall]:
    """Returns the calls of a text that consists of calls only. Returns [] for any other text, and for unknown tools.

    `names` are the known tools.
    """
    if is_too_deep(text.encode(errors="replace")):
        return []
    for read in _READERS:
        calls: list[ToolCall] = []
        for number, (name, arguments) in enumerate(read(text, names), 1):
            known = known_name(name, names)
            if known is None or not isinstance(arguments, dict) or number > MAX_CALLS:
                calls = []
                break
            calls.append(ToolCall(f"said_{number}", known, storable(arguments)))
        if calls:
            return calls
    return []


def known_name(name: str, names: Collection[str]) -> str | None:
    """Returns the tool of `names` that a model means by `name`; None if there is none.

    Models add prefixes (`functions.search`), numbers (`search:0`) and tokens (`search<|channel|>`), and change the
    spelling (`SearchDocuments`).
    """
    if name in names:
        return name
    name = name.rpartition("to=")[2].strip().partition("<")[0]
    parts = [name, name.rpartition(".")[2], name.rpartition("/")[2], name.partition(":")[0], name.rpartition(":")[2]]
    parts += [name.rpartition(".")[2].partition(":")[0], name.rpartition("__")[2]]
    if name[: len(name) // 2] * 2 == name:
        parts.append(name[: len(name) // 2])  # some servers send it twice
    for part in parts:
        if part in names:
            return part
    for part in parts:
        plain = _NOT_IN_NAME.sub("", part.lower())
        same = [one for one in names if plain and _NOT_IN_NAME.sub("", one.lower()) == plain]
        if len(same) == 1:
            return same[0]
    return None


def read_object(text: str) -> Any:
    """Parses JSON leniently; returns None if it cannot be parsed.

    Accepts single quotes, Python's constants, line breaks inside strings, trailing commas, and a code fence around it.
    """
    text = text.strip()
    if text.startswith("```"):
        text = text.strip("`").removeprefix("json").strip()
    for read in (_decoder.decode, lambda one: _decoder.decode(_TRAILING_COMMA.sub(r"\1", one)), _literal):
        try:
            return read(text)
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            continue
    return None


def _literal(text: str) -> Any:
    if len(text) > _MAX_PYTHON:
        raise ValueError
    return _plain(ast.literal_eval(text))


def _json_calls(text: str, names: Collection[str]) -> Iterator[Found]:
    for value in objects_in(text):
        yield from _calls_of(value, names)


def objects_in(text: str) -> Iterator[Any]:
    """Yields the JSON objects and lists of a text in their order."""
    place = 0
    for _ in range(2 * MAX_CALLS):
        start = min((at for at in (text.find("{", place), text.find("[{", place)) if at >= 0), default=-1)
        if start < 0:
            return
        try:
            value, place = _decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            end = max(text.rfind("}"), text.rfind("}]") + 1) + 1
            value, place = read_object(text[start:end]), len(text)
            if value is None:
                return
        yield value


def _calls_of(value: Any, names: Collection[str]) -> Iterator[Found]:
    if isinstance(value, list):
        for one in value:
            yield from _calls_of(one, names)
        return
    if not isinstance(value, dict):
        return
    key = next((key for key in _NAME_KEYS if isinstance(value.get(key), str)), "")
    if not key:
        inner = next((value[one] for one in _NESTED_KEYS if isinstance(value.get(one), dict | list)), None)
        if inner is not None:
            yield from _calls_of(inner, names)
            return
        if len(value) == 1:
            yield next(iter(value.items()))
            return
    arguments = next((value[one] for one in _ARGUMENT_KEYS if one in value), None)
    if isinstance(arguments, str):
        arguments = read_object(arguments) if arguments.strip() else {}
    elif arguments is None and key not in ("", "name"):
        arguments = {one: what for one, what in value.items() if one not in _UNUSED_KEYS}
    yield value.get(key, ""), arguments


def _xml_calls(text: str, names: Collection[str]) -> Iterator[Found]:
    opened = list(_INVOKED.finditer(text))
    for number, match in enumerate(opened):
        end = opened[number + 1].start() if number + 1 < len(opened) else len(text)
        body = re.split(rf"</{_TAG_PREFIX}(?:function|invoke|tool)>", text[match.end() : end], maxsplit=1)[0]
        found = {one[1]: one[3].strip() if one[2] else _value(one[3].strip()) for one in _PARAMETER.finditer(body)}
        yield match[1], found or next(objects_in(body), {})


def _key_value_calls(text: str, names: Collection[str]) -> Iterator[Found]:
    for part in re.split(r"<tool_call>\s*", text)[1:]:
        if name := _BEFORE_KEYS.match(part):
            yield name[1], {key: _value(value.strip()) for key, value in _KEY_VALUE.findall(part)}


def _named_calls(text: str, names: Collection[str]) -> Iterator[Found]:
    known = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    named = re.compile(rf"(?<![\w\"'])(?:[\w-]+[.:/])?({known}){_UNTIL_OBJECT}")
    place = 0
    for _ in range(MAX_CALLS):
        found = named.search(text, place)
        if found is None:
            return
        try:
            arguments, place = _decoder.raw_decode(text, found.end())
        except (ValueError, RecursionError):
            end = text.find("}", found.end()) + 1
            arguments, place = read_object(text[found.end() : end]), max(end, found.end())
        yield found[1], arguments


def _gemma_calls(text: str, names: Collection[str]) -> Iterator[Found]:
    for name, body in _GEMMA.findall(text):
        values = ((key, one or two or None, bare) for key, one, two, bare in _GEMMA_VALUE.findall(body))
        yield name, {key: said if said is not None else _value(bare.strip()) for key, said, bare in values}


def _python_calls(text: str, names: Collection[str]) -> Iterator[Found]:
    """Calls such as `search(query="room")`, alone, in a list, or inside `print()`."""
    left = _MAX_PARSED
    for name in re.finditer(r"(?<![\w.])([A-Za-z_][\w.]{0,127})\s*\(", text[:_MAX_PYTHON]):
        if known_name(name[1].removesuffix(".call"), names) is None:
            continue
        end = text.find(")", name.end())
        while 0 <= end < _MAX_PYTHON and left:
            left -= 1
            if (arguments := _keywords(text[name.start() : end + 1])) is not None:
                yield name[1].removesuffix(".call"), arguments
                break
            end = text.find(")", end + 1)


def _keywords(call: str) -> dict[str, Any] | None:
    """Returns the arguments of a Python call; None if it is no call, or has arguments without a name."""
    try:
        parsed = ast.parse(call.strip(), mode="eval").body
        if not isinstance(parsed, ast.Call) or parsed.args or any(one.arg is None for one in parsed.keywords):
            return None
        return {str(one.arg): _plain(ast.literal_eval(one.value)) for one in parsed.keywords}
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return None


def _plain(value: Any) -> Any:
    """Returns the value if JSON can express it. Raises TypeError if not, as for sets and bytes."""
    return json.loads(json.dumps(value))


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


_READERS: tuple[Callable[[str, Collection[str]], Iterator[Found]], ...] = (
    _xml_calls, _key_value_calls, _json_calls, _gemma_calls, _named_calls, _python_calls,
)  # fmt: skip
