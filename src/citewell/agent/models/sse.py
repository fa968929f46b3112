"""Cutting a stream of bytes into the data of server-sent events."""

MAX_EVENT_BYTES = 8 * 1024 * 1024
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class EventTooLarge(Exception):
    """The server sends an event without an end."""


class Splitter:
    """Feed it what each read brought; it gives the `data` of the events that are whole.

    Works on bytes, so a character that is cut in the middle is put together before anybody decodes it. Lines end in LF,
    CRLF or CR; comments and other fields are passed over, and so is a byte order mark. Servers that leave out the empty
    line between events, or the word `data:`, are understood where each event is a JSON object of one line. Raises
    EventTooLarge.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._size = 0
        self._after_cr = False
        self._begun = False

    def feed(self, data: bytes) -> list[bytes]:
        """Returns the data of the events that have become whole. Raises EventTooLarge."""
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
        """Returns the last event, where the stream ends without the empty line after it."""
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
            self._end_event(events)  # no JSON has these two next to each other
        self._data.append(data)
        self._size += len(data)

    def _end_event(self, events: list[bytes]) -> None:
        if self._data:
            events.append(self._data[0] if len(self._data) == 1 else b"\n".join(self._data))
            self._data.clear()
            self._size = 0

    def _plain_lines(self, data: bytes) -> bytes:
        """The data with LF as the only line end. A CRLF may be cut in two by the reads."""
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]
            self._after_cr = False
        if data:
            self._after_cr = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _is_object(data: bytes) -> bool:
    return data[:1] == b"{" and data.rstrip().endswith(b"}")
