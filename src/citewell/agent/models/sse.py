"""Splits a stream of bytes into the data of server-sent events."""

MAX_EVENT_BYTES = 8 * 1024 * 1024
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class EventTooLarge(Exception):
    """An event exceeds the size limit."""


class Splitter:
    """Splits server-sent events into their `data`.

    Works on bytes, so a character may be split between two reads. Lines end in LF, CRLF or CR. A byte order mark,
    comments and other fields are ignored. Servers may omit the empty line between events, or the field name `data:`,
    if each event is a JSON object on one line.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._size = 0
        self._after_cr = False
        self._begun = False

    def feed(self, data: bytes) -> list[bytes]:
        """Takes the bytes of one read; returns the data of the events that they complete. Raises EventTooLarge."""
        if self._after_cr or b"\r" in data:
            data = self._plain_lines(data)
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        events: list[bytes] = []
        for line in lines:
            if not self._begun:
                line, self._begun = line.removeprefix(_BYTE_ORDER_MARK), True
            if line.startswith(b"data:"):
                self._add(line[6:] if line.startswith(b"data: ") else line[5:], events)
            elif not line:
                self._end_event(events)
            elif line[:1] == b"{":
                self._add(line, events)
        if self._size + len(self._rest) > MAX_EVENT_BYTES:
            raise EventTooLarge
        return events

    def finish(self) -> list[bytes]:
        """Ends the stream; returns the last event if no empty line followed it."""
        events: list[bytes] = []
        rest = self._rest.removeprefix(_BYTE_ORDER_MARK)
        if rest.startswith(b"data:"):
            self._add(rest.removeprefix(b"data:").lstrip(), events)
        elif rest[:1] == b"{":
            self._add(rest, events)
        self._rest = b""
        self._end_event(events)
        return [event for event in events if event.startswith(b"[DONE]") or _is_object(event)]

    def _add(self, data: bytes, events: list[bytes]) -> None:
        if self._data and _is_object(self._data[-1]) and data[:1] in (b"{", b"["):
            self._end_event(events)  # in one JSON text, no object follows another directly
        self._data.append(data)
        self._size += len(data)

    def _end_event(self, events: list[bytes]) -> None:
        if self._data:
            events.append(self._data[0] if len(self._data) == 1 else b"\n".join(self._data))
            self._data.clear()
            self._size = 0

    def _plain_lines(self, data: bytes) -> bytes:
        """Returns the data with LF as the only line end. A CRLF may be split between two reads."""
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]
            self._after_cr = False
        if data:
            self._after_cr = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _is_object(data: bytes) -> bool:
    return data[:1] == b"{" and data.rstrip().endswith(b"}")
