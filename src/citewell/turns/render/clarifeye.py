"""The stream of the Clarifeye Platform API: server-sent events, one JSON object each."""

from collections.abc import Sequence
from typing import Any

import msgspec

from citewell.turns.entries import COMPLETED, PAYLOAD, START, TEXT, Entry
from citewell.turns.messages import MessageFields, as_dict
from citewell.turns.turn import TurnKey

_encode = msgspec.json.Encoder().encode
_PREFIX = b'data: {"type_streaming":"streaming_in_progress","payload":'


class ClarifeyeRenderer:
    """Renders server-sent events (see `docs/streaming.md`). With `delta` each event has only the new text."""

    ping = b": ping\n\n"
    shows_history = True

    def __init__(self, key: TurnKey, *, delta: bool = False) -> None:
        self._key = key
        self._delta = delta
        self._text: list[str] = []

    def render(self, first_seq: int, entries: Sequence[Entry], history: Sequence[MessageFields] | None = None) -> bytes:
        """Returns the events of consecutive entries, the first with number `first_seq`.

        `history` is needed for the end of a completed turn. Without `delta`, consecutive pieces of text become one
        event with the number of the last piece, because each event repeats the whole text so far.
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
        """Takes entries that the reader has already seen into account without rendering them."""
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
        encoded = _encode({**body, "query_id": self._key.query_id})
        return b"id: %d\n%b%b}\n\n" % (seq, _PREFIX, encoded)

    def _terminal(self, seq: int, entry: Entry, history: Sequence[MessageFields] | None) -> bytes:
        if entry["k"] == COMPLETED:
            assert history is not None, "the caller reads the history of a completed turn"
            payload = _encode(self._completed(entry, history))
            return b'id: %d\ndata: {"type_streaming":"streaming_completed","payload":%b}\n\n' % (seq, payload)
        body = {"error": entry["error"], "error_code": entry["code"], "query_id": self._key.query_id}
        return b'id: %d\ndata: {"type_streaming":"streaming_error","payload":%b}\n\n' % (seq, _encode(body))

    def _completed(self, entry: Entry, history: Sequence[MessageFields]) -> dict[str, Any]:
        body = {
            "conversation_id": self._key.conversation_id,
            "chat_history": [as_dict(message) for message in history],
            "query_id": self._key.query_id,
        }
        return body | {"state": entry["s"]} if entry.get("s") else body
