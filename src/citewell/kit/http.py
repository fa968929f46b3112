"""Requests to the HTTP services that an operator names: embedding, reranking, web search, models.

Addresses that users give are fetched by `public_http` instead, which refuses private ones.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

TRANSIENT = frozenset({408, 429, 500, 502, 503, 504, 529})  # statuses worth another attempt
MAX_WAIT = 30.0  # seconds between two attempts
_MAX_BYTES = 64 * 1024 * 1024

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True)
class Reply:
    """`retry_after` is what the server asked for, in seconds."""

    status: int
    body: bytes
    retry_after: float | None = None


class NoReply(Exception):
    """No attempt got a response. The message is the kind of the last fault, for example `TimeoutError`."""


class ReplyTooLarge(Exception):
    """The body of the response is longer than allowed."""


@dataclass
class HttpClient:
    """An HTTP client whose session is opened by its first request.

    An attempt may take `seconds`; after a transient fault a request is sent again, `attempts` times in total, with
    exponential backoff or as the server's `Retry-After` says. Redirects are not followed: they could lead to a host
    that the operator did not choose.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 20.0
    attempts: int = 1
    sleep: Sleep = asyncio.sleep
    connections: int = 100  # connections at once; 0 for any number
    options: Mapping[str, Any] = field(default_factory=dict)  # headers of the session
    _session: aiohttp.ClientSession | None = None

    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            options = {"timeout": aiohttp.ClientTimeout(total=self.seconds, connect=5), **self.options}
            connector = aiohttp.TCPConnector(limit=self.connections)
            self._session = aiohttp.ClientSession(headers=self.headers, connector=connector, **options)
        return self._session

    async def send(self, method: str, url: str, *, max_bytes: int = _MAX_BYTES, **request: Any) -> Reply:
        """Send a request and return the response, whatever its status. `request` is passed on to aiohttp: `json=`,
        `params=`.

        Raises NoReply if no attempt got a response, ReplyTooLarge for a body of more than `max_bytes`.
        """
        for attempt in range(1, self.attempts + 1):
            wait = min(2.0 ** (attempt - 1), MAX_WAIT)
            is_last = attempt == self.attempts
            try:
                async with self.session().request(method, url, allow_redirects=False, **request) as answer:
                    asked = retry_after_seconds(answer.headers.get("Retry-After"))
                    if is_last or answer.status not in TRANSIENT:
                        return Reply(answer.status, await _read(answer, max_bytes), asked)
                    wait = wait if asked is None else min(asked, MAX_WAIT)
            except (aiohttp.ClientError, TimeoutError) as error:
                if is_last:
                    raise NoReply(type(error).__name__) from error
            await self.sleep(wait)
        raise ValueError("attempts must be 1 or more")

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()


def bearer(api_key: str | None) -> dict[str, str]:
    """Returns the Authorization header with the key; empty without a key."""
    return {"Authorization": f"Bearer {api_key}"} if api_key else {}


def retry_after_seconds(header: str | None) -> float | None:
    """Returns the seconds that a `Retry-After` header (number or date) asks to wait; None if there is none."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(header).timestamp() - time.time()
        except (ValueError, OverflowError):
            return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None


async def _read(answer: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    body = bytearray()
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) > max_bytes:
            raise ReplyTooLarge
    return bytes(body)
