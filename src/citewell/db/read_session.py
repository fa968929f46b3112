"""A session for reading that outlives its connection."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession


class ReadSession(AsyncSession):
    """Repeats a statement once, on a new connection, if its connection died under it.

    With `fallback`, the session reads from a standby, and repeats on `fallback` what the standby failed to do for any
    reason.

    Statements stand alone, so none depends on the one before. Objects that were read before the repetition are
    detached: their loaded attributes stay.
    """

    fallback: AsyncEngine | None = None
    on_fallback: Callable[[], None] | None = None

    async def execute(self, *args: Any, **named: Any) -> Any:
        return await self._repeat(super().execute, *args, **named)

    async def scalar(self, *args: Any, **named: Any) -> Any:
        return await self._repeat(super().scalar, *args, **named)

    async def scalars(self, *args: Any, **named: Any) -> Any:
        return await self._repeat(super().scalars, *args, **named)

    async def get(self, *args: Any, **named: Any) -> Any:
        return await self._repeat(super().get, *args, **named)

    async def get_one(self, *args: Any, **named: Any) -> Any:
        return await self._repeat(super().get_one, *args, **named)

    async def _repeat(self, read: Callable[..., Awaitable[Any]], *args: Any, **named: Any) -> Any:
        try:
            return await read(*args, **named)
        except DBAPIError as error:
            if not error.connection_invalidated and self.fallback is None:
                raise
        await self.close()
        if self.fallback is not None:
            self.sync_session.bind, self.fallback = self.fallback.sync_engine, None
            if self.on_fallback is not None:
                self.on_fallback()
        return await read(*args, **named)
