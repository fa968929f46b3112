"""HTTP connections with limits that hold before a request is known: time, size and number for one peer.

uvicorn closes idle connections only between requests. A connection with half a header or half a body would stay open as
long as the client likes, and hold a file descriptor.
"""

import asyncio
import resource
from collections import Counter
from functools import partial
from typing import Any

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

log = structlog.get_logger(__name__)

HEAD_SECONDS = 15.0  # from the start of a connection, or of a request on it, to the end of the header
BODY_SECONDS = 30.0  # longest silence of a client within a body
MAX_HEAD_BYTES = 64 * 1024
_WANTED_DESCRIPTORS = 65_536
_LOW_DESCRIPTORS = 4096
_RESERVED_DESCRIPTORS = 256  # kept for the database, files and other peers


class BoundedProtocol(HttpToolsProtocol):
    """Closes connections that are too slow, that send too long a header, or that exceed the limit of one peer."""

    def __init__(self, *arguments: Any, per_peer: int, peers: Counter[str], **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._per_peer = per_peer
        self._peers = peers
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
        super().data_received(data)
        if self._in_head and self._head_bytes > MAX_HEAD_BYTES:
            self.transport.abort()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._wait(BODY_SECONDS)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._stop_waiting()
        self._in_head, self._head_bytes = True, 0
        super().on_message_complete()

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


def server_options(per_peer: int) -> dict[str, Any]:
    """Options of `uvicorn.Config` for bounded connections, at most `per_peer` of them from one address."""
    return {"http": partial(BoundedProtocol, per_peer=per_peer, peers=Counter()), "ws": "none"}


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
