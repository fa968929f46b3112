"""What the log of a turn holds, whichever wire format shows it.

An entry is a small JSON object, `{"k": kind, ...}`:

- `start`: a text begins, `text`: `d` was added to it. The log grows with the answer and not with its square; formats
  that want the whole text each time put it together as they read.
- `payload`: `p` has a `type`: `reasoning`, `tool_call_request`, `tool_call`, or `message` with a finished message.
- `completed` or `failed` end it: once, as its last entry.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from citewell.agent.events import (
    AgentEvent,
    AnswerStarted,
    AnswerText,
    Reasoning,
    TokensUsed,
    ToolAnswered,
    ToolRequested,
)
from citewell.turns.messages import MessageFields, as_dict

Entry = dict[str, Any]

START: Final = "start"
TEXT: Final = "text"
PAYLOAD: Final = "payload"
COMPLETED: Final = "completed"
FAILED: Final = "failed"
TERMINAL: Final = frozenset({COMPLETED, FAILED})

_encode = msgspec.json.Encoder().encode


def entry_of(event: AgentEvent) -> Entry | None:
    """The log entry of what the agent did; None for what the turn itself reports once it is stored."""
    match event:
        case AnswerText(delta=delta):
            return {"k": TEXT, "d": delta}
        case AnswerStarted():
            return {"k": START}
        case Reasoning(content=content):
            return payload("reasoning", content=content)
        case ToolRequested(call=call, tool_type=tool_type):
            return payload(
                "tool_call_request",
                tool_type=tool_type,
                tool_name=call.name,
                tool_call_id=call.id,
                input_parameters=call.arguments,
            )
        case ToolAnswered(call=call, tool_type=tool_type, results=results):
            return payload(
                "tool_call",
                tool_type=tool_type,
                tool_name=call.name,
                tool_call_id=call.id,
                input_parameters=call.arguments,
                results=results,
            )
        case TokensUsed():
            return None


def payload(kind: str, **fields: Any) -> Entry:
    """The entry of a payload of this type with these fields."""
    return {"k": PAYLOAD, "p": {"type": kind, **fields}}


def message(finished: MessageFields) -> Entry:
    """A finished message. Its own `type` (always "message" here) is the payload's type too."""
    return {"k": PAYLOAD, "p": as_dict(finished)}


def completed(state: str = "") -> Entry:
    """The last entry of a turn whose answer is in the history. `state` is "stopped" if a user stopped it."""
    return {"k": COMPLETED, "s": state} if state else {"k": COMPLETED}


def failed(code: str, message: str) -> Entry:
    """The last entry of a turn that failed, with a stable code and a message for users."""
    return {"k": FAILED, "code": code, "error": message}


def is_terminal(entry: Entry) -> bool:
    """Whether the entry ends its turn."""
    return entry["k"] in TERMINAL


def encode_entries(entries: Sequence[Entry]) -> bytes:
    """The entries as JSON, as the log stores them. `decode_entries` reads it."""
    return _encode(entries)


decode_entries = msgspec.json.Decoder(list[Entry]).decode
