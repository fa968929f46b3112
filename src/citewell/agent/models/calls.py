"""Tool calls, put together from the pieces in which they stream in."""

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
        """The arguments; the last piece where each piece repeats what came before it, as some servers send them."""
        whole, last = "".join(self.arguments), self.arguments[-1]
        is_repeated = len(self.arguments) > 1 and all(
            two.startswith(one) for one, two in pairwise(self.arguments) if one
        )
        return last if is_repeated and _is_object(last) else whole

    def is_whole(self) -> bool:
        """Whether the arguments so far are a JSON object: whatever comes behind it belongs to another call."""
        return _is_object("".join(self.arguments))


class CallPieces:
    """The calls of one reply, in the order in which they began.

    Pieces belong together by their index. Some servers give none, or the same for all calls: there a new id with a
    name begins a new call, and so does a name behind arguments that are whole.
    """

    def __init__(self) -> None:
        self._calls: list[_Pieces] = []
        self._by_index: dict[str, _Pieces] = {}

    def add(self, index: Any, call_id: Any, name: str, arguments: Any, extra: Any = None) -> None:
        """`arguments` is a piece of JSON text, or the whole as an object. Raises ModelError beyond MAX_CALLS calls."""
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
            call.name += name  # a name that comes in pieces
        call.arguments.append(piece)
        call.extra = storable(extra) if isinstance(extra, dict) else call.extra

    @property
    def is_whole(self) -> bool:
        """Whether there are calls, and all arguments have come in whole."""
        return bool(self._calls) and all(call.is_whole() for call in self._calls)

    def ready(self) -> list[ToolCallReady]:
        """The calls, each with an id of its own: results are told apart by them."""
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
    """Whether a piece begins another call than the one of its index. Some gateways give each piece an id of its own."""
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
    """The call; with a fault if its arguments are no JSON object, which small models manage.

    An object inside a JSON text, as some servers send it, is taken as the object.
    """
    arguments = storable(arguments)
    found = _lenient(arguments)
    if isinstance(found, str):
        found = _lenient(found)
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    name = storable(name)
    if isinstance(found, dict) and found.keys() == {"name", "arguments"} and found["name"] == name:
        found = found["arguments"]  # the whole call once more
    if not isinstance(found, dict) or is_too_deep(arguments.encode(errors="replace")):
        return ToolCall(call_id, name, {}, _UNREADABLE)
    return ToolCall(call_id, name, storable(found))


def _lenient(text: str) -> Any:
    """The value of a text that should be JSON; an empty object for none.

    Some gateways put `{}` in front, send it twice, or leave a control token or no bracket at the end: the first object
    that says something counts.
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
    """The value of a JSON text; None where it is none."""
    try:
        return _decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeEncodeError):
        return None
