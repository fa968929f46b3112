"""An answer as visitors get it: the text and its citations, not what was searched and found on the way."""

from collections.abc import Sequence
from typing import Any

import msgspec

from citewell.turns.entries import COMPLETED, Entry, failed
from citewell.turns.messages import MessageFields, as_dict
from citewell.turns.render.clarifeye import ClarifeyeRenderer
from citewell.turns.turn import TurnKey

_TEXT = ("start_token_streaming", "token_streaming")
_SHOWN = ("role", "type", "content", "query_id", "timestamp", "state")
_CITATION = ("number", "chunk_id", "document_name", "place", "min_page", "verbatim", "status", "start", "end")


class WidgetRenderer(ClarifeyeRenderer):
    """The events of `ClarifeyeRenderer` that visitors may see; of a search they only learn that there is one."""

    shows_history = False

    def __init__(self, key: TurnKey) -> None:
        super().__init__(key, delta=True)

    def _event(self, seq: int, body: dict[str, Any]) -> bytes:
        kind = body.get("type")
        if kind in _TEXT:
            return super()._event(seq, body)
        return super()._event(seq, shown(body) if kind == "message" else {"type": "working"})

    def _terminal(self, seq: int, entry: Entry, history: Sequence[MessageFields] | None) -> bytes:
        if entry["k"] != COMPLETED:
            return super()._terminal(seq, entry, history)
        body = {"type_streaming": "streaming_completed", "payload": {"query_id": self._key.query_id}}
        return b"id: %d\ndata: %b\n\n" % (seq, msgspec.json.encode(body))

    def closed(self) -> bytes:
        """Returns the last event of a reader to whom the widget was closed.

        It has no id: who may read again reads on behind the last event that they have.
        """
        return self.render(0, [failed("forbidden", "This widget is closed.")]).removeprefix(b"id: 0\n")


def shown_history(history: Sequence[MessageFields]) -> list[dict[str, Any]]:
    """Questions and answers, without the steps between them."""
    return [shown(as_dict(message)) for message in history if message.type == "message"]


def shown(message: dict[str, Any]) -> dict[str, Any]:
    """Returns a message with what visitors may see of it."""
    fields = {name: message[name] for name in _SHOWN if name in message}
    cited = message.get("citations") or []
    return fields | {"citations": [{name: each.get(name) for name in _CITATION} for each in cited]}
