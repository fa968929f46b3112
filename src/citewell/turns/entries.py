"""What the log of a turn holds, and how an entry looks on the wire.

An entry is a small JSON object, `{"k": kind, ...}`. Text is logged as what was added, so the log grows with the
answer and not with its square; the cumulative text that clients expect is put together by each reader's `Renderer`.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from citewell.agent.events import (
    AgentEvent,
    AnswerFinished,
    AnswerStarted,
    AnswerText,
    Reasoning,
    TokensUsed,
    ToolAnswered,
    ToolRequested,
)

Entry = dict[str, Any]

START: Final = "start"
TEXT: Final = "text"
PAYLOAD: Final = "payload"
COMPLETED: Final = "completed"
FAILED: Final = "failed"
TERMINAL: Final = frozenset({COMPLETED, FAILED})

_encode = msgspec.json.Encoder().encode
_PREFIX = b'data: {"type_streaming":"streaming_in_progress","payload":'


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
        case TokensUsed() | AnswerFinished():
            return None


def payload(kind: str, **fields: Any) -> Entry:
    return {"k": PAYLOAD, "p": {"type": kind, **fields}}


def message(wire: dict[str, Any]) -> Entry:
    """A finished message. Its own `type` (always "message" here) is the payload's type too."""
    return {"k": PAYLOAD, "p": wire}


def completed(state: str = "") -> Entry:
    """The end of a turn whose answer stands in the history. `state` says so where it is not the whole answer."""
    return {"k": COMPLETED, "s": state} if state else {"k": COMPLETED}


def failed(code: str, message: str) -> Entry:
    return {"k": FAILED, "code": code, "error": message}


def is_terminal(entry: Entry) -> bool:
    return entry["k"] in TERMINAL


def encode_entries(entries: Sequence[Entry]) -> bytes:
    return _encode(entries)


decode_entries = msgspec.json.Decoder(list[Entry]).decode


class Renderer:
    """Turns entries into server-sent events for one reader, in order from the first entry of the turn."""

    def __init__(self, query_id: int, *, delta: bool) -> None:
        self._query_id = query_id
        self._delta = delta
        self._text: list[str] = []

    def render(self, first_seq: int, entries: Sequence[Entry], history: bytes | None = None) -> bytes:
        """The events of consecutive entries, the first numbered `first_seq`.

        `history` is the JSON payload of a completed turn. In cumulative mode pieces of text that stand side by
        side become one event with the last one's number: nothing is lost, and a fast model does not cost the
        square of its answer.
        """
        parts: list[bytes] = []
        last = len(entries) - 1
        for index, entry in enumerate(entries):
            kind = entry["k"]
            if kind == TEXT:
                self._text.append(entry["d"])
                follows = index < last and entries[index + 1]["k"] == TEXT
                if follows:
                    continue
                parts.append(self._text_event(first_seq + index))
            elif kind == START:
                self._text.clear()
                parts.append(self._event(first_seq + index, {"type": "start_token_streaming", "content": ""}))
            elif kind == PAYLOAD:
                parts.append(self._event(first_seq + index, entry["p"]))
            else:
                parts.append(self._terminal(first_seq + index, entry, history))
        return b"".join(parts)

    def absorb(self, entries: Sequence[Entry]) -> None:
        """Take entries that the reader has already seen into account without rendering them."""
        for entry in entries:
            if entry["k"] == TEXT:
                self._text.append(entry["d"])
            elif entry["k"] == START:
                self._text.clear()
        self._forget_sent()

    def _text_event(self, seq: int) -> bytes:
        text = "".join(self._text)
        if self._delta:
            self._text.clear()
            return self._event(seq, {"type": "token_streaming", "delta": text})
        self._text = [text]
        return self._event(seq, {"type": "token_streaming", "content": text})

    def _forget_sent(self) -> None:
        if self._delta:
            self._text.clear()

    def _event(self, seq: int, body: dict[str, Any]) -> bytes:
        encoded = _encode({**body, "query_id": self._query_id})
        return b"id: %d\n%b%b}\n\n" % (seq, _PREFIX, encoded)

    def _terminal(self, seq: int, entry: Entry, history: bytes | None) -> bytes:
        if entry["k"] == COMPLETED:
            assert history is not None, "the caller reads the history of a completed turn"
            return b'id: %d\ndata: {"type_streaming":"streaming_completed","payload":%b}\n\n' % (seq, history)
        body = {"error": entry["error"], "error_code": entry["code"], "query_id": self._query_id}
        return b'id: %d\ndata: {"type_streaming":"streaming_error","payload":%b}\n\n' % (seq, _encode(body))
