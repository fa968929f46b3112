"""HTTP connections with limits that hold before a request is known: time, size and number for one peer.

uvicorn closes idle connections only between requests. A connection with half a header or half a body would stay open as
long as the client likes, and hold a file descriptor.
"""

import asyncio
import math
import resource
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

log = structlog.get_logger(__name__)

HEAD_SECONDS = 15.0  # from the start of a connection, or of a request on it, to the end of the header
BODY_SECONDS = 30.0  # longest silence of a client within a body
BODY_GRACE_SECONDS = 60.0  # for which a body may come at any speed
ENDING_SECONDS = 2.0  # for an answer that is being sent when the server ends
MAX_HEAD_BYTES = 64 * 1024
_WANTED_DESCRIPTORS = 65_536
_LOW_DESCRIPTORS = 4096
_RESERVED_DESCRIPTORS = 256  # kept for the database, files and other peers


class BoundedProtocol(HttpToolsProtocol):
    """Closes connections that are too slow, that send too long a header, or that exceed the limit of one peer.

    A body may take BODY_GRACE_SECONDS and a second for each `body_rate` of its bytes; 0 sets no limit. Time in which
    the server itself reads nothing does not count.
    """

    def __init__(
        self,
        *arguments: Any,
        per_peer: int,
        peers: Counter[str],
        body_rate: int,
        clock: Callable[[], float],
        **more: Any,
    ) -> None:
        super().__init__(*arguments, **more)
        self._per_peer = per_peer
        self._peers = peers
        self._body_rate = body_rate
        self._clock = clock
        self._body_bytes, self._body_seconds = 0, 0.0
        self._last_piece: float | None = None  # when the client could send the next one
        self._peer = ""
        self._deadline: asyncio.TimerHandle | None = None
        self._in_head = True
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._peer = self.client[0] if self.client else ""
        self._peers[self._peer] += 1
        if self._peers[self._peer] > self._per_peer:
            transport.abort()
            return
        self._wait(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._peers[self._peer] -= 1
        if not self._peers[self._peer]:
            del self._peers[self._peer]
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head_bytes += len(data)
            if self._deadline is None:
                self._wait(HEAD_SECONDS)
        elif self._deadline is not None:
            self._wait(BODY_SECONDS)
            if self._body_is_slow(len(data)):
                self.transport.abort()
                return
        super().data_received(data)
        if self.flow is not None and self.flow.read_paused:
            self._last_piece = None
        if self._in_head and self._head_bytes > MAX_HEAD_BYTES:
            self.transport.abort()

    def _body_is_slow(self, size: int) -> bool:
        """Whether the body took too long so far, with this further piece."""
        now = self._clock()
        if self._last_piece is not None:
            self._body_seconds += now - self._last_piece
        self._last_piece = now
        self._body_bytes += size
        allowed = BODY_GRACE_SECONDS + self._body_bytes / self._body_rate if self._body_rate else math.inf
        return self._body_seconds > allowed

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._body_bytes, self._body_seconds, self._last_piece = 0, 0.0, self._clock()
        self._wait(BODY_SECONDS)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._stop_waiting()
        self._in_head, self._head_bytes = True, 0
        super().on_message_complete()

    def shutdown(self) -> None:
        """Begins to end the connection, because the server ends.

        An answer that is being sent, such as a download, is cut off after ENDING_SECONDS, however slowly its client
        reads. A request that is still coming in, or being worked on, goes on.
        """
        super().shutdown()
        self.loop.call_later(ENDING_SECONDS, self._cut_off, self._is_sending)

    @property
    def _is_sending(self) -> bool:
        return self.cycle is None or self.cycle.response_started

    def _cut_off(self, was_sending: bool) -> None:
        if was_sending:
            self.transport.abort()
        elif not self.transport.is_closing():
            self.loop.call_later(ENDING_SECONDS, self._cut_off, self._is_sending)

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(seconds, self._close_slow)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _close_slow(self) -> None:
        if self.flow.read_paused:  # the server is slow, not the client: the body waits for its handler
            self._wait(BODY_SECONDS)
            return
        self._deadline = None
        self.transport.abort()


def server_options(per_peer: int, body_rate: int, clock: Callable[[], float] = time.monotonic) -> dict[str, Any]:
    """Options of `uvicorn.Config` for bounded connections, at most `per_peer` of them from one address.

    `body_rate` is the least mean speed of a body in bytes a second.
    """
    bounded = partial(BoundedProtocol, per_peer=per_peer, peers=Counter(), body_rate=body_rate, clock=clock)
    return {"http": bounded, "ws": "none"}


def raise_descriptor_limit() -> int:
    """Raise the limit of open files to the maximum allowed, and return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _WANTED_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _WANTED_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    if soft < _LOW_DESCRIPTORS:
        log.warning("few_file_descriptors", limit=soft, advice="raise `ulimit -n`: each open connection takes one")
    return soft


def peer_limit(setting: int, descriptors: int) -> int:
    """Returns the setting, but never so many connections that one peer could take all descriptors."""
    return max(min(setting, (descriptors - _RESERVED_DESCRIPTORS) // 2), 16)
