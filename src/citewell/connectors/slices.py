"""The slices of time that a sync works in: between two, sources of other projects have their turn."""

import asyncio
import math
import time
from collections.abc import Callable

SECONDS = 30.0
_LONGEST_HELD = 5.0  # that a worker's slot is kept while a source asks for a pause


class Slice:
    """The time that a job may work. `clock` gives seconds that only rise."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = clock() + SECONDS
        self.is_over = False
        self.wait_seconds = 0  # before the next slice begins

    async def goes_on(self, pause: float) -> bool:
        """Wait as long as the source wants between two requests.

        False, without waiting, if the slice is over, or if the pause is long: the job then gives its slot back, and the
        next slice begins after the pause.
        """
        if pause > _LONGEST_HELD or self._clock() + pause >= self._until:
            self.is_over, self.wait_seconds = True, math.ceil(pause)
            return False
        await asyncio.sleep(pause)
        return True
