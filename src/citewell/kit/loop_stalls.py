"""Watches the event loop: how late it is, and which code holds it up.

A loop that runs Python code for a quarter of a second keeps every other request of the process waiting for that long.
"""

import asyncio
import contextlib
import sys
import threading
import time
import traceback
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from types import FrameType

import structlog

from citewell.kit.metrics import LOOP_LAG, LOOP_STALLS

log = structlog.get_logger(__name__)

_BEAT_SECONDS = 0.05
_FRAMES = 6  # innermost calls that a log line names


@dataclass(frozen=True)
class Beat:
    """A moment at which the loop was free. `used` is the CPU time of its thread in seconds."""

    number: int = 0
    used: float = 0.0


class StallWatch:
    """Compares the CPU time of the loop's thread with its last beat.

    Counting CPU time, not the time of day, leaves out waits for a busy machine: they are no fault of the code.
    """

    def __init__(self, seconds: float, used: Callable[[], float]) -> None:
        self._seconds = seconds
        self._used = used
        self._beat = Beat(used=used())
        self._reported = -1

    def beat(self) -> None:
        """Call from the loop's thread whenever the loop is free."""
        self._beat = Beat(self._beat.number + 1, self._used())

    def stalled(self) -> float | None:
        """Returns the CPU seconds since the last beat, once for each stall; None while the loop is free."""
        beat = self._beat
        held = self._used() - beat.used
        if held < self._seconds or beat.number == self._reported:
            return None
        self._reported = beat.number
        return held


@contextlib.asynccontextmanager
async def watching(seconds: float) -> AsyncIterator[None]:
    """Watch the running loop during the body: log and count when one piece of code holds it for `seconds` of CPU.

    0 turns the watch off.
    """
    if not seconds:
        yield
        return
    thread = threading.get_ident()
    watch = StallWatch(seconds, _clock_of(thread))
    ended = threading.Event()
    looking = threading.Thread(target=_look, args=(watch, thread, seconds, ended), name="loop-stalls", daemon=True)
    looking.start()
    beating = asyncio.create_task(_keep_beating(watch), name="loop-beat")
    try:
        yield
    finally:
        beating.cancel()
        ended.set()
        await asyncio.gather(beating, asyncio.to_thread(looking.join), return_exceptions=True)


def _clock_of(thread: int) -> Callable[[], float]:
    """Returns a clock of the CPU time of a thread, or the monotonic clock where the system has none (macOS)."""
    if not hasattr(time, "pthread_getcpuclockid"):
        return time.monotonic
    clock = time.pthread_getcpuclockid(thread)
    return lambda: time.clock_gettime(clock)


async def _keep_beating(watch: StallWatch) -> None:
    loop = asyncio.get_running_loop()
    while True:
        watch.beat()
        due = loop.time() + _BEAT_SECONDS
        await asyncio.sleep(_BEAT_SECONDS)
        LOOP_LAG.observe(max(0.0, loop.time() - due))


def _look(watch: StallWatch, thread: int, seconds: float, ended: threading.Event) -> None:
    """Look at the loop's thread from another one until the end."""
    while not ended.wait(seconds / 2):
        held = watch.stalled()
        if held is not None:
            LOOP_STALLS.inc()
            log.warning("event_loop_stalled", seconds=round(held, 3), calls=_calls(sys._current_frames().get(thread)))


def _calls(frame: FrameType | None) -> list[str]:
    """Returns the innermost calls, innermost first, as "module:line function"."""
    if frame is None:
        return []
    stack = list(traceback.walk_stack(frame))[:_FRAMES]
    return [f"{found.f_globals.get('__name__', '?')}:{line} {found.f_code.co_name}" for found, line in stack]
