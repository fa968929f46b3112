"""Leases of turns. Each process renews the leases of its turns, and closes turns whose process has died.

A closed turn keeps the text that it had. Times come from the database's clock and from this process's monotonic clock,
so a change of this machine's clock closes no turn. Neither does a jump of the database's clock: an expired lease must
also have stayed unchanged for longer than a living process needs to renew it.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from citewell.db.engine import Database
from citewell.turns import entries, pubsub
from citewell.turns.log import Batch, LiveLog
from citewell.turns.messages import Outcome
from citewell.turns.repository import leases
from citewell.turns.repository.closing import close_turn, next_position
from citewell.turns.repository.log import stored_batches
from citewell.turns.turn import TurnKey

log = structlog.get_logger(__name__)

# Readers of the dead process may have seen entries that it had not stored yet. The closing entries are numbered far
# above these, so that the numbers a reader sees always increase.
_SEQ_GAP = 1_000_000
_CODE = "server_died"
_MESSAGE = "The server that was answering stopped working: what it had said is kept, ask again."
_RENEWALS = 5  # of each lease before it expires
# The share of a lease for which its owner may rely on it: nobody closes a turn before that (see `_is_dead`).
_TRUSTED = 2 / _RENEWALS
_AT_ONCE = 100


def trusted_until(asked: float, seconds: float) -> float:
    """Returns until when the owner may rely on a lease of `seconds`, requested at `asked` of the same clock."""
    return asked + _TRUSTED * seconds


class Leases:
    """Renews the leases of the turns in `live`, calls `stop` for turns that users stopped, and closes dead turns.

    `clock` is a monotonic clock in seconds.
    """

    def __init__(
        self,
        database: Database,
        owner: str,
        live: Mapping[UUID, LiveLog],
        stop: Callable[[UUID], None],
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._owner = owner
        self._live = live
        self._stop = stop
        self._seconds = seconds
        self._clock = clock
        self._seen: dict[UUID, tuple[Any, float]] = {}  # (end of the lease, when this end was first seen)
        self._hurry = asyncio.Event()

    def hurry(self) -> None:
        """Makes `run` look for stopped turns at once instead of at the next renewal."""
        self._hurry.set()

    async def run(self) -> None:
        """Renews leases, stops turns that users stopped, and closes dead turns, until cancelled."""
        while True:
            self._hurry.clear()
            try:
                await self._renew()
                await self.close_dead()
            except (SQLAlchemyError, OSError) as error:
                log.warning("lease_postponed", reason=str(error).split("\n", 1)[0])
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), self._seconds / _RENEWALS)

    async def _renew(self) -> None:
        mine = list(self._live)
        if not mine:
            return
        leased_until = trusted_until(self._clock(), self._seconds)
        async with self._database.autocommit() as connection:
            rows = await leases.renew(connection, self._owner, mine, self._seconds)
        for turn_id, cancel_requested in rows:
            if turn_id in self._live:
                self._live[turn_id].renew(leased_until)
            if cancel_requested:
                self._stop(turn_id)

    async def close_dead(self) -> int:
        """Closes the turns whose processes have died. Returns their number."""
        async with self._database.autocommit() as connection:
            rows = await leases.list_running(connection, _AT_ONCE)
        now = self._clock()
        self._seen = {row.id: self._first_seen(row, now) for row in rows}
        dead = [row for row in rows if row.id not in self._live and self._is_dead(row, now)]
        for row in dead:
            await self._close(TurnKey(row.project_id, row.id, row.conversation_id, row.query_id), row.owner)
        return len(dead)

    def _first_seen(self, row: Any, now: float) -> tuple[Any, float]:
        known = self._seen.get(row.id)
        return known if known is not None and known[0] == row.lease_until else (row.lease_until, now)

    def _is_dead(self, row: Any, now: float) -> bool:
        unchanged = now - self._seen[row.id][1]
        # Expired, and unchanged for two missed renewals. If the clock was set back: unchanged for a whole lease.
        return unchanged >= (_TRUSTED * self._seconds if row.expired else self._seconds)

    async def _close(self, key: TurnKey, owner: str) -> None:
        async with self._database.autocommit() as connection:
            stored = await stored_batches(connection, key)
            outcome = Outcome("failed", _entries_of(stored), error_code=_CODE, error=_MESSAGE)
            now = await leases.read_clock(connection)
            messages = outcome.new_messages(key.query_id, now)
            seq = (stored[-1].last_seq if stored else 0) + _SEQ_GAP
            end = Batch(seq, [entries.failed(_CODE, _MESSAGE)])
            position = await next_position(connection, key)
            if not await close_turn(self._database, key, outcome, messages, position, end):
                return
            await pubsub.tell_log(connection, [key.turn_id])
        log.info("turn_taken_over", turn=str(key.turn_id), owner=owner)


def _entries_of(stored: list[Batch]) -> list[tuple[str, str, dict[str, Any]]]:
    """Returns the last answer text in the log as (type, content, extra) of a message of the history."""
    text: list[str] = []
    for batch in stored:
        for entry in batch.entries:
            if entry["k"] == entries.START:
                text.clear()
            elif entry["k"] == entries.TEXT:
                text.append(entry["d"])
    if not text:
        return []
    extra = {"state": "failed", "used_tokens_input": 0, "used_tokens_output": 0, "citations": []}
    return [("message", "".join(text), extra)]
