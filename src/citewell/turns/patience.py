"""Waiting for a database that is away: a stream or a turn that has begun must not end without a word."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

_RETRY_SECONDS = 1.0

T = TypeVar("T")


async def until_database_answers(read: Callable[[], Awaitable[T]]) -> T:
    """The result of `read`, which is tried again every second while the database does not answer."""
    while True:
        try:
            return await read()
        except (SQLAlchemyError, OSError):
            await asyncio.sleep(_RETRY_SECONDS)
