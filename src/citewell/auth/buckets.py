"""Rate limits: a token bucket for each API token, user or peer, in the memory of one process.

`shared_limits.py` synchronises the buckets of several servers.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import NamedTuple

_MOST_KEYS = 20_000


class Verdict(NamedTuple):
    """The decision on a request.

    `remaining` further requests are allowed at once; after `reset` seconds the bucket is full again (`limit`).
    `retry_after` is 0 if the request is allowed, else the seconds until the next one is.
    """

    limit: int
    remaining: int
    reset: float
    retry_after: float


class Buckets:
    """Token buckets of `burst` requests, refilled by `per_minute`.

    A bucket is stored as the time at which it will be full again; a full bucket needs no entry. If there are too many,
    the least recently used ones are dropped, which makes them full.
    """

    def __init__(
        self,
        per_minute: float,
        burst: int,
        *,
        most_keys: int = _MOST_KEYS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.interval = self._interval = 60 / per_minute
        # Called with the number of a bucket's requests since the last `drain`.
        self.on_use: Callable[[int], None] | None = None
        self._pending: dict[Hashable, int] = {}
        self.burst = burst
        self._most_keys = most_keys
        self._clock = clock
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, key: Hashable) -> Verdict:
        moment, interval = self._clock(), self._interval
        full_at = max(self._full_at.get(key, moment), moment)
        missing = full_at + interval - moment  # seconds to fill up, with this request taken
        excess = missing - self.burst * interval
        if excess > interval * 1e-6:
            return Verdict(self.burst, 0, full_at - moment, excess)
        self._full_at[key] = full_at + interval
        self._full_at.move_to_end(key)
        self._note(key, 1)
        if len(self._full_at) > self._most_keys:
            self._full_at.popitem(last=False)
        return Verdict(self.burst, max(int(-excess / interval + 1e-6), 0), missing, 0)

    def wait(self, key: Hashable) -> float:
        """Returns the seconds until `take` would allow a request; 0 if it would now. Takes nothing."""
        moment = self._clock()
        excess = max(self._full_at.get(key, moment), moment) + self._interval - moment - self.burst * self._interval
        return excess if excess > self._interval * 1e-6 else 0.0

    def charge(self, key: Hashable, requests: int) -> None:
        """Takes further requests from the bucket, at most until it is empty."""
        moment = self._clock()
        full_at = max(self._full_at.get(key, moment), moment) + requests * self._interval
        self._full_at[key] = min(full_at, moment + self.burst * self._interval)
        self._full_at.move_to_end(key)
        self._note(key, requests)
        if len(self._full_at) > self._most_keys:
            self._full_at.popitem(last=False)

    def drain(self) -> dict[Hashable, int]:
        """Returns the number of requests that each bucket has allowed since the last call."""
        pending, self._pending = self._pending, {}
        return pending

    def align(self, key: Hashable, seconds: float) -> None:
        """Sets a bucket to be full in `seconds`, plus the time for the requests that it allowed since `drain`."""
        pending = self._pending.get(key, 0) * self._interval
        self._full_at[key] = self._clock() + min(seconds + pending, self.burst * self._interval)

    def _note(self, key: Hashable, requests: int) -> None:
        if self.on_use is not None:
            pending = self._pending[key] = self._pending.get(key, 0) + requests
            self.on_use(pending)
