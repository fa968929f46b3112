"""Bounds the time that commits wait for a synchronous standby that is away.

PostgreSQL has no such bound: the statement timeout does not end this wait. While commits wait, this process refuses new
writes before they begin, so that repeating them is safe. It cancels a wait that exceeds the limit; the commit then
stands on the primary alone, and `ConfirmedConnection` raises `UnconfirmedCommit`.
"""

import asyncio
import time
from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from citewell.db.confirmed import ConfirmedConnection
from citewell.db.direct import DirectPool, WriterSlots
from citewell.kit.loops import end

log = structlog.get_logger(__name__)

# A commit that changes nothing, but goes through the log as all do.
_PROBE = "SELECT pg_logical_emit_message(true, 'citewell', '')"
# A wait is known by its connection and the start of its statement.
_WAITS = """
    SELECT current_setting('synchronous_standby_names') <> '' AS is_synchronous,
        ARRAY(SELECT pid || ' ' || query_start FROM pg_stat_activity WHERE wait_event = 'SyncRep'
            AND datname = current_database() AND usename = current_user AND query <> %(probe)s) AS waits
"""
_CANCEL = """
    SELECT pg_cancel_backend(pid) FROM pg_stat_activity
    WHERE wait_event = 'SyncRep' AND pid || ' ' || query_start = ANY(CAST(%(waits)s AS text[]))
"""


class StandbyWatch:
    """Looks at the commits of one database, of all processes with the same role.

    `limit` in seconds; 0 lets commits wait for ever. `slots` are those of the writers, which are held while a standby
    is away.
    """

    look_seconds = 1.0
    idle_seconds = 10.0  # between two looks at a server without synchronous standbys
    hold_seconds = 2.0  # a commit that waits for longer means that the standby is away

    def __init__(
        self,
        url: str,
        direct: DirectPool,
        slots: tuple[WriterSlots, ...],
        limit: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.is_holding = False
        self._url = url
        self._direct = direct
        self._slots = slots
        self._limit = limit
        self._clock = clock
        self._since: dict[str, float] = {}  # when each wait was first seen
        self._probe: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Look at the server until cancelled."""
        try:
            while True:
                is_soon = await self._look()
                await asyncio.sleep(self.look_seconds if is_soon else self.idle_seconds)
        finally:
            await self._end_probe()

    async def _look(self) -> bool:
        """Whether to look again soon."""
        try:
            [found] = await self._direct.fetch(_WAITS, {"probe": _PROBE})
            now = self._clock()
            self._since = {wait: self._since.get(wait, now) for wait in found.waits}
            late = [wait for wait, since in self._since.items() if self._limit and now - since >= self._limit]
            if late:
                await self._direct.fetch(_CANCEL, {"waits": late})
                log.warning("commits_not_confirmed", commits=len(late))
        except (SQLAlchemyError, OSError):
            await self._end_probe()
            self._set_holding(False)  # another fault, which writers see for themselves
            return True
        if any(now - since >= self.hold_seconds for since in self._since.values()):
            self._set_holding(True)
        if self.is_holding:
            self._try()
        return bool(found.is_synchronous or self.is_holding)

    def _try(self) -> None:
        """Lets writers continue as soon as an empty commit is confirmed."""
        if self._probe is None:
            self._probe = asyncio.create_task(self._commit_nothing(), name="standby-probe")
        elif self._probe.done():
            self._set_holding(self._probe.cancelled() or self._probe.exception() is not None)
            self._probe = None

    async def _end_probe(self) -> None:
        if self._probe is not None:
            await end(self._probe)
            self._probe = None

    async def _commit_nothing(self) -> None:
        # On a separate connection: the pool is only for readers now.
        async with await ConfirmedConnection.connect(self._url, autocommit=True) as connection:
            await connection.execute(_PROBE.encode())

    def _set_holding(self, is_holding: bool) -> None:
        if is_holding != self.is_holding:
            log.warning("synchronous_standby", is_away=is_holding)
        self.is_holding = is_holding
        for slots in self._slots:
            slots.is_held = is_holding
