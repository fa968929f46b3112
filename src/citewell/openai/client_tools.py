"""Tools of the client: passed to the model only where the client asks for that, and run by the client."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, Field, ValidationError

from citewell.agent.loop import ClientTools
from citewell.agent.protocol import Message, ToolCall, ToolSpec
from citewell.errors import BadRequest
from citewell.kit.ids import new_id
from citewell.openai.schemas import ChatMessage, ChatRequest

_MAX_TOOLS = 128
_LONGEST_SCHEMA = 100_000  # characters of all parameters together
_NOTHING: dict[str, Any] = {"type": "object", "properties": {}}


class _Function(BaseModel, extra="ignore"):
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    description: Annotated[str | None, Field(max_length=20_000)] = None
    parameters: dict[str, Any] | None = None


class _Tool(BaseModel, extra="ignore"):
    function: _Function


class _Called(BaseModel, extra="ignore"):
    name: Annotated[str, Field(max_length=64)]
    arguments: Annotated[str, Field(max_length=200_000)] = "{}"


class _Call(BaseModel, extra="ignore"):
    id: Annotated[str, Field(max_length=200)]
    function: _Called


def asked_tools(request: ChatRequest) -> ClientTools:
    """Returns the client's tools, if it asks that they are used: by `tool_choice`, or by results of earlier calls.

    Many clients send their tools with everything. Raises BadRequest for tools that cannot be read.
    """
    choice = request.tool_choice
    goes_on = request.messages[-1].role == "tool"
    if choice == "none" or not request.tools or (choice is None and not goes_on):
        return ClientTools()
    if len(request.tools) > _MAX_TOOLS:
        raise BadRequest(f"tools may have at most {_MAX_TOOLS} entries.")
    specs = [_spec(tool) for tool in request.tools if tool.get("type", "function") == "function"]
    if len(msgspec.json.encode([spec.parameters for spec in specs])) > _LONGEST_SCHEMA:
        raise BadRequest(f"The parameters of all tools together may have at most {_LONGEST_SCHEMA:,} characters.")
    if isinstance(choice, dict):
        specs = _chosen(specs, choice)
    return ClientTools(specs, must_call=choice == "required" or isinstance(choice, dict))


def _spec(tool: dict[str, Any]) -> ToolSpec:
    try:
        function = _Tool.model_validate(tool).function
    except ValidationError as error:
        first = error.errors()[0]
        raise BadRequest(f"tools.{'.'.join(map(str, first['loc']))}: {first['msg']}.") from None
    return ToolSpec(function.name, function.description or "", function.parameters or _NOTHING)


def _chosen(specs: Sequence[ToolSpec], choice: dict[str, Any]) -> list[ToolSpec]:
    function = choice.get("function")
    name = function.get("name") if isinstance(function, dict) else None
    found = [spec for spec in specs if spec.name == name]
    if not found:
        raise BadRequest("tool_choice must be auto, none, required, or name one of the tools.")
    return found


def calls_and_results(messages: Sequence[ChatMessage]) -> list[Message]:
    """Returns what followed the question: calls of the client's tools, each with its result. Raises BadRequest."""
    found: list[Message] = []
    open_calls = set[str]()
    for message in messages:
        if message.role == "assistant":
            calls = [_call(one) for one in message.tool_calls]
            open_calls |= {call.id for call in calls}
            found.append(Message("assistant", message.text, calls))
        elif message.role == "tool":
            if message.tool_call_id not in open_calls:
                raise BadRequest("A message of the role tool needs the tool_call_id of a call before it.")
            open_calls.discard(message.tool_call_id or "")
            found.append(Message("tool", message.text, tool_call_id=message.tool_call_id))
    if open_calls:
        raise BadRequest("Each call in tool_calls needs a message of the role tool with its result.")
    return found


def _call(given: dict[str, Any]) -> ToolCall:
    try:
        call = _Call.model_validate(given)
        arguments = msgspec.json.decode(call.function.arguments.encode() or b"{}", type=dict[str, Any])
    except (ValidationError, msgspec.MsgspecError, RecursionError):
        raise BadRequest("tool_calls must be as they were sent: an id, a name, and arguments as JSON text.") from None
    return ToolCall(call.id, call.function.name, arguments)


def calls_to_wire(calls: Sequence[ToolCall]) -> list[dict[str, Any]]:
    """Returns the calls, each with a new id: ids of model servers are unique within one reply only."""
    return [
        {
            "id": f"call_{new_id().hex}",
            "type": "function",
            "function": {"name": call.name, "arguments": msgspec.json.encode(call.arguments).decode()},
        }
        for call in calls
    ]
