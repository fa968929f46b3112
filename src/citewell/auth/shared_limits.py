"""Rate limits over all servers, which exchange the counts of their buckets through the database.

A server sends the counts of all used buckets in one statement, once a second. It sends them at once when a bucket has
allowed a sixteenth of its size, so a caller exceeds the limit by at most that share for each server. While the database
is away, each server counts for itself.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import Hashable
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from citewell.auth import repository
from citewell.auth.buckets import Buckets
from citewell.db.engine import Database

log = structlog.get_logger(__name__)

_EXCHANGE_SECONDS = 1.0  # between two exchanges
_URGENT_PARTS = 16  # counts are sent at once when a bucket has allowed one of so many parts of its size
_AT_ONCE = 2000  # buckets in one statement
_FORGET_EVERY = 60  # exchanges


class SharedLimits:
    """Synchronises the buckets of this process with those of all others."""

    def __init__(self, database: Database, buckets: Buckets) -> None:
        self._database = database
        self._buckets = buckets
        self._is_used, self._is_urgent = asyncio.Event(), asyncio.Event()
        self._told = 0
        buckets.on_use = self._note

    async def run(self) -> None:
        """Exchange counts with the other servers until cancelled."""
        while True:
            await self._is_used.wait()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._is_urgent.wait(), _EXCHANGE_SECONDS)
            self._is_used.clear()
            self._is_urgent.clear()
            try:
                await self.tell()
            except (SQLAlchemyError, OSError) as error:
                log.warning("rate_limits_not_shared", reason=str(error).split("\n", 1)[0])
                await asyncio.sleep(_EXCHANGE_SECONDS)

    async def tell(self) -> None:
        """Writes what was used since the last call, and sets the buckets to the use of all servers together."""
        used = self._buckets.drain()
        keys = {_id_of(key): key for key in used}
        interval, longest = self._buckets.interval, self._buckets.burst * self._buckets.interval
        ids = sorted(keys)
        for first in range(0, len(ids), _AT_ONCE):
            some = ids[first : first + _AT_ONCE]
            seconds_used = [used[keys[one]] * interval for one in some]
            async with self._database.autocommit() as connection:
                rows = await repository.use_buckets(connection, some, seconds_used, longest)
            for one, seconds in rows:
                self._buckets.align(keys[one], seconds)
        self._told += 1
        if self._told % _FORGET_EVERY == 0:
            async with self._database.autocommit() as connection:
                await repository.delete_full_buckets(connection)

    def _note(self, pending: int) -> None:
        self._is_used.set()
        if pending * _URGENT_PARTS >= self._buckets.burst:
            self._is_urgent.set()


def _id_of(key: Hashable) -> UUID:
    """Returns the key's id, which is the same on every server. It is a hash of token digests and peer addresses."""
    return key if isinstance(key, UUID) else UUID(bytes=hashlib.sha256(repr(key).encode()).digest()[:16])
