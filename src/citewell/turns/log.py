"""The log of a running turn: in memory for the readers of this process, in Postgres for everything else."""

import asyncio
from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from citewell.models import TurnLog
from citewell.turns.entries import Entry, decode_entries, is_terminal
from citewell.turns.messages import MessageFields
from citewell.turns.turn import TurnKey

KEPT = 4096  # written entries that stay in memory for readers who are a little behind


class Batch(msgspec.Struct, frozen=True):
    """Consecutive entries, the first with number `first_seq`."""

    first_seq: int
    entries: Sequence[Entry]

    @property
    def last_seq(self) -> int:
        return self.first_seq + len(self.entries) - 1

    def after(self, seq: int) -> "Batch":
        """The part with numbers above `seq`."""
        skipped = max(seq + 1 - self.first_seq, 0)
        return Batch(self.first_seq + skipped, self.entries[skipped:]) if skipped else self


class LiveLog:
    """Entries by number, from 1. Appending wakes whoever waits.

    Entries that are in Postgres are let go of when there are many of them, so a long answer does not grow in memory; a
    reader who is that far behind reads them there.
    """

    def __init__(self, key: TurnKey) -> None:
        self.key = key
        self.watched = False  # whether another process follows the turn
        self.history: Sequence[MessageFields] | None = None  # the whole of it, where that is known at the end
        self.in_doubt = False  # whether the last commit may or may not have happened
        self._entries: list[Entry] = []
        self._base = 0  # entries that have been let go
        self._written = 0
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def last_seq(self) -> int:
        return self._base + len(self._entries)

    @property
    def ended(self) -> bool:
        return bool(self._entries) and is_terminal(self._entries[-1])

    def append(self, entry: Entry) -> None:
        self._entries.append(entry)
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)

    def since(self, seq: int) -> Batch | None:
        """All entries with numbers above `seq`; None if some of them are only in Postgres by now."""
        if seq < self._base:
            return None
        return Batch(seq + 1, self._entries[seq - self._base :])

    async def wait_beyond(self, seq: int, seconds: float | None = None) -> bool:
        """Whether there is an entry with a number above `seq`, waiting for one if there is none yet."""
        if self.last_seq > seq:
            return True
        # A bare future and a timer: this is awaited for every piece of an answer, by every reader.
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        self._waiting.append(waiter)
        timer = loop.call_later(seconds, _wake, waiter) if seconds is not None else None
        try:
            await waiter
        finally:
            if timer is not None:
                timer.cancel()
            if waiter in self._waiting:
                self._waiting.remove(waiter)
        return self.last_seq > seq

    @property
    def unwritten(self) -> Batch:
        return Batch(self._written + 1, self._entries[self._written - self._base :])

    def confirm(self, written: int) -> None:
        """Entries up to this number are in Postgres."""
        self._written = written
        self.in_doubt = False
        if written - self._base > 2 * KEPT:
            let_go = written - KEPT - self._base
            del self._entries[:let_go]
            self._base += let_go


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


async def stored_batches(session: AsyncSession | AsyncConnection, key: TurnKey, after: int = 0) -> list[Batch]:
    """Everything in Postgres with a number above `after`, in order; what is consecutive is one batch."""
    query = (
        select(TurnLog.first_seq, TurnLog.events)
        .where(TurnLog.project_id == key.project_id, TurnLog.turn_id == key.turn_id, TurnLog.last_seq > after)
        .order_by(TurnLog.first_seq)
    )
    rows = await session.execute(query)
    return _joined(Batch(first, decode_entries(events)).after(after) for first, events in rows)


def _joined(batches: Iterable[Batch]) -> list[Batch]:
    joined: list[Batch] = []
    for batch in batches:
        if joined and batch.first_seq == joined[-1].last_seq + 1:
            joined[-1] = Batch(joined[-1].first_seq, [*joined[-1].entries, *batch.entries])
        else:
            joined.append(batch)
    return joined
