"""Records what the server was asked and how each exchange ended, for tests."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

_MAX_EXCHANGES = 1000


@dataclass
class Exchange:
    """One request.

    `end` says how it ended and is empty while it goes on; `authorized` says whether a key came with it.
    """

    wire: str
    model: str
    body: dict[str, Any]
    authorized: bool
    end: Literal["", "finished", "refused", "cut", "client_closed"] = ""


class Recorder:
    """The latest exchanges, oldest first."""

    def __init__(self) -> None:
        self.exchanges: deque[Exchange] = deque(maxlen=_MAX_EXCHANGES)
        self._seen: dict[str, int] = {}
        self._changed = asyncio.Event()

    def begin(self, exchange: Exchange) -> int:
        """Keep the exchange; how many of its model came before it."""
        self.exchanges.append(exchange)
        before = self._seen.get(exchange.model, 0)
        self._seen[exchange.model] = before + 1
        self._tell()
        return before

    def mark_ended(self, exchange: Exchange, end: Literal["finished", "refused", "cut", "client_closed"]) -> None:
        exchange.end = end
        self._tell()

    async def wait_for(self, met: Callable[[list[Exchange]], bool], seconds: float = 60.0) -> list[Exchange]:
        """The exchanges as soon as they meet the condition. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not met(list(self.exchanges)):
                await self._changed.wait()
        return list(self.exchanges)

    def _tell(self) -> None:
        """Wake all who wait now; who waits later waits for the next change."""
        self._changed.set()
        self._changed = asyncio.Event()

    def clear(self) -> None:
        self.exchanges.clear()
        self._seen.clear()

    def to_wire(self) -> list[dict[str, Any]]:
        return [asdict(exchange) for exchange in self.exchanges]
