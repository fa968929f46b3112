"""A session for reading that survives the death of its connection."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sqlalchemy import CursorResult
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
        return await self.repeat(super().execute, *args, **named)

    async def scalar(self, *args: Any, **named: Any) -> Any:
        return await self.repeat(super().scalar, *args, **named)

    async def scalars(self, *args: Any, **named: Any) -> Any:
        return await self.repeat(super().scalars, *args, **named)

    async def get(self, *args: Any, **named: Any) -> Any:
        return await self.repeat(super().get, *args, **named)

    async def get_one(self, *args: Any, **named: Any) -> Any:
        return await self.repeat(super().get_one, *args, **named)

    async def repeat(self, read: Callable[..., Awaitable[Any]], *args: Any, **named: Any) -> Any:
        """Returns what `read` returns; calls it a second time if the connection died under its statement."""
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


async def run_driver_sql(session: AsyncSession, statement: str, parameters: Mapping[str, Any]) -> CursorResult[Any]:
    """Runs a statement as the driver takes it, with parameters as `%(name)s`; a ReadSession repeats it."""

    async def run() -> CursorResult[Any]:
        return await (await session.connection()).exec_driver_sql(statement, dict(parameters))

    if isinstance(session, ReadSession):
        result: CursorResult[Any] = await session.repeat(run)
        return result
    return await run()
