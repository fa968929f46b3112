"""Adapts chat-completions requests to one server: servers differ in some fields, and their refusals name the field."""

import hashlib
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from citewell.agent.protocol import Message, ModelRequest, ToolCall, ToolSpec

_TOO_MUCH_OUTPUT = re.compile(
    r"max_(?:completion_|output_|new_)?tokens[^{}]{0,200}(?:too large|at most|less than|maximum|exceed|range)", re.I
)
_NUMBER = re.compile(r"\d{2,7}")
_LEAST_OUTPUT = 64  # tokens
_NO_SYSTEM = re.compile(
    r"system[\"' ]{0,3}(?:role|message|prompt|instruction)s?[^.]{0,40}(?:not|un)[ -]?(?:be )?(?:support|allow|enabled)|"
    r"(?:only|must be)[^.]{0,40}user[^.]{0,12}assistant[^.]{0,12}roles|developer instruction is not enabled",
    re.I,
)
_NO_NULL = re.compile(r"content[^.]{0,80}(?:null|none|required|must be (?:a )?(?:string|str)|valid string)", re.I)
# Mistral takes ids of nine letters and digits, OpenAI of forty characters.
_ODD_IDS = re.compile(
    r"tool.?call.?id was|(?:tool_calls?|tool_use)[^ ]{0,12}[._]id\b[^{}]{0,80}(?:long|match|invalid)", re.I
)
_ID_CHARS = 9
# DeepSeek and Moonshot want the thinking back that led to a call.
_WANTS_THOUGHTS = re.compile(
    r"reasoning_content[^{}]{0,80}(?:missing|must|require)|missing[^{}]{0,20}reasoning_content", re.I
)
_WANTS_SIGNATURES = "thought_signature"
_ANY_SIGNATURE = {"google": {"thought_signature": "skip_thought_signature_validator"}}  # as Gemini's manual names it
NO_STREAM = re.compile(
    r"'stream' does not support|to stream this model|tools?(?: use)? (?:with|in) stream|"
    r"stream(?:ing)? (?:is|mode is)?\s?(?:not|un)\s?(?:supported|available|allowed)",
    re.I,
)

# Fields that say how to answer, and that some models refuse.
_OPTIONAL = ("temperature", "reasoning_effort")


class Dialect:
    """Encodes requests, at first in OpenAI's form. After a refusal `adapt` changes the form of all later requests."""

    def __init__(self, model: str, max_output: int) -> None:
        self._model = model
        self._max_output = max_output
        self._limit_field = "max_tokens"
        self._streams = True
        self._ask_usage = True
        self._constrain = True
        self._refused: set[str] = set()  # fields of _OPTIONAL that the server refused
        self._takes_choice = True
        self._takes_system = True
        self._takes_null = True  # null as the content of a message that only calls tools
        self._short_ids = False
        self._wants_thoughts = False
        self._wants_signatures = False
        self._takes_extra = True

    def adapt(self, detail: str) -> bool:
        """Changes the form as a refusal demands. `detail` is the server's error text.

        Returns False if it names nothing that can be changed: asking again would fail in the same way.
        """
        return self._adapt_calls(detail) or self._adapt_fields(detail)

    def _adapt_calls(self, detail: str) -> bool:
        if not self._short_ids and _ODD_IDS.search(detail):
            self._short_ids = True
        elif not self._wants_thoughts and _WANTS_THOUGHTS.search(detail):
            self._wants_thoughts = True
        elif not self._wants_signatures and _WANTS_SIGNATURES in detail:
            self._wants_signatures = True
        elif self._takes_extra and "extra_content" in detail:
            self._takes_extra = False
        elif self._streams and NO_STREAM.search(detail):
            self._streams = False
        else:
            return False
        return True

    def _adapt_fields(self, detail: str) -> bool:
        if self._limit_field == "max_tokens" and "max_completion_tokens" in detail:
            self._limit_field = "max_completion_tokens"
        elif self._ask_usage and "stream_options" in detail:
            self._ask_usage = False
        elif self._constrain and any(word in detail for word in ("response_format", "json_schema")):
            self._constrain = False
        elif (field := next((one for one in _OPTIONAL if one in detail and one not in self._refused), "")) != "":
            self._refused.add(field)
        elif (most := _most_output(detail, self._max_output)) is not None:
            self._max_output = most
        elif self._takes_choice and "tool_choice" in detail:
            self._takes_choice = False
        elif self._takes_system and _NO_SYSTEM.search(detail):
            self._takes_system = False
        elif self._takes_null and _NO_NULL.search(detail):
            self._takes_null = False
        else:
            return False
        return True

    def body(self, request: ModelRequest) -> dict[str, Any]:
        """Returns the body of the request."""
        body: dict[str, Any] = {
            "model": self._model,
            "messages": self._messages(request.messages),
            "stream": self._streams,
            self._limit_field: min(request.max_output_tokens or self._max_output, self._max_output),
        }
        if self._ask_usage and self._streams:
            body["stream_options"] = {"include_usage": True}
        if request.tools and (self._takes_choice or request.tool_choice != "none"):
            body["tools"] = [{"type": "function", "function": _function(tool)} for tool in request.tools]
            if self._takes_choice:
                body["tool_choice"] = request.tool_choice
        if request.schema is not None and self._constrain:
            described = {"name": "answer", "schema": request.schema, "strict": False}
            body["response_format"] = {"type": "json_schema", "json_schema": described}
        for field in _OPTIONAL:
            if field not in self._refused and (stated := getattr(request, field)) is not None:
                body[field] = stated
        return body

    def _messages(self, messages: Sequence[Message]) -> list[dict[str, Any]]:
        """Joins consecutive user messages: the chat templates of many models require alternating roles."""
        out: list[dict[str, Any]] = []
        for message in messages:
            role = "user" if message.role == "system" and not self._takes_system else message.role
            if role == "user" and out and out[-1]["role"] == "user":
                out[-1]["content"] += f"\n\n{message.content}"
            else:
                out.append({**self._message(message), "role": role})
                if out[-1]["content"] is None and not self._takes_null:
                    out[-1]["content"] = ""
        return out

    def _message(self, message: Message) -> dict[str, Any]:
        if message.role == "tool":
            return {"tool_call_id": self._wire_id(message.tool_call_id or ""), "content": message.content}
        if message.role != "assistant":
            return {"content": message.content}
        thoughts = {"reasoning_content": message.thoughts} if self._wants_thoughts else {}
        if not message.tool_calls:
            return {"content": message.content, **thoughts}
        calls = [self._call(call) for call in message.tool_calls]
        return {"content": message.content or None, "tool_calls": calls, **thoughts}

    def _call(self, call: ToolCall) -> dict[str, Any]:
        arguments = msgspec.json.encode(call.arguments).decode()
        wire = {
            "id": self._wire_id(call.id),
            "type": "function",
            "function": {"name": call.name, "arguments": arguments},
        }
        extra = call.extra or (_ANY_SIGNATURE if self._wants_signatures else None)
        return {**wire, "extra_content": extra} if extra and self._takes_extra else wire

    def _wire_id(self, call_id: str) -> str:
        return hashlib.sha256(call_id.encode()).hexdigest()[:_ID_CHARS] if self._short_ids else call_id


def _function(tool: ToolSpec) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "parameters": tool.parameters}


def _most_output(detail: str, asked: int) -> int | None:
    """Returns the limit of output tokens that a refusal names; None if it names none."""
    if not _TOO_MUCH_OUTPUT.search(detail):
        return None
    return max(
        (number for found in _NUMBER.findall(detail) if _LEAST_OUTPUT <= (number := int(found)) < asked), default=None
    )
