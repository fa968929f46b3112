"""Waits for a database that does not answer, so that a stream or turn that has begun can go on later."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

_RETRY_SECONDS = 1.0

T = TypeVar("T")


async def until_database_answers(read: Callable[[], Awaitable[T]]) -> T:
    """Returns the result of `read`, and retries it every second while the database does not answer, without limit."""
    while True:
        try:
            return await read()
        except (SQLAlchemyError, OSError):
            await asyncio.sleep(_RETRY_SECONDS)
