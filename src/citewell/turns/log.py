"""The log of a running turn: in memory for the readers of this process, in Postgres for everything else.

A process that was stopped for a while (a debugger, a paused machine) may wake after another process has closed its
turns. So entries are shown before they are stored only while the lease is certain; without it readers see what is
stored, and nothing that the history will not have.
"""

import asyncio
import time
from collections.abc import Callable, Sequence

import msgspec

from citewell.turns.entries import Entry
from citewell.turns.messages import MessageFields
from citewell.turns.turn import TurnKey

KEPT = 4096  # written entries that stay in memory for readers who are a little behind


class Batch(msgspec.Struct, frozen=True):
    """Consecutive entries, the first with number `first_seq`."""

    first_seq: int
    entries: Sequence[Entry]

    @property
    def last_seq(self) -> int:
        """The number of its last entry."""
        return self.first_seq + len(self.entries) - 1

    def after(self, seq: int) -> "Batch":
        """The part with numbers above `seq`."""
        skipped = max(seq + 1 - self.first_seq, 0)
        return Batch(self.first_seq + skipped, self.entries[skipped:]) if skipped else self


class LiveLog:
    """Entries by number, from 1. Appending wakes whoever waits.

    Entries that are in Postgres are let go of when there are many of them, so a long answer does not grow in memory; a
    reader who is that far behind reads them there. Until `leased_until` (in the seconds of `clock`, which only rise)
    no other process can have closed the turn.
    """

    def __init__(self, key: TurnKey, leased_until: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.key = key
        self.watched = False  # whether another process follows the turn
        self.history: Sequence[MessageFields] | None = None  # the whole of it, where that is known at the end
        self.in_doubt = False  # whether the last commit may or may not have happened
        self._leased_until = leased_until
        self._clock = clock
        self._entries: list[Entry] = []
        self._base = 0  # entries that have been let go
        self._written = 0
        self._end: Batch | None = None
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def last_seq(self) -> int:
        """The number of the last entry, whether it may be shown or not."""
        return self._end.last_seq if self._end is not None else self._base + len(self._entries)

    @property
    def _shown_seq(self) -> int:
        """The number of the last entry that a reader may see."""
        return self.last_seq if self._end is not None or self._clock() < self._leased_until else self._written

    def append(self, entry: Entry) -> None:
        """Add an entry, and wake whoever waits for one."""
        self._entries.append(entry)
        self._wake()

    def end(self, entries: Sequence[Entry]) -> None:
        """Ends the log with these entries. Earlier entries that were not stored are no longer shown to new readers."""
        first_seq = self.last_seq + 1
        del self._entries[max(self._written - self._base, 0) :]
        self._end = Batch(first_seq, entries)
        self._wake()

    def since(self, seq: int) -> list[Batch] | None:
        """The entries with numbers above `seq` that may be shown; None if some of them are only in Postgres."""
        if seq < self._base:
            return None
        last = self._written if self._end is not None else self._shown_seq
        batches = [Batch(seq + 1, self._entries[seq - self._base : max(last - self._base, 0)])]
        if self._end is not None:
            batches.append(self._end.after(seq))
        return [batch for batch in batches if batch.entries]

    async def wait_beyond(self, seq: int, seconds: float | None = None) -> bool:
        """Wait until an entry above `seq` may be shown. Returns False after `seconds` without one (None: no limit)."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds if seconds is not None else None
        while self._shown_seq <= seq:
            if deadline is not None and loop.time() >= deadline:
                return False
            await self._woken(deadline)
        return True

    async def _woken(self, deadline: float | None) -> None:
        # A bare future and a timer: this is awaited for every piece of an answer, by every reader.
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        self._waiting.append(waiter)
        timer = loop.call_at(deadline, _wake, waiter) if deadline is not None else None
        try:
            await waiter
        finally:
            if timer is not None:
                timer.cancel()
            if waiter in self._waiting:
                self._waiting.remove(waiter)

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            _wake(waiter)

    @property
    def unwritten(self) -> Batch:
        """The entries that are not known to be in Postgres."""
        return Batch(self._written + 1, self._entries[self._written - self._base :])

    def renew(self, leased_until: float) -> None:
        """Set until when no other process can close the turn, in seconds of the clock."""
        self._leased_until = leased_until
        self._wake()

    def confirm(self, written: int) -> None:
        """Note that the entries up to this number are in Postgres, and let old ones go."""
        self._written = written
        self.in_doubt = False
        if written - self._base > 2 * KEPT:
            let_go = written - KEPT - self._base
            del self._entries[:let_go]
            self._base += let_go
        if self._clock() >= self._leased_until:
            self._wake()


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
