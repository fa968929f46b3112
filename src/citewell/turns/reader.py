"""Readers of a turn: server-sent events from its log. A reader that goes away changes nothing for the turn."""

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import msgspec

from citewell.conversations.schemas import message_to_wire
from citewell.conversations.service import history
from citewell.turns.entries import COMPLETED, Renderer
from citewell.turns.log import LiveLog, TurnKey

if TYPE_CHECKING:
    from citewell.runtime import Runtime

PING_SECONDS = 15.0
SSE_HEADERS = {
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
}
_PING = b": ping\n\n"


async def follow(runtime: "Runtime", live: LiveLog, *, delta: bool) -> AsyncIterator[bytes]:
    """The events of a turn from its beginning to its terminal event, with a ping where it is silent."""
    renderer = Renderer(live.key.query_id, delta=delta)
    seen = 0
    while True:
        if live.last_seq <= seen:
            try:
                await asyncio.wait_for(live.wait_beyond(seen), PING_SECONDS)
            except TimeoutError:
                yield _PING
                continue
        entries = live.entries[seen:]
        completed = entries[-1]["k"] == COMPLETED
        payload = await completed_payload(runtime, live.key) if completed else None
        yield renderer.render(seen + 1, entries, payload)
        seen += len(entries)
        if live.ended and seen == live.last_seq:
            return


async def completed_payload(runtime: "Runtime", key: TurnKey) -> bytes:
    """`{"conversation_id", "chat_history"}` with the history up to and with this turn."""
    async with runtime.database.sessions() as session:
        messages = await history(session, key.project_id, key.conversation_id, up_to_query=key.query_id)
    body = {
        "conversation_id": key.conversation_id,
        "chat_history": [message_to_wire(message) for message in messages],
        "query_id": key.query_id,
    }
    return msgspec.json.encode(body)
