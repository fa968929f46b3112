"""What both wire formats share when they turn a server's events into those of a model."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol

from citewell.agent.models.transport import Transport
from citewell.agent.protocol import ModelError, ModelEvent
from citewell.agent.streams import closing


class WireReply(Protocol):
    """One reply in a wire format. `is_over` says that the server told why the reply ends; later faults do not count."""

    @property
    def is_over(self) -> bool: ...

    def read(self, data: bytes, events: list[ModelEvent]) -> None:
        """Add the events of one of the server's. Raises ModelError."""
        ...

    def finish(self) -> list[ModelEvent]:
        """The events at the end. Raises ModelError where the server broke off."""
        ...


async def read_reply(transport: Transport, body: Any, reply: WireReply) -> AsyncIterator[Sequence[ModelEvent]]:
    """Yield the events of a reply to this request, those of a network read in one batch. Raises ModelError."""
    try:
        async with closing(transport.batches(body)) as batches:
            async for batch in batches:
                events: list[ModelEvent] = []
                try:
                    for data in batch:
                        reply.read(data, events)
                except ModelError:
                    if events:
                        yield events  # what came before the fault was said
                    raise
                if events:
                    yield events
    except ModelError:
        if not reply.is_over:
            raise
    yield reply.finish()
