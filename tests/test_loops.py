"""Background loops go on after what breaks them, and a process that cannot run one says so."""

import asyncio

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from citewell.kit import loops
from citewell.kit.loops import Supervisor, end
from citewell.kit.outages import StandbyAway


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "_FIRST_WAIT", 0.0)


async def test_a_loop_that_breaks_is_started_again() -> None:
    supervisor, done = Supervisor(), asyncio.Event()
    failures = iter([KeyError("unexpected"), ValueError("another"), None])

    async def loop() -> None:
        error = next(failures)
        if error is not None:
            raise error
        done.set()
        await asyncio.Event().wait()

    async with supervisor.running("leases", loop):
        await asyncio.wait_for(done.wait(), 120)
        assert supervisor.states["leases"].restarts == 2
        assert supervisor.failing() == {}
    assert supervisor.states == {}


async def test_a_loop_that_cannot_run_makes_the_process_unready() -> None:
    """And one that has run steadily since is forgiven."""
    clock = Clock()
    supervisor, broken, steady = Supervisor(clock), True, asyncio.Event()
    attempts = 0

    async def loop() -> None:
        nonlocal attempts
        attempts += 1
        if broken:
            raise RuntimeError("no")
        steady.set()
        await asyncio.Event().wait()

    async with supervisor.running("writer", loop):
        async with asyncio.timeout(120):
            while not supervisor.failing():
                await asyncio.sleep(0)
        assert "RuntimeError: no" in supervisor.failing()["writer"]
        broken = False
        await asyncio.wait_for(steady.wait(), 120)
        assert supervisor.failing()
        clock.seconds += 61
        assert not supervisor.failing()


async def test_after_an_outage_the_process_is_ready_within_seconds() -> None:
    """Load balancers leave out servers that are not ready: a short restart of the database must not cost a minute."""
    clock = Clock()
    supervisor, away, steady = Supervisor(clock), True, asyncio.Event()

    async def loop() -> None:
        if away:
            raise OperationalError("begin", None, psycopg.OperationalError()) from psycopg.OperationalError("refused")
        steady.set()
        await asyncio.Event().wait()

    async with supervisor.running("webhooks", loop):
        async with asyncio.timeout(120):
            while not supervisor.failing():
                await asyncio.sleep(0)
        away = False
        await asyncio.wait_for(steady.wait(), 120)
        assert supervisor.failing()
        clock.seconds += 6
        assert not supervisor.failing()


async def test_a_loop_that_waits_for_a_standby_leaves_the_process_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "_STANDBY_SECONDS", 0.0)
    supervisor, done, attempts = Supervisor(), asyncio.Event(), 0

    async def loop() -> None:
        nonlocal attempts
        attempts += 1
        if attempts <= 5:
            raise OperationalError("begin", None, StandbyAway()) from StandbyAway("away")
        done.set()
        await asyncio.Event().wait()

    async with supervisor.running("webhooks", loop):
        await asyncio.wait_for(done.wait(), 120)
        assert supervisor.failing() == {}


async def test_a_loop_that_returns_has_broken_unless_it_may() -> None:
    supervisor = Supervisor()

    async def nothing() -> None: ...

    async with supervisor.running("endless", nothing), supervisor.running("once", nothing, ends=True):
        async with asyncio.timeout(120):
            while supervisor.states["endless"].restarts == 0:
                await asyncio.sleep(0)
        assert supervisor.states["once"].restarts == 0


async def test_a_loop_that_lost_its_cancellation_is_cancelled_again() -> None:
    """As Python 3.11 loses one that comes when a wait with a time limit ends."""
    lost = 0

    async def stubborn() -> None:
        nonlocal lost
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if lost:
                    raise
                lost += 1

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await end(task, seconds=0.01)
    assert task.cancelled()
    assert lost == 1
