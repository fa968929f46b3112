"""A session for reading that outlives its connection."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession


class ReadSession(AsyncSession):
    """Repeats a statement once, on a new connection, where its connection died under it.

    Its statements stand alone, so none depends on the one before. Objects that were read before are detached then:
    what was loaded of them stays.
    """

    async def execute(self, *args: Any, **named: Any) -> Any:
        return await self._again(super().execute, *args, **named)

    async def scalar(self, *args: Any, **named: Any) -> Any:
        return await self._again(super().scalar, *args, **named)

    async def scalars(self, *args: Any, **named: Any) -> Any:
        return await self._again(super().scalars, *args, **named)

    async def get(self, *args: Any, **named: Any) -> Any:
        return await self._again(super().get, *args, **named)

    async def get_one(self, *args: Any, **named: Any) -> Any:
        return await self._again(super().get_one, *args, **named)

    async def _again(self, read: Callable[..., Awaitable[Any]], *args: Any, **named: Any) -> Any:
        try:
            return await read(*args, **named)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        await self.close()
        return await read(*args, **named)
