"""Cutting a stream of bytes into the data of server-sent events."""

MAX_EVENT_BYTES = 8 * 1024 * 1024


class EventTooLarge(Exception):
    """The server sends an event without an end."""


class Splitter:
    """Feed it what each read brought; it gives the `data` of the events that are whole.

    Works on bytes, so a character that is cut in the middle is put together before anybody decodes it. Lines end in LF,
    CRLF or CR; comments and other fields are passed over. Raises EventTooLarge.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._size = 0
        self._after_cr = False

    def feed(self, data: bytes) -> list[bytes]:
        if self._after_cr or b"\r" in data:
            data = self._plain_lines(data)
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        events: list[bytes] = []
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(line[6:] if line.startswith(b"data: ") else line[5:])
                self._size += len(line)
            elif not line and self._data:
                events.append(self._data[0] if len(self._data) == 1 else b"\n".join(self._data))
                self._data.clear()
                self._size = 0
        if self._size + len(self._rest) > MAX_EVENT_BYTES:
            raise EventTooLarge
        return events

    def _plain_lines(self, data: bytes) -> bytes:
        """The data with LF as the only line end. A CRLF may be cut in two by the reads."""
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]
            self._after_cr = False
        if data:
            self._after_cr = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
