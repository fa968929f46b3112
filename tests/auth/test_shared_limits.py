"""Rate limits that hold over all servers."""

import asyncio
from uuid import uuid4

from citewell.auth.buckets import Buckets
from citewell.auth.shared_limits import SharedLimits
from citewell.process import Process


async def test_two_servers_give_what_one_would(process: Process) -> None:
    key = uuid4()
    first, second = Buckets(60, 32), Buckets(60, 32)
    limits = [SharedLimits(process.database, buckets) for buckets in (first, second)]
    given = 0
    for _ in range(20):
        for buckets in (first, second):
            given += sum(not buckets.take(key).retry_after for _ in range(2))
        for one in limits:
            await one.tell()
    assert 32 <= given <= 32 + 4  # what was given at the same time, and what has come back meanwhile
    assert first.take(key).retry_after > 0


async def test_a_burst_is_told_at_once(process: Process) -> None:
    key = "192.0.2.1"
    first, second = Buckets(60, 32), Buckets(60, 32)
    limits = [SharedLimits(process.database, buckets) for buckets in (first, second)]
    tasks = [asyncio.create_task(one.run()) for one in limits]
    given = 0
    for _ in range(100):
        given += sum(not buckets.take(key).retry_after for buckets in (first, second))
        await asyncio.sleep(0.02)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert given <= 32 + 10, "twice as many without a word between them"
