"""Assembles tool calls from the pieces in which they are streamed."""

from itertools import pairwise
from typing import Any

import msgspec

from citewell.agent.models.faults import malformed
from citewell.agent.protocol import ToolCall, ToolCallReady
from citewell.agent.text_call_formats import objects_in, read_object
from citewell.kit.json_depth import is_too_deep
from citewell.kit.storable import storable

MAX_CALLS = 64
_UNREADABLE = "The arguments were not a JSON object: call the tool again with one that its schema allows."
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class _Pieces:
    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.arguments: list[str] = []
        self.extra: dict[str, Any] | None = None

    def text(self) -> str:
        """Returns the arguments: all pieces joined, or the last one if each piece repeats the ones before it."""
        whole, last = "".join(self.arguments), self.arguments[-1]
        is_repeated = len(self.arguments) > 1 and all(
            two.startswith(one) for one, two in pairwise(self.arguments) if one
        )
        return last if is_repeated and _is_object(last) else whole

    def is_whole(self) -> bool:
        """Whether the arguments so far are a complete JSON object. Further pieces then belong to another call."""
        return _is_object("".join(self.arguments))


class CallPieces:
    """Assembles the calls of one reply, in the order in which they began.

    Pieces with the same index belong to one call. Some servers send no index, or the same one for all calls. There a
    new call begins with a new id and a name, and with a name after complete arguments.
    """

    def __init__(self) -> None:
        self._calls: list[_Pieces] = []
        self._by_index: dict[str, _Pieces] = {}

    def add(self, index: Any, call_id: Any, name: str, arguments: Any, extra: Any = None) -> None:
        """Adds a piece. `arguments` is a piece of JSON text, or the complete object. Raises ModelError for more than
        MAX_CALLS calls.
        """
        call_id = "" if call_id is None else storable(str(call_id))
        piece = arguments if isinstance(arguments, str) else "" if arguments is None else _encode(arguments).decode()
        call = self._by_index.get(str(index))
        if call is None and index is None and not call_id and not name and self._calls:
            call = self._calls[-1]  # more arguments of the latest call
        if call is None or _begins(call, call_id, name, piece):
            if len(self._calls) >= MAX_CALLS:
                raise malformed()
            call = self._by_index[str(index)] = _Pieces()
            self._calls.append(call)
        call.id = call.id or call_id
        if name and call.name != name and not any(call.arguments):
            call.name += name  # some servers send the name in pieces
        call.arguments.append(piece)
        call.extra = storable(extra) if isinstance(extra, dict) else call.extra

    @property
    def is_whole(self) -> bool:
        """Whether there are calls, and the arguments of all are complete."""
        return bool(self._calls) and all(call.is_whole() for call in self._calls)

    def ready(self) -> list[ToolCallReady]:
        """Returns the calls, each with a unique id, because results are matched by id."""
        found: list[ToolCallReady] = []
        used: set[str] = set()
        for call in self._calls:
            call_id = call.id if call.id and call.id not in used else f"call_{len(found) + 1}"
            while call_id in used:
                call_id += "_"
            used.add(call_id)
            made = make_call(call_id, call.name, call.text())
            found.append(ToolCallReady(msgspec.structs.replace(made, extra=call.extra) if call.extra else made))
        return found


def _begins(call: _Pieces, call_id: str, name: str, piece: str) -> bool:
    """Whether a piece begins a new call although it has the index of `call`.

    A new id without a name does not, while the arguments are incomplete: some gateways give each piece a new id.
    """
    if call_id and call.id and call_id != call.id:
        return bool(name) or call.is_whole()
    if not name or not call.name:
        return False
    return (name != call.name or piece.lstrip().startswith(("{", '"'))) and call.is_whole()


def _is_object(text: str) -> bool:
    """Whether a text is a JSON object, or a JSON text that holds one."""
    text = text.strip()
    if not text.endswith(("}", '"')):
        return False
    found = _read(text)
    return isinstance(_read(found) if isinstance(found, str) else found, dict)


def make_call(call_id: str, name: str, arguments: str) -> ToolCall:
    """Returns the call, with a `fault` if its arguments are no JSON object.

    Accepts an object that is encoded as a JSON string, as some servers send it.
    """
    arguments = storable(arguments)
    found = _lenient(arguments)
    if isinstance(found, str):
        found = _lenient(found)
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    name = storable(name)
    if isinstance(found, dict) and found.keys() == {"name", "arguments"} and found["name"] == name:
        found = found["arguments"]  # some models put the whole call into its arguments
    if not isinstance(found, dict) or is_too_deep(arguments.encode(errors="replace")):
        return ToolCall(call_id, name, {}, _UNREADABLE)
    return ToolCall(call_id, name, storable(found))


def _lenient(text: str) -> Any:
    """Parses arguments that should be JSON; an empty text is an empty object.

    Some gateways put `{}` in front, send the object twice, add a control token or omit the last bracket. The first
    object that is not empty counts.
    """
    text = text.strip()
    if text in ("", "null", "None"):
        return {}
    found = _read(text)
    if found is not None or is_too_deep(text.encode(errors="replace")):
        return found
    found = read_object(text)
    if found is None and text.startswith("{"):
        found = _read(f"{text}}}") or next(filter(None, objects_in(text)), None)
    return found


def _read(text: str) -> Any:
    """Parses JSON; returns None if it cannot be parsed."""
    try:
        return _decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeEncodeError):
        return None
