"""Limits how many turns a process runs at the same time, in all and for each user."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator, Sized
from uuid import UUID

from citewell.errors import TooManyRequests
from citewell.settings import Settings


class TurnSlots:
    """Counts the turns that run or are being opened, for each user. `live` holds all turns that run."""

    def __init__(self, live: Sized, settings: Settings) -> None:
        self._live = live
        self._settings = settings
        self._of_users: Counter[UUID] = Counter()
        self._opening = 0
        self._empty = asyncio.Event()
        self._empty.set()

    def check(self, user_id: UUID) -> None:
        """Raises TooManyRequests if the limits allow no further turn of the user."""
        if len(self._live) + self._opening >= self._settings.max_turns:
            raise TooManyRequests(
                "The server is working on as many answers as it can (CITEWELL_MAX_TURNS): send again in a moment.",
                headers={"Retry-After": "5"},
            )
        limit = self._settings.max_turns_per_user
        if self._of_users[user_id] >= limit:
            raise too_many_turns(limit)

    @contextlib.contextmanager
    def opening(self, user_id: UUID) -> Iterator[None]:
        """Counts a turn as running while it is being opened, inside the block."""
        self._opening += 1
        self.enter(user_id)
        try:
            yield
        finally:
            self._opening -= 1
            self.leave(user_id)

    def enter(self, user_id: UUID) -> None:
        self._of_users[user_id] += 1
        self._empty.clear()

    def leave(self, user_id: UUID) -> None:
        self._of_users[user_id] -= 1
        if not self._of_users[user_id]:
            del self._of_users[user_id]
        if not self._of_users:
            self._empty.set()

    async def until_empty(self) -> None:
        """Waits until no turn runs and none is being opened."""
        await self._empty.wait()


def too_many_turns(limit: int) -> TooManyRequests:
    """Returns the error for a user who has reached the limit of running turns."""
    return TooManyRequests(
        f"You have {limit} answers under way, which is as many as one may (CITEWELL_MAX_TURNS_PER_USER): wait for one "
        "to end.",
        headers={"Retry-After": "5"},
    )
