"""Supervised background loops: each failure is logged and counted, and the loop starts again."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog

from citewell.kit.outages import outage, waits_for_standby

log = structlog.get_logger(__name__)

_FIRST_WAIT, _LONGEST_WAIT = 0.1, 30.0  # seconds before a loop is started again
_STEADY_SECONDS = 60.0  # after running for this long a loop has recovered
# The same where the environment failed, such as the database: what failed runs again as soon as its cause has gone,
# and each second that the process is not ready keeps it out of its load balancer.
_LONGEST_WAIT_FOR_OUTAGE, _STEADY_SECONDS_AFTER_OUTAGE = 5.0, 5.0
_FAILURES = 3  # failures in a row, after which a loop counts as unable to run

_STANDBY_SECONDS = 1.0  # between two attempts while the database's synchronous standby is away
_END_SECONDS = 15.0  # time for a cancelled loop to end; a worker gives its jobs five

Loop = Callable[[], Awaitable[None]]


@dataclass
class LoopState:
    """`started` is the time of the supervisor's clock in seconds; None between a failure and the next start.

    After `steady_seconds` of running the loop has recovered from its last failure. `is_outage` says that the failure
    was one of the environment, such as the database.
    """

    started: float | None = None
    steady_seconds: float = _STEADY_SECONDS
    failures: int = 0
    restarts: int = 0
    error: str = ""
    is_outage: bool = False


async def end(task: asyncio.Task[Any], seconds: float = _END_SECONDS) -> None:
    """Cancel the task and wait for its end; its result or error is dropped.

    Cancels it again every `seconds`: Python 3.11 loses a cancellation that comes at the moment when an
    `asyncio.wait_for` in the task ends.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=seconds)
    await asyncio.gather(task, return_exceptions=True)


class Supervisor:
    """The background loops of a process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.states: dict[str, LoopState] = {}
        self._clock = clock

    @contextlib.asynccontextmanager
    async def running(self, name: str, loop: Loop, *, ends: bool = False) -> AsyncIterator[None]:
        """Run the loop during the body. A loop with `ends` may return; any other is started again if it returns."""
        state = self.states[name] = LoopState()
        task = asyncio.create_task(self._supervise(name, state, loop, ends), name=name)
        try:
            yield
        finally:
            await end(task)
            self.states.pop(name, None)

    def failing(self, *, with_outages: bool = True) -> dict[str, str]:
        """Returns the loops that cannot run, each with its last error. If there are any, the process is not ready.

        Without `with_outages`, those are left out that wait for the environment.
        """
        return {
            name: state.error
            for name, state in self.states.items()
            if self._cannot_run(state) and (with_outages or not state.is_outage)
        }

    def _cannot_run(self, state: LoopState) -> bool:
        return state.failures >= _FAILURES and not self._is_steady(state)

    def _is_steady(self, state: LoopState) -> bool:
        return state.started is not None and self._clock() - state.started >= state.steady_seconds

    async def _supervise(self, name: str, state: LoopState, loop: Loop, ends: bool) -> None:
        while True:
            state.started = self._clock()
            try:
                await loop()
                if ends:
                    state.failures = 0
                    return
                error: Exception = RuntimeError("the loop returned")
            except Exception as caught:
                error = caught
            await self._after(name, state, error)

    async def _after(self, name: str, state: LoopState, error: Exception) -> None:
        if self._is_steady(state):
            state.failures = 0
        state.started = None
        if waits_for_standby(error):  # reading goes on without the loops that write, so the process stays ready
            await asyncio.sleep(_STANDBY_SECONDS)
            return
        state.failures += 1
        state.restarts += 1
        state.error = f"{type(error).__name__}: {error}"[:300]
        state.is_outage = outage(error) is not None
        state.steady_seconds = _STEADY_SECONDS_AFTER_OUTAGE if state.is_outage else _STEADY_SECONDS
        longest = _LONGEST_WAIT_FOR_OUTAGE if state.is_outage else _LONGEST_WAIT
        log.error("loop_broke", loop=name, failures=state.failures, exc_info=error)
        await asyncio.sleep(min(_FIRST_WAIT * 2.0 ** (state.failures - 1), longest))
