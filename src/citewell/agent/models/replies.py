"""Reads a reply through a transport and a parser for its wire format."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol

from citewell.agent.models.transport import Transport
from citewell.agent.protocol import ModelError, ModelEvent
from citewell.agent.streams import closing


class WireReply(Protocol):
    """A parser for one reply in a wire format. `is_over` says that the reply is complete: later errors are ignored."""

    @property
    def is_over(self) -> bool: ...

    def read(self, data: bytes, events: list[ModelEvent]) -> None:
        """Parses one event of the server, and appends the model events to `events`. Raises ModelError."""
        ...

    def finish(self) -> list[ModelEvent]:
        """Returns the events at the end of the reply. Raises ModelError if the server broke off before it."""
        ...


async def read_reply(transport: Transport, body: Any, reply: WireReply) -> AsyncIterator[Sequence[ModelEvent]]:
    """Sends `body` and yields the events of the reply, one batch for each network read. Raises ModelError."""
    try:
        async with closing(transport.batches(body)) as batches:
            async for batch in batches:
                events: list[ModelEvent] = []
                try:
                    for data in batch:
                        reply.read(data, events)
                except ModelError:
                    if events:
                        yield events  # these came before the error
                    raise
                if events:
                    yield events
    except ModelError:
        if not reply.is_over:
            raise
    yield reply.finish()
