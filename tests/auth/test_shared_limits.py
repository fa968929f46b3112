"""Rate limits that hold over all servers."""

import asyncio
from uuid import uuid4

import pytest

from citewell.auth import shared_limits
from citewell.auth.buckets import Buckets
from citewell.auth.shared_limits import SharedLimits
from citewell.kit.loops import end
from citewell.process import Process

A_DAY = 1 / 1440  # requests a minute: none comes back during a test


async def test_two_servers_give_what_one_would(process: Process) -> None:
    key = uuid4()
    first, second = Buckets(A_DAY, 32), Buckets(A_DAY, 32)
    limits = [SharedLimits(process.database, buckets) for buckets in (first, second)]
    given = 0
    for _ in range(20):
        for buckets in (first, second):
            given += sum(not buckets.take(key).retry_after for _ in range(2))
        for one in limits:
            await one.tell()
    assert 32 <= given <= 32 + 4  # what was given at the same time
    assert first.take(key).retry_after > 0


async def test_a_burst_is_told_at_once(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that has allowed a sixteenth of the limit does not wait for its next exchange."""
    monkeypatch.setattr(shared_limits, "_EXCHANGE_SECONDS", 3600.0)
    key, told = uuid4(), asyncio.Event()
    first, second = Buckets(A_DAY, 32), Buckets(A_DAY, 32)
    limits, others = (SharedLimits(process.database, buckets) for buckets in (first, second))
    tell = limits.tell

    async def tell_and_note() -> None:
        await tell()
        told.set()

    monkeypatch.setattr(limits, "tell", tell_and_note)
    task = asyncio.create_task(limits.run())
    for _ in range(2):
        first.take(key)
    async with asyncio.timeout(120):
        await told.wait()
    await end(task)
    second.take(key)
    await others.tell()
    assert second.take(key).remaining == 32 - 2 - 1 - 1
