"""Waiting for what another task or process does, without a guess at how long that takes."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tests.processes import growing_pauses

T = TypeVar("T")
_SECONDS = 240.0  # only what never happens takes as long


async def until(look: Callable[[], Awaitable[T] | T], is_enough: Callable[[T], object] = bool) -> T:
    """Calls `look` again and again, until `is_enough` accepts what it returns. Returns that."""
    pauses = growing_pauses()
    async with asyncio.timeout(_SECONDS):
        while True:
            found = look()
            seen: T = await found if inspect.isawaitable(found) else found  # type: ignore[assignment]
            if is_enough(seen):
                return seen
            await asyncio.sleep(next(pauses))
