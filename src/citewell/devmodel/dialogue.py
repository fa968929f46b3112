"""Reads a request into one form, for both wire formats."""

from dataclasses import dataclass
from typing import Any

import msgspec


@dataclass(frozen=True)
class Dialogue:
    """`results` are the texts of the tool results behind the last question, `first` is the first question, and
    `asked_again` how many followed it."""

    model: str
    question: str
    results: list[str]
    search_tool: str
    may_call: bool
    first: str = ""
    asked_again: int = 0

    def as_query(self) -> str:
        return msgspec.json.encode({"query": self.question}).decode()


def from_openai(body: dict[str, Any]) -> Dialogue:
    questions, results = list[str](), list[str]()
    for message in _dicts(body.get("messages")):
        if message.get("role") == "user":
            questions, results = [*questions, _text(message.get("content"))], []
        elif message.get("role") == "tool":
            results.append(_text(message.get("content")))
    names = [str(tool.get("function", {}).get("name", "")) for tool in _dicts(body.get("tools"))]
    return _dialogue(body, questions, results, names, body.get("tool_choice") != "none")


def from_anthropic(body: dict[str, Any]) -> Dialogue:
    questions, results = list[str](), list[str]()
    for message in _dicts(body.get("messages")):
        blocks = [block for block in _dicts(message.get("content")) if block.get("type") == "tool_result"]
        if blocks:
            results += [_text(block.get("content")) for block in blocks]
        elif message.get("role") == "user":
            questions, results = [*questions, _text(message.get("content"))], []
    names = [str(tool.get("name", "")) for tool in _dicts(body.get("tools"))]
    choice = body.get("tool_choice")
    may = not isinstance(choice, dict) or choice.get("type") != "none"
    return _dialogue(body, questions, results, names, may)


def _dialogue(body: dict[str, Any], questions: list[str], results: list[str], names: list[str], may: bool) -> Dialogue:
    search = next((name for name in names if "search" in name), names[0] if names else "")
    first, *others = questions or [""]
    last = others[-1] if others else first
    return Dialogue(str(body.get("model", "")), last, results, search, may and bool(names), first, len(others))


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(content: Any) -> str:
    """The text of a message whose content is a string or a list of blocks."""
    if isinstance(content, str):
        return content
    return "".join(str(block.get("text", "")) for block in _dicts(content))
