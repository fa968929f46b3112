"""What rate limits over all servers cost a request, on average.

    .venv/bin/python -m benchmarks.rate_limits

Every request takes from a bucket in memory; once a second one statement tells the database of all buckets that were
used. A round here is such a second: so many requests of so many callers, and the statement, in a real database.
"""

import asyncio
import tempfile
import time
from pathlib import Path

from benchmarks.report import machine, percentile, table
from citewell.auth.buckets import Buckets
from citewell.auth.shared_limits import SharedLimits
from citewell.db.embedded import EmbeddedPostgres
from citewell.db.engine import Database
from citewell.db.migrate import migrate
from citewell.kit.ids import new_id

ROUNDS = 30
CASES = ((200, 1), (200, 20), (1000, 100), (1000, 1000))  # requests a second, callers


async def measure(database: Database, requests: int, callers: int) -> list[str]:
    buckets = Buckets(per_minute=1_000_000, burst=1_000_000)
    limits = SharedLimits(database, buckets)
    keys = [new_id() for _ in range(callers)]
    memory, statements = [], []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for number in range(requests):
            buckets.take(keys[number % callers])
        taken = time.perf_counter()
        await limits.tell()
        memory.append((taken - began) / requests * 1e6)
        statements.append((time.perf_counter() - taken) / requests * 1e6)
    both = [sum(pair) for pair in zip(memory, statements, strict=True)]
    shown = [f"{percentile(values, 0.5):.1f} µs" for values in (memory, statements, both)]
    return [f"{requests:,}", f"{callers:,}", *shown]


async def run() -> None:
    with tempfile.TemporaryDirectory(prefix="cw-limits-") as folder, EmbeddedPostgres(Path(folder)) as url:
        migrate(url)
        database = Database(url)
        rows = [await measure(database, *case) for case in CASES]
        await database.close()
    headers = ["requests/s", "callers", "in memory", "statement", "both, a request"]
    print(f"{machine()}; medians of {ROUNDS} rounds\n\n{table(headers, rows)}")


if __name__ == "__main__":
    asyncio.run(run())
