"""Messages between processes by LISTEN and NOTIFY: any process can follow and stop a turn of another.

A notification only tells a process to look into the database at once. If one is lost, for example while a connection is
renewed, the next regular look finds the same.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from uuid import UUID

import psycopg
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from citewell.db.engine import Database
from citewell.turns.repository.notifications import listen, notify

log = structlog.get_logger(__name__)

_RECONNECT_SECONDS = 1.0


async def tell_log(connection: AsyncConnection, turns: Sequence[UUID]) -> None:
    """Tells other processes, when the transaction commits, that these turns have new entries or have ended."""
    if turns:
        await notify(connection, "log", turns)


class PubSub:
    """The connection on which this process listens.

    `on_watch` and `on_stop` are called with the ids of turns, which may run in any process.
    """

    def __init__(self, database: Database, on_watch: Callable[[UUID], None], on_stop: Callable[[UUID], None]) -> None:
        self._database = database
        self._handlers = {"watch": on_watch, "stop": on_stop, "log": self._wake}
        self._waiting: dict[UUID, set[asyncio.Event]] = defaultdict(set)

    async def run(self) -> None:
        """Listens until cancelled. Reconnects when the database restarts."""
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError) as error:
                log.warning("turn_pubsub_interrupted", reason=str(error).split("\n", 1)[0])
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _listen(self) -> None:
        async with await psycopg.AsyncConnection.connect(self._database.libpq_url, autocommit=True) as connection:
            async for kind, subject in listen(connection):
                handler = self._handlers.get(kind)  # None for kinds that only a newer version knows
                if handler is not None:
                    handler(UUID(subject))

    async def watch(self, turn_id: UUID) -> None:
        """Asks the process that runs the turn to notify of each new entry at once."""
        await self._tell("watch", turn_id)

    async def stop(self, turn_id: UUID) -> None:
        """Asks the process that runs the turn to check whether a user stopped it."""
        await self._tell("stop", turn_id)

    async def _tell(self, kind: str, turn_id: UUID) -> None:
        async with self._database.autocommit() as connection:
            await notify(connection, kind, [turn_id])

    @contextlib.asynccontextmanager
    async def news(self, turn_id: UUID) -> AsyncIterator[asyncio.Event]:
        """Yields an event that is set whenever the stored log of the turn may have new entries."""
        changed = asyncio.Event()
        self._waiting[turn_id].add(changed)
        try:
            yield changed
        finally:
            self._waiting[turn_id].discard(changed)
            if not self._waiting[turn_id]:
                del self._waiting[turn_id]

    def _wake(self, turn_id: UUID) -> None:
        for changed in self._waiting.get(turn_id, ()):
            changed.set()
