"""Tool calls, put together from the pieces in which they stream in."""

from typing import Any

import msgspec

from citewell.agent.models.faults import malformed
from citewell.agent.protocol import ToolCall, ToolCallReady
from citewell.kit.json_depth import is_too_deep

MAX_CALLS = 64
_UNREADABLE = "The arguments were not a JSON object: call the tool again with one that its schema allows."
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class _Pieces:
    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.arguments: list[str] = []


class CallPieces:
    """The calls of one reply, in the order in which they began.

    Pieces belong together by their index. Some servers give none, or the same for all calls: there a new id begins a
    new call.
    """

    def __init__(self) -> None:
        self._calls: list[_Pieces] = []
        self._by_index: dict[int | None, _Pieces] = {}

    def add(self, index: int | None, call_id: str, name: str, arguments: str) -> None:
        """Raises ModelError beyond MAX_CALLS calls."""
        call = self._by_index.get(index)
        if call is None or (call_id and call.id and call_id != call.id):
            if len(self._calls) >= MAX_CALLS:
                raise malformed()
            call = self._by_index[index] = _Pieces()
            self._calls.append(call)
        call.id = call.id or call_id
        call.name = call.name or name
        call.arguments.append(arguments)

    def ready(self) -> list[ToolCallReady]:
        return [
            ToolCallReady(make_call(call.id or f"call_{number}", call.name, "".join(call.arguments)))
            for number, call in enumerate(self._calls, 1)
        ]


def make_call(call_id: str, name: str, arguments: str) -> ToolCall:
    """The call; with a fault if its arguments are no JSON object, which small models manage."""
    try:
        found = _decode(arguments) if arguments.strip() else {}
        if is_too_deep(arguments.encode(errors="replace")):
            raise RecursionError
    except (msgspec.MsgspecError, RecursionError):
        return ToolCall(call_id, name.replace("\x00", ""), {}, _UNREADABLE)
    return ToolCall(call_id, name.replace("\x00", ""), _without_nul(found) if "\\u0000" in arguments else found)


def _without_nul(value: Any) -> Any:
    """The value as Postgres can store it."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(item) for key, item in value.items()}
    return value
