"""What the server was asked and how each exchange ended, so that tests can see it."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

_KEPT = 1000


@dataclass
class Exchange:
    """One request. `end` is how it ended, empty while it goes on; `authorized` says whether a key came with it."""

    wire: str
    model: str
    body: dict[str, Any]
    authorized: bool
    end: Literal["", "finished", "refused", "cut", "client_closed"] = ""


class Recorder:
    """The latest exchanges, oldest first."""

    def __init__(self) -> None:
        self.exchanges: deque[Exchange] = deque(maxlen=_KEPT)
        self._seen: dict[str, int] = {}
        self._changed = asyncio.Condition()

    def begin(self, exchange: Exchange) -> int:
        """Keep the exchange; how many of its model came before it."""
        self.exchanges.append(exchange)
        before = self._seen.get(exchange.model, 0)
        self._seen[exchange.model] = before + 1
        return before

    async def ended(self, exchange: Exchange, end: Literal["finished", "refused", "cut", "client_closed"]) -> None:
        exchange.end = end
        await self.changed()

    async def changed(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def wait_for(self, met: Callable[[list[Exchange]], bool], seconds: float = 5.0) -> list[Exchange]:
        """The exchanges as soon as they meet the condition. Raises TimeoutError."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: met(list(self.exchanges)))
        return list(self.exchanges)

    def clear(self) -> None:
        self.exchanges.clear()
        self._seen.clear()

    def to_wire(self) -> list[dict[str, Any]]:
        return [asdict(exchange) for exchange in self.exchanges]
