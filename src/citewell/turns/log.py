"""The log of a running turn: in memory for the readers of this process, in Postgres for everything else."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import TurnLog
from citewell.turns.entries import Entry, decode_entries, encode_entries, is_terminal


@dataclass(frozen=True)
class TurnKey:
    project_id: UUID
    turn_id: UUID
    conversation_id: UUID
    query_id: int


class LiveLog:
    """Entries by number, from 1. Appending wakes whoever waits; what is not yet in Postgres is `unwritten`."""

    def __init__(self, key: TurnKey) -> None:
        self.key = key
        self.entries: list[Entry] = []
        self._written = 0
        self._in_doubt = False
        self._changed = asyncio.Event()

    @property
    def last_seq(self) -> int:
        return len(self.entries)

    @property
    def ended(self) -> bool:
        return bool(self.entries) and is_terminal(self.entries[-1])

    def append(self, entry: Entry) -> None:
        self.entries.append(entry)
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def wait_beyond(self, seq: int) -> None:
        """Return when there is an entry with a number above `seq`."""
        while self.last_seq <= seq:
            await self._changed.wait()

    async def write(self, session: AsyncSession, more: Sequence[Entry] = ()) -> int:
        """Insert what Postgres does not have yet, then `more`; the number to `confirm` once it is committed."""
        if self._in_doubt:
            # The last commit may or may not have happened: only the database knows.
            self._written = await last_stored(session, self.key)
        self._in_doubt = True
        batch = [*self.entries[self._written :], *more]
        if batch:
            row = {
                "project_id": self.key.project_id,
                "turn_id": self.key.turn_id,
                "first_seq": self._written + 1,
                "last_seq": self._written + len(batch),
                "events": encode_entries(batch),
            }
            await session.execute(insert(TurnLog), [row])
        return self._written + len(batch)

    def confirm(self, written: int) -> None:
        self._written = written
        self._in_doubt = False

    @property
    def unwritten(self) -> int:
        return len(self.entries) - self._written


async def last_stored(session: AsyncSession, key: TurnKey) -> int:
    """The number of the newest entry in Postgres, 0 where there is none."""
    query = select(func.coalesce(func.max(TurnLog.last_seq), 0)).where(
        TurnLog.project_id == key.project_id, TurnLog.turn_id == key.turn_id
    )
    return (await session.scalars(query)).one()


async def stored_entries(session: AsyncSession, key: TurnKey, after: int = 0) -> list[tuple[int, Entry]]:
    """(number, entry) of everything in Postgres with a number above `after`, in order."""
    query = (
        select(TurnLog)
        .where(TurnLog.project_id == key.project_id, TurnLog.turn_id == key.turn_id, TurnLog.last_seq > after)
        .order_by(TurnLog.first_seq)
    )
    numbered = [
        (row.first_seq + index, entry)
        for row in await session.scalars(query)
        for index, entry in enumerate(decode_entries(row.events))
    ]
    return [(seq, entry) for seq, entry in numbered if seq > after]
