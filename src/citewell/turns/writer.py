"""Stores the logs of all turns of this process in Postgres, several times a second, many turns in one statement."""

import asyncio
import time
from collections.abc import Callable, Sequence
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from citewell.db.engine import Database
from citewell.turns import pubsub
from citewell.turns.log import LiveLog
from citewell.turns.repository.log import last_stored, store_batches

log = structlog.get_logger(__name__)

# Between the starts of two writes. Text is stored within 0.2 seconds (docs/streaming.md) if a write takes 0.05.
WRITE_SECONDS = 0.15
# Turns in one statement. Building one for hundreds of turns would block the event loop, and so delay all streams.
_AT_ONCE = 25
WATCHED_SECONDS = 0.05  # the same while another process follows one of the turns
_SHARE = 0.25  # of the time of a slow write: the database rests as long before the next one


def pause_seconds(writing: float, *, watched: bool) -> float:
    """How long to wait for the next write after one that took `writing` seconds."""
    wanted = WATCHED_SECONDS if watched else WRITE_SECONDS
    return max(wanted - writing, min(_SHARE * writing, wanted))


class LogWriter:
    """Stores the logs of the turns in `live`. Calls `lost` with the id of a turn that another process took over."""

    def __init__(self, database: Database, owner: str, live: dict[UUID, LiveLog], lost: Callable[[UUID], None]) -> None:
        self._database = database
        self._owner = owner
        self._live = live
        self._lost = lost
        self._ending: set[UUID] = set()
        self._work = asyncio.Event()
        self._flush = asyncio.Lock()

    def wake(self) -> None:
        """Start writing: there is a new turn."""
        self._work.set()

    async def release(self, turn_id: UUID) -> None:
        """Stops writing the log of this turn, whose end is stored with the rest of the log.

        Waits for a running write.
        """
        self._ending.add(turn_id)
        async with self._flush:
            return

    def forget(self, turn_id: UUID) -> None:
        """Drops what is kept of a turn that has ended."""
        self._ending.discard(turn_id)

    async def run(self) -> None:
        """Writes until cancelled. An error of the database is logged, and the write is tried again."""
        writing = 0.0
        while True:
            if not self._live:
                self._work.clear()
                await self._work.wait()
            watched = any(live.watched for live in self._live.values())
            await asyncio.sleep(pause_seconds(writing, watched=watched))
            begun = time.monotonic()
            try:
                async with self._flush:
                    await self._write()
            except (SQLAlchemyError, OSError) as error:
                log.warning("turn_log_postponed", turns=len(self._live), reason=str(error).split("\n", 1)[0])
            writing = time.monotonic() - begun

    async def _write(self) -> None:
        mine = [live for live in self._live.values() if live.key.turn_id not in self._ending]
        async with self._database.autocommit() as connection:
            await settle_doubts(connection, [live for live in mine if live.in_doubt])
            waiting = [live for live in mine if live.unwritten.entries]
            for start in range(0, len(waiting), _AT_ONCE):
                await self._write_some(connection, waiting[start : start + _AT_ONCE])

    async def _write_some(self, connection: AsyncConnection, lives: Sequence[LiveLog]) -> None:
        pending = [(live, live.unwritten) for live in lives if live.key.turn_id not in self._ending]
        if not pending:
            return
        for live, _ in pending:
            live.in_doubt = True
        written = await store_batches(connection, self._owner, [(live.key, batch) for live, batch in pending])
        await pubsub.tell_log(connection, [live.key.turn_id for live, _ in pending if live.watched])
        for live, batch in pending:
            if live.key.turn_id in written:
                live.confirm(batch.last_seq)
            else:
                self._lost(live.key.turn_id)


async def settle_doubts(connection: AsyncConnection, lives: Sequence[LiveLog]) -> None:
    """Asks the database up to which entry it has the logs of turns whose last commit may or may not have happened."""
    if not lives:
        return
    keys = [live.key.turn_id for live in lives]
    projects = {live.key.project_id for live in lives}
    stored = await last_stored(connection, projects, keys)
    for live in lives:
        live.confirm(stored.get(live.key.turn_id, 0))
