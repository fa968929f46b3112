"""The OpenAI chat-completions wire format, which most model servers and gateways speak."""

import re
from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec

from citewell.agent.models import faults
from citewell.agent.models.openai_reply import OpenAIReply
from citewell.agent.models.replies import read_reply
from citewell.agent.models.transport import Transport
from citewell.agent.protocol import (
    ContextTooLong,
    Message,
    ModelEvent,
    ModelRequest,
    NoTools,
    ToolSpec,
)
from citewell.agent.streams import closing

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


# Fields that say how to answer, and that some models refuse.
_OPTIONAL = ("temperature", "reasoning_effort")


class OpenAIModel:
    """`base_url` ends where `/chat/completions` begins, for example in `/v1`.

    Servers differ in some fields of the request. Where one refuses the usual form, another is used from then on.
    """

    def __init__(self, model: str, base_url: str, api_key: str | None, silence: float, max_output: int) -> None:
        self.name = model
        self.takes_tools = True
        self._max_output = max_output
        self._limit_field = "max_tokens"
        self._ask_usage = True
        self._constrain = True
        self._refused: set[str] = set()  # fields without which it answers
        self._takes_choice = True
        self._takes_system = True
        self._takes_null = True  # as the content of a message that only calls tools
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._transport = Transport(f"{base_url.rstrip('/')}/chat/completions", headers, silence)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def stream(self, request: ModelRequest) -> AsyncIterator[Sequence[ModelEvent]]:
        """Yield the events of one reply, in batches; asks again in another form where the server refuses one field.

        Raises ModelError; after NoTools, `takes_tools` is false.
        """
        while True:
            try:
                async with closing(read_reply(self._transport, self._body(request), OpenAIReply())) as reply:
                    async for events in reply:
                        yield events
                return
            except (NoTools, ContextTooLong) as error:
                self.takes_tools = self.takes_tools and not isinstance(error, NoTools)
                raise
            except faults.Refused as refused:
                if not self._adapt(refused.detail):
                    raise

    def _adapt(self, detail: str) -> bool:
        """Whether the server's words show a way to ask again."""
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

    def _body(self, request: ModelRequest) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.name,
            "messages": self._messages(request.messages),
            "stream": True,
            self._limit_field: min(request.max_output_tokens or self._max_output, self._max_output),
        }
        if self._ask_usage:
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
        """Two messages of a user in a row become one: the chat templates of many models insist on turns."""
        out: list[dict[str, Any]] = []
        for message in messages:
            role = "user" if message.role == "system" and not self._takes_system else message.role
            if role == "user" and out and out[-1]["role"] == "user":
                out[-1]["content"] += f"\n\n{message.content}"
            else:
                out.append({**_message(message), "role": role})
                if out[-1]["content"] is None and not self._takes_null:
                    out[-1]["content"] = ""
        return out


def _function(tool: ToolSpec) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "parameters": tool.parameters}


def _most_output(detail: str, asked: int) -> int | None:
    """How many tokens the model writes at most, where a refusal of more than that names it."""
    if not _TOO_MUCH_OUTPUT.search(detail):
        return None
    return max(
        (number for found in _NUMBER.findall(detail) if _LEAST_OUTPUT <= (number := int(found)) < asked), default=None
    )


def _message(message: Message) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.tool_call_id, "content": message.content}
    if not message.tool_calls:
        return {"role": message.role, "content": message.content}
    calls = [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.name, "arguments": msgspec.json.encode(call.arguments).decode()},
        }
        for call in message.tool_calls
    ]
    return {"role": "assistant", "content": message.content or None, "tool_calls": calls}
