"""Reads from a standby, such that callers always see their own writes.

A request says when its caller last wrote (`reading_for`). The standby serves the request once it has replayed the
primary's log up to a position that was read after that write. Writes of other callers may be missing as long as the
standby lags; if it lags more than the limit, the primary serves all reads.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextvars import ContextVar

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from citewell.db.direct import DirectPool

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.2
_MAX_LOOKS = 600  # looks at the primary's log
_PRIMARY = "SELECT pg_current_wal_insert_lsn() - CAST('0/0' AS pg_lsn) AS lsn"
# A promoted server has no lag: it is the primary now.
_STANDBY = """
    SELECT pg_is_in_recovery() AS is_standby, pg_last_wal_replay_lsn() - CAST('0/0' AS pg_lsn) AS lsn,
        (SELECT extversion FROM pg_extension WHERE extname = 'pg_textsearch') AS text_search
"""
_REPLICATED = (1, 2)  # the first version of pg_textsearch that replicates its index

_caller_wrote: ContextVar[float | None] = ContextVar("caller_wrote", default=None)


@contextlib.contextmanager
def reading_for(wrote: float) -> Iterator[None]:
    """Reads in the body may come from a standby that has everything up to `wrote` (monotonic clock)."""
    token = _caller_wrote.set(wrote)
    try:
        yield
    finally:
        _caller_wrote.reset(token)


class Replica:
    """One standby, or several behind one URL. `has_text_index` says whether it can search words with pg_textsearch."""

    def __init__(
        self, direct: DirectPool, engine: AsyncEngine, max_lag: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.direct = direct
        self.engine = engine
        self.has_text_index = False
        self._max_lag = max_lag
        self._clock = clock
        self._looks: deque[tuple[float, int]] = deque(maxlen=_MAX_LOOKS)  # of the primary: (time, position of its log)
        self._covers = float("-inf")  # the standby has everything that was written before
        self._was_usable = False

    @property
    def is_usable(self) -> bool:
        return self._clock() - self._covers <= self._max_lag

    @property
    def lag(self) -> float:
        """The lag in seconds; infinite while the standby has not answered."""
        return self._clock() - self._covers

    def may_serve(self) -> bool:
        """Whether the standby may serve the current reader."""
        wrote = _caller_wrote.get()
        return wrote is not None and self.is_usable and wrote < self._covers

    async def run(self, primary: DirectPool) -> None:
        """Look at both servers until cancelled."""
        while True:
            await self._look_at_primary(primary)
            await self._look_at_standby()
            if self.is_usable != self._was_usable:
                self._was_usable = self.is_usable
                log.warning("read_replica", usable=self.is_usable, lag_seconds=round(min(self.lag, 1e6), 1))
            await asyncio.sleep(LOOK_SECONDS)

    async def _look_at_primary(self, primary: DirectPool) -> None:
        moment = self._clock()
        with contextlib.suppress(SQLAlchemyError, OSError):
            [row] = await primary.fetch(_PRIMARY, {})
            self._looks.append((moment, int(row.lsn)))

    async def _look_at_standby(self) -> None:
        try:
            [row] = await self.direct.fetch(_STANDBY, {})
        except (SQLAlchemyError, OSError):
            return self.fail()
        self.has_text_index = has_replicated_index(row.text_search)
        if not row.is_standby:
            return self.fail()  # a new primary: the URL of the primary will lead to it
        replayed = int(row.lsn or 0)
        for moment, written in self._looks:
            if written <= replayed:
                self._covers = max(self._covers, moment)
        return None

    def fail(self) -> None:
        """Do not use the standby until the next look at it."""
        self._covers = float("-inf")

    async def close(self) -> None:
        await self.direct.close()
        await self.engine.dispose()


def has_replicated_index(text_search: str | None) -> bool:
    """Whether a standby can search words: by this version of pg_textsearch, or without it by the built-in BM25."""
    return text_search is None or _version(text_search) >= _REPLICATED


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in text.split(".")[:2])
