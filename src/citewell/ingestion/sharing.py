"""Works through the versions of one job, with limits on time and memory."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Any

from citewell.ingestion.step import Result, StepContext

MOST_HELD = 4_000_000  # characters of results at which they are stored
_LOOK_SECONDS = 0.2  # between two looks at the time

Made = tuple[StepContext, Result]


async def work_through(
    contexts: Sequence[StepContext],
    work: Callable[[StepContext], Coroutine[Any, Any, Result | None]],
    store: Callable[[Sequence[Made]], Awaitable[None]],
    *,
    side_by_side: int,
    has_time: Callable[[], bool],
) -> list[StepContext]:
    """Works on `side_by_side` versions at a time. Stores the results when they exceed MOST_HELD, and at the end.

    When `has_time` returns False, unfinished work is cancelled, and the versions without a result are returned. If
    work raises, the results of the others are stored first, then the first error is raised.
    """
    waiting = deque(contexts)
    at_work: dict[asyncio.Task[Result | None], StepContext] = {}
    made: list[Made] = []
    late: list[StepContext] = []
    errors: list[BaseException] = []

    def take(ended: Iterable[asyncio.Task[Result | None]]) -> None:
        for task in ended:
            context = at_work.pop(task)
            if task.cancelled():
                late.append(context)
            elif error := task.exception():
                errors.append(error)
            elif result := task.result():
                made.append((context, result))

    try:
        while (waiting or at_work) and has_time():
            while waiting and len(at_work) < side_by_side:
                context = waiting.popleft()
                at_work[asyncio.create_task(work(context))] = context
            ended, _ = await asyncio.wait(at_work, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            take(ended)
            if sum(result.size for _, result in made) >= MOST_HELD:
                await store(made)
                made.clear()
    finally:
        await _cancel(at_work)
    take(list(at_work))
    if made:
        await store(made)
    if errors:
        raise errors[0]
    return [*late, *waiting]


async def _cancel(tasks: Iterable[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
