"""Readers of a turn: server-sent events from its log. A reader that goes away changes nothing for the turn."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import TypeVar

import msgspec
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from citewell.conversations.schemas import MessageFields, message_to_wire
from citewell.conversations.service import history
from citewell.models import Turn
from citewell.turns.entries import COMPLETED, Entry, Renderer, failed, is_terminal
from citewell.turns.log import Batch, LiveLog, TurnKey, stored_batches
from citewell.turns.runner import TurnRunner

SSE_HEADERS = {
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
}
_PING = b": ping\n\n"
_POLL_SECONDS = 1.0  # for a turn of another process, in case its notifications are lost
_AGAIN_SECONDS = 1.0
_GONE = failed("deleted", "The conversation was deleted.")

T = TypeVar("T")


async def follow(turns: TurnRunner, key: TurnKey, *, after: int = 0, delta: bool = False) -> AsyncGenerator[bytes]:
    """The events with numbers above `after`, up to the terminal one, with a ping where the turn is silent.

    A turn of this process is followed in memory, any other through the database.
    """
    renderer = Renderer(key.query_id, delta=delta)
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
            if not batches:
                yield _PING
                continue
            for batch in batches:
                seen = batch.last_seq
                news = batch
                if batch.first_seq <= after:
                    renderer.absorb(batch.entries[: after + 1 - batch.first_seq])
                    news = batch.after(after)
                ended = is_terminal(batch.entries[-1])
                if news.entries:
                    payload = await _end_payload(turns, key, news.entries[-1], live) if ended else None
                    yield renderer.render(news.first_seq, news.entries, payload)
                if ended:
                    return


async def _from_memory(turns: TurnRunner, live: LiveLog, seen: int, seconds: float) -> list[Batch]:
    """What is new, or nothing after that many seconds."""
    if not await live.wait_beyond(seen, seconds):
        return []
    batch = live.since(seen)
    if batch is not None:
        return [batch]

    async def read() -> list[Batch]:
        async with turns.resources.database.read() as session:
            return await stored_batches(session, live.key, seen)

    return await _patiently(read)  # too far behind for what is kept in memory


class _StoredLog:
    """The log of a turn that has ended or that another process runs."""

    def __init__(self, turns: TurnRunner, key: TurnKey, stack: contextlib.AsyncExitStack) -> None:
        self._turns = turns
        self._key = key
        self._stack = stack
        self._changed: asyncio.Event | None = None

    async def read(self, seen: int, seconds: float) -> list[Batch]:
        """What is new, or nothing after that many seconds."""
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            if self._changed is not None:
                self._changed.clear()
            batches = await _patiently(lambda: self._stored(seen))
            if batches or asyncio.get_running_loop().time() >= deadline:
                return batches
            if self._changed is None:
                await self._subscribe()
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), _POLL_SECONDS)

    async def _subscribe(self) -> None:
        pubsub = self._turns.pubsub
        self._changed = await self._stack.enter_async_context(pubsub.news(self._key.turn_id))
        await _patiently(lambda: pubsub.watch(self._key.turn_id))

    async def _stored(self, seen: int) -> list[Batch]:
        key = self._key
        async with self._turns.resources.database.read() as session:
            batches = await stored_batches(session, key, seen)
            if batches:
                return batches
            query = select(Turn.id).where(Turn.project_id == key.project_id, Turn.id == key.turn_id)
            exists = (await session.execute(query)).first()
        return [] if exists else [Batch(seen + 1, [_GONE])]


async def _end_payload(turns: TurnRunner, key: TurnKey, last: Entry, live: LiveLog | None) -> bytes | None:
    """The payload of the terminal event of a turn that was completed, or stopped."""
    if last["k"] != COMPLETED:
        return None

    async def read() -> Sequence[MessageFields]:
        return await history(turns.resources.database, key.project_id, key.conversation_id, up_to_query=key.query_id)

    messages = live.history if live is not None and live.history is not None else await _patiently(read)
    body = {
        "conversation_id": key.conversation_id,
        "chat_history": [message_to_wire(message) for message in messages],
        "query_id": key.query_id,
    }
    if last.get("s"):
        body["state"] = last["s"]
    return msgspec.json.encode(body)


async def _patiently(read: Callable[[], Awaitable[T]]) -> T:
    """A stream that has begun waits for a database that is away: it must not end without a word."""
    while True:
        try:
            return await read()
        except (SQLAlchemyError, OSError):
            await asyncio.sleep(_AGAIN_SECONDS)
