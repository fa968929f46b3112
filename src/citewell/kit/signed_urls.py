"""Signed URLs, which need no token: short-lived, and valid for one file."""

import hashlib
import hmac
import time
from collections.abc import Callable

from citewell.errors import Forbidden

_ROUND_SECONDS = 300  # expiry is rounded, so that a file keeps its URL for a while and browsers cache it


class UrlSigner:
    """Signs with HMAC-SHA-256. All processes of an installation have the same key."""

    def __init__(self, key: bytes, seconds: int, clock: Callable[[], float] = time.time) -> None:
        self._key = key
        self._seconds = seconds
        self._clock = clock

    def query(self, *parts: object) -> str:
        """Returns the query string that makes a URL valid for the named parts, for `seconds` and up to five minutes
        more.
        """
        until = int(self._clock() + self._seconds)
        until += -until % _ROUND_SECONDS
        return f"expires={until}&signature={self._signature(until, parts)}"

    def check(self, expires: int, signature: str, *parts: object) -> None:
        """Raises Forbidden if the signature is not valid for these parts, or has expired."""
        if not hmac.compare_digest(signature.encode(), self._signature(expires, parts).encode()):
            raise Forbidden("The address of this file is not valid: ask for the document again.")
        if expires < self._clock():
            raise Forbidden("The address of this file has expired: ask for the document again.")

    def _signature(self, expires: int, parts: tuple[object, ...]) -> str:
        text = "\n".join(map(str, (expires, *parts)))
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()
