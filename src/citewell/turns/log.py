"""The log of a running turn: in memory for the readers of this process, in Postgres for all others.

A process that was paused (by a debugger, or with its machine) may resume after another process has closed its turns.
So readers see entries that are not stored yet only while the lease is certain. After that they see stored entries
only, and nothing that the history will lack.
"""

import asyncio
import time
from collections.abc import Callable, Sequence

import msgspec

from citewell.turns.entries import Entry
from citewell.turns.messages import MessageFields
from citewell.turns.turn import TurnKey

KEPT = 4096  # stored entries that stay in memory for readers that are a little behind


class Batch(msgspec.Struct, frozen=True):
    """Consecutive entries, the first with number `first_seq`."""

    first_seq: int
    entries: Sequence[Entry]

    @property
    def last_seq(self) -> int:
        """The number of its last entry."""
        return self.first_seq + len(self.entries) - 1

    def after(self, seq: int) -> "Batch":
        """Returns the part with numbers above `seq`."""
        skipped = max(seq + 1 - self.first_seq, 0)
        return Batch(self.first_seq + skipped, self.entries[skipped:]) if skipped else self


class LiveLog:
    """Entries with numbers from 1. Appending wakes the readers that wait.

    At most KEPT entries that are in Postgres stay in memory; a reader that is further behind reads from Postgres. No
    other process can have closed the turn before `leased_until`, in seconds of `clock`, which is monotonic.
    """

    def __init__(self, key: TurnKey, leased_until: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.key = key
        self.watched = False  # whether another process follows the turn
        self.history: Sequence[MessageFields] | None = None  # all messages, if known at the end of the turn
        self.in_doubt = False  # whether it is unknown if the last commit happened
        self._leased_until = leased_until
        self._clock = clock
        self._entries: list[Entry] = []
        self._base = 0  # number of entries that are no longer in memory
        self._written = 0
        self._end: Batch | None = None
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def last_seq(self) -> int:
        """The number of the last entry, even if readers may not see it yet."""
        return self._end.last_seq if self._end is not None else self._base + len(self._entries)

    @property
    def _shown_seq(self) -> int:
        """The number of the last entry that a reader may see."""
        return self.last_seq if self._end is not None or self._clock() < self._leased_until else self._written

    def append(self, entry: Entry) -> None:
        """Adds an entry and wakes the readers."""
        self._entries.append(entry)
        self._wake()

    def end(self, entries: Sequence[Entry]) -> None:
        """Ends the log with these entries. Earlier entries that were not stored are no longer shown to new readers."""
        first_seq = self.last_seq + 1
        del self._entries[max(self._written - self._base, 0) :]
        self._end = Batch(first_seq, entries)
        self._wake()

    def since(self, seq: int) -> list[Batch] | None:
        """Returns the entries above `seq` that readers may see; None if some of them are only in Postgres."""
        if seq < self._base:
            return None
        last = self._written if self._end is not None else self._shown_seq
        batches = [Batch(seq + 1, self._entries[seq - self._base : max(last - self._base, 0)])]
        if self._end is not None:
            batches.append(self._end.after(seq))
        return [batch for batch in batches if batch.entries]

    async def wait_beyond(self, seq: int, seconds: float | None = None) -> bool:
        """Waits until readers may see an entry above `seq`. Returns False after `seconds` (None: no limit)."""
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
        """Returns the entries that are not known to be in Postgres."""
        return Batch(self._written + 1, self._entries[self._written - self._base :])

    def renew(self, leased_until: float) -> None:
        """Sets the time until which no other process can close the turn, in seconds of the clock."""
        self._leased_until = leased_until
        self._wake()

    def confirm(self, written: int) -> None:
        """Records that the entries up to this number are in Postgres, and drops old ones from memory."""
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
