"""Readers of a turn. The turn goes on when a reader disconnects."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence

from citewell.turns.database_wait import until_database_answers
from citewell.turns.entries import COMPLETED, failed, is_terminal
from citewell.turns.log import Batch, LiveLog
from citewell.turns.messages import MessageFields
from citewell.turns.render import Renderer
from citewell.turns.repository.history import history
from citewell.turns.repository.leases import has_turn
from citewell.turns.repository.log import stored_batches
from citewell.turns.runner import TurnRunner
from citewell.turns.turn import TurnKey

SSE_HEADERS = {
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
}
_POLL_SECONDS = 1.0  # between looks at the log of another process's turn, in case a notification is lost
_GONE = failed("deleted", "The conversation was deleted.")


async def read_log(turns: TurnRunner, key: TurnKey) -> AsyncGenerator[Batch | None]:
    """Yields the entries (see `entries`) up to the terminal one, and None after `stream_ping_seconds` without one.

    A turn of this process is read from memory, a turn of another process from the database. When this server shuts
    down, the log of another process's turn ends early: the client then continues at another server.
    """
    silence = turns.resources.settings.stream_ping_seconds
    seen = 0
    async with contextlib.AsyncExitStack() as stack:
        live = turns.live.get(key.turn_id)
        stored = None if live is not None else _StoredLog(turns, key, stack)
        while True:
            if live is not None:
                batches = await _from_memory(turns, live, seen, silence)
            else:
                assert stored is not None
                batches = await stored.read(seen, silence)
            if not batches and stored is not None and turns.hands_over:
                return
            if not batches:
                yield None
            for batch in batches:
                seen = batch.last_seq
                yield batch
                if is_terminal(batch.entries[-1]):
                    return


async def follow(turns: TurnRunner, key: TurnKey, renderer: Renderer, *, after: int = 0) -> AsyncGenerator[bytes]:
    """Yields the rendered events above number `after` up to the last one, and pings while there is no new entry."""
    live = turns.live.get(key.turn_id)
    async with contextlib.aclosing(read_log(turns, key)) as batches:
        async for batch in batches:
            if batch is None:
                yield renderer.ping
                continue
            news = batch
            if batch.first_seq <= after:
                renderer.absorb(batch.entries[: after + 1 - batch.first_seq])
                news = batch.after(after)
            if news.entries:
                shown = await _history(turns, key, live) if renderer.shows_history and _completes(news) else None
                yield renderer.render(news.first_seq, news.entries, shown)


async def until_ended(turns: TurnRunner, key: TurnKey) -> None:
    """Waits until the turn has ended, in this process or another."""
    async with contextlib.aclosing(read_log(turns, key)) as batches:
        async for _ in batches:
            pass


def _completes(batch: Batch) -> bool:
    kind: str = batch.entries[-1]["k"]
    return kind == COMPLETED


async def _history(turns: TurnRunner, key: TurnKey, live: LiveLog | None) -> Sequence[MessageFields]:
    """Returns the conversation's messages up to the end of the turn."""
    if live is not None and live.history is not None:
        return live.history
    database = turns.resources.database
    return await until_database_answers(
        lambda: history(database, key.project_id, key.conversation_id, up_to_query=key.query_id)
    )


async def _from_memory(turns: TurnRunner, live: LiveLog, seen: int, seconds: float) -> list[Batch]:
    """Returns the new entries; none after `seconds` without one."""
    if not await live.wait_beyond(seen, seconds):
        return []
    batches = live.since(seen)
    if batches is not None:
        return batches

    async def read() -> list[Batch]:
        async with turns.resources.database.read() as session:
            return await stored_batches(session, live.key, seen)

    return await until_database_answers(read)  # too far behind for what is kept in memory


class _StoredLog:
    """The log of a turn that has ended or that another process runs."""

    def __init__(self, turns: TurnRunner, key: TurnKey, stack: contextlib.AsyncExitStack) -> None:
        self._turns = turns
        self._key = key
        self._stack = stack
        self._changed: asyncio.Event | None = None

    async def read(self, seen: int, seconds: float) -> list[Batch]:
        """Returns the new entries; none after `seconds` without one."""
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            if self._changed is not None:
                self._changed.clear()
            batches = await until_database_answers(lambda: self._stored(seen))
            if batches or self._turns.hands_over or asyncio.get_running_loop().time() >= deadline:
                return batches
            if self._changed is None:
                await self._subscribe()
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), _POLL_SECONDS)

    async def _subscribe(self) -> None:
        pubsub = self._turns.pubsub
        self._changed = await self._stack.enter_async_context(pubsub.news(self._key.turn_id))
        await until_database_answers(lambda: pubsub.watch(self._key.turn_id))

    async def _stored(self, seen: int) -> list[Batch]:
        key = self._key
        async with self._turns.resources.database.read() as session:
            batches = await stored_batches(session, key, seen)
            if batches:
                return batches
            is_known = await has_turn(session, key)
        return [] if is_known else [Batch(seen + 1, [_GONE])]
