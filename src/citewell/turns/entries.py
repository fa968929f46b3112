"""What the log of a turn holds, whichever wire format shows it.

An entry is a small JSON object, `{"k": kind, ...}`:

- `start` begins a text; `text` appends `d` to it. So the log grows linearly with the answer. Formats that send the
  whole text each time assemble it while they read.
- `payload`: `p` has a `type`: `reasoning`, `tool_call_request`, `tool_call`, or `message` with a finished message.
- `completed` or `failed` is the last entry of each log.
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
    """Returns the log entry of an event; None for events that the log does not show."""
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
    """Returns a payload entry of type `kind` with these fields."""
    return {"k": PAYLOAD, "p": {"type": kind, **fields}}


def message(finished: MessageFields) -> Entry:
    """Returns the payload entry of a finished message. Its `type`, always "message", is the payload's type."""
    return {"k": PAYLOAD, "p": as_dict(finished)}


def completed(state: str = "") -> Entry:
    """Returns the last entry of a turn whose answer is in the history. `state` is "stopped" if a user stopped it."""
    return {"k": COMPLETED, "s": state} if state else {"k": COMPLETED}


def failed(code: str, message: str) -> Entry:
    """Returns the last entry of a turn that failed, with a stable code and a message for users."""
    return {"k": FAILED, "code": code, "error": message}


def is_terminal(entry: Entry) -> bool:
    """Whether the entry is the last one of its turn."""
    return entry["k"] in TERMINAL


def encode_entries(entries: Sequence[Entry]) -> bytes:
    """Returns the entries as JSON, in the form that the log stores. `decode_entries` reads it."""
    return _encode(entries)


decode_entries = msgspec.json.Decoder(list[Entry]).decode
