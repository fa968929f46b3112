"""Writing the logs of all turns of this process to Postgres: a statement for many of them, five times a second."""

import asyncio
from collections.abc import Callable, Sequence
from uuid import UUID

import structlog
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from citewell.db.engine import Database
from citewell.models import TurnLog
from citewell.turns import pubsub
from citewell.turns.entries import encode_entries
from citewell.turns.log import Batch, LiveLog

log = structlog.get_logger(__name__)

WRITE_SECONDS = 0.2
# Turns in one statement: putting together that of hundreds would keep all streams waiting.
_AT_ONCE = 25
WATCHED_SECONDS = 0.05  # while another process follows one of the turns

# A turn that another process has closed takes no more entries: FOR SHARE waits for a close that is under way.
_INSERT = text(
    """
    WITH batch AS (
        SELECT * FROM unnest(
            CAST(:projects AS uuid[]), CAST(:turns AS uuid[]), CAST(:firsts AS int[]), CAST(:lasts AS int[]),
            CAST(:events AS bytea[])
        ) AS b (project_id, turn_id, first_seq, last_seq, events)
    ), mine AS (
        SELECT t.project_id, t.id FROM turns t JOIN batch b ON b.project_id = t.project_id AND b.turn_id = t.id
        WHERE t.state = 'running' AND t.owner = :owner
        FOR SHARE OF t
    )
    INSERT INTO turn_log (project_id, turn_id, first_seq, last_seq, events)
    SELECT b.* FROM batch b JOIN mine m ON m.project_id = b.project_id AND m.id = b.turn_id
    RETURNING turn_id
    """
)


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
        written = await _insert(connection, self._owner, pending)
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
    query = (
        select(TurnLog.turn_id, func.max(TurnLog.last_seq))
        .where(TurnLog.project_id.in_(projects), TurnLog.turn_id.in_(keys))
        .group_by(TurnLog.turn_id)
    )
    stored = dict((await connection.execute(query)).all())
    for live in lives:
        live.confirm(stored.get(live.key.turn_id, 0))


async def _insert(connection: AsyncConnection, owner: str, pending: Sequence[tuple[LiveLog, Batch]]) -> set[UUID]:
    """Store the batches; the turns that still belong to this process."""
    parameters = {
        "projects": [live.key.project_id for live, _ in pending],
        "turns": [live.key.turn_id for live, _ in pending],
        "firsts": [batch.first_seq for _, batch in pending],
        "lasts": [batch.last_seq for _, batch in pending],
        "events": [encode_entries(batch.entries) for _, batch in pending],
        "owner": owner,
    }
    return set(await connection.scalars(_INSERT, parameters))
