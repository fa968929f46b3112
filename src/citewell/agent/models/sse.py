"""Cutting a stream of bytes into the data of server-sent events."""

MAX_EVENT_BYTES = 8 * 1024 * 1024


class EventTooLarge(Exception):
    """The server sends an event without an end."""


class Splitter:
    """Feed it what each read brought; it gives the `data` of the events that are whole.

    Works on bytes, so a character that is cut in the middle is put together before anybody decodes it.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, data: bytes) -> list[bytes]:
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n" if not data.endswith(b"\r") else b"")
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > MAX_EVENT_BYTES:
            raise EventTooLarge
        events: list[bytes] = []
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(line[6:] if line.startswith(b"data: ") else line[5:])
            elif not line and self._data:
                events.append(self._data[0] if len(self._data) == 1 else b"\n".join(self._data))
                self._data.clear()
        return events
