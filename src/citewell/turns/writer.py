"""Writing the logs of all turns of this process to Postgres: a statement for many of them, five times a second."""

import asyncio
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

WRITE_SECONDS = 0.2
# Turns in one statement: building one for hundreds of turns would delay all streams.
_AT_ONCE = 25
WATCHED_SECONDS = 0.05  # while another process follows one of the turns


class LogWriter:
    """Stores the logs of the turns in `live`. `lost` is called with the id of a turn that another process took over."""

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
        """Write nothing more of this turn: its end is stored together with the rest of its log."""
        self._ending.add(turn_id)
        async with self._flush:
            return

    def forget(self, turn_id: UUID) -> None:
        """The turn has ended: nothing is kept of it."""
        self._ending.discard(turn_id)

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            if not self._live:
                self._work.clear()
                await self._work.wait()
            watched = any(live.watched for live in self._live.values())
            await asyncio.sleep(WATCHED_SECONDS if watched else WRITE_SECONDS)
            try:
                async with self._flush:
                    await self._write()
            except (SQLAlchemyError, OSError) as error:
                log.warning("turn_log_postponed", turns=len(self._live), reason=str(error).split("\n", 1)[0])

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
    """Ask the database how far the logs have come whose last commit may or may not have happened."""
    if not lives:
        return
    keys = [live.key.turn_id for live in lives]
    projects = {live.key.project_id for live in lives}
    stored = await last_stored(connection, projects, keys)
    for live in lives:
        live.confirm(stored.get(live.key.turn_id, 0))
