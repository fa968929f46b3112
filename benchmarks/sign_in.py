"""What the rate limit costs a request, and what others feel of a flood of sign-ins.

Usage: python -m benchmarks.sign_in [--sign-ins 90]
"""

import argparse
import asyncio
import itertools
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
from tests.processes import Serving, citewell

from benchmarks.report import machine, percentile, table
from citewell.auth.buckets import Buckets
from citewell.auth.middleware import AuthenticationMiddleware

_REQUESTS = 50_000
_QUIET = 300
_BETWEEN = 0.005  # seconds
_OPEN = {"type": "http", "path": "/api/v1/openapi.json", "client": ("192.0.2.1", 1), "headers": []}


async def cost_of_the_limit() -> float:
    """Microseconds that a request takes longer with it: the look at the bucket and the headers of the answer."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None: ...

    async def seconds(buckets: Buckets | None) -> float:
        layer = AuthenticationMiddleware(app, buckets=buckets)
        started = time.perf_counter()
        for _ in range(_REQUESTS):
            await layer(_OPEN, send, send)
        return (time.perf_counter() - started) / _REQUESTS

    without = min([await seconds(None) for _ in range(5)])
    return (min([await seconds(Buckets(1e9, 10**9)) for _ in range(5)]) - without) * 1e6


async def flooded(address: str, token: str, sign_ins: int) -> tuple[list[float], list[float], float]:
    """Milliseconds of another user's requests, before and during the flood; sign-ins a second."""
    url, headers = f"{address}/api/v1/users/me/", {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:

        async def ask() -> float:
            started = time.perf_counter()
            async with http.get(url, headers=headers) as answer:
                await answer.read()
            return (time.perf_counter() - started) * 1000

        async def sign_in(number: int) -> None:
            body = {"email": f"{number}@example.org", "password": "a wrong password"}
            from_elsewhere = {"X-Forwarded-For": f"10.0.{number >> 8}.{number & 255}"}
            async with http.post(f"{address}/api/v1/auth/login/", json=body, headers=from_elsewhere) as answer:
                assert answer.status == 401, answer.status

        quiet = [await ask() for _ in range(_QUIET)][_QUIET // 10 :]
        started = time.perf_counter()
        flood = asyncio.gather(*map(sign_in, range(sign_ins)))
        during = []
        for _ in itertools.takewhile(lambda _: not flood.done(), itertools.count()):
            during.append(await ask())
            await asyncio.sleep(_BETWEEN)
        await flood
        return quiet, during, sign_ins / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sign-ins", type=int, default=90, help="at once; 100 are refused as too many")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="cw-b-"))
    server = Serving(folder, "--no-worker", CITEWELL_EMBEDDING="none")
    try:
        made = citewell("token", "create", "bench@example.org", "--data-dir", str(folder), cwd=folder)
        quiet, during, rate = asyncio.run(flooded(server.address, made.stdout.strip(), chosen.sign_ins))
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    rows = [
        ("rate limit: cost of a request, µs", f"{asyncio.run(cost_of_the_limit()):.1f}", "10"),
        ("another user's request, quiet: p50 / p95 ms", _shown(quiet), ""),
        (f"the same, {chosen.sign_ins} sign-ins at once: p50 / p95 ms", _shown(during), "50 / 100"),
        ("sign-ins a second", f"{rate:.1f}", ""),
    ]
    print(f"\n{machine()}\n")
    print(table(["measure", "Citewell", "to reach"], rows))


def _shown(values: list[float]) -> str:
    return f"{percentile(values, 0.5):.1f} / {percentile(values, 0.95):.1f}"


if __name__ == "__main__":
    main()
