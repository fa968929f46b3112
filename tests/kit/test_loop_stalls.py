"""Code that holds the event loop is named in the log; waiting for a busy machine is not."""

import asyncio
import time

import structlog

from citewell.kit.loop_stalls import StallWatch, watching
from citewell.kit.metrics import REGISTRY

_LONGEST = 20.0  # CPU seconds after which a watch that sees nothing is taken as broken


def _stalls() -> float:
    return REGISTRY.get_sample_value("citewell_event_loop_stalls_total") or 0.0


def hold_the_loop(until: float) -> None:
    """Computes until the watch has counted a stall."""
    started = time.thread_time()
    while _stalls() < until and time.thread_time() - started < _LONGEST:
        sum(range(1000))


async def test_code_that_holds_the_loop_is_logged_with_its_place() -> None:
    before = _stalls()
    with structlog.testing.capture_logs() as lines:
        async with watching(0.05):
            await asyncio.sleep(0)  # the first beat
            hold_the_loop(before + 1)
    stalled = [line for line in lines if line["event"] == "event_loop_stalled"]
    assert stalled
    assert stalled[0]["seconds"] >= 0.05
    assert any("test_loop_stalls" in call and call.endswith("hold_the_loop") for call in stalled[0]["calls"])
    assert _stalls() > before


def test_each_stall_is_told_once() -> None:
    used = 0.0
    watch = StallWatch(0.25, lambda: used)
    watch.beat()
    used = 0.2
    assert watch.stalled() is None
    used = 0.3
    assert watch.stalled() == 0.3
    used = 5.0
    assert watch.stalled() is None
    watch.beat()
    assert watch.stalled() is None
    used = 5.5
    assert watch.stalled() == 0.5


async def test_nothing_watches_where_it_is_turned_off() -> None:
    before = asyncio.all_tasks()
    async with watching(0):
        assert asyncio.all_tasks() == before
