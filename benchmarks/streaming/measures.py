"""The measures: CPU for each token, delay of each token, time to the first token, memory of a waiting stream."""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from statistics import median

import aiohttp

from benchmarks.report import percentile
from benchmarks.streaming.targets import Product, Target, session

TOKENS = 500
AT_ONCE = 32


@dataclass
class Load:
    """How often and how long each measure runs."""

    answers: int
    seconds: int
    streams: Sequence[int]
    idle: int


FULL = Load(answers=320, seconds=8, streams=(250,), idle=500)
QUICK = Load(answers=96, seconds=5, streams=(250,), idle=200)


@dataclass(frozen=True)
class Measure:
    """A row of the table: `of` measures one of `targets`. The cells of other targets stay empty."""

    name: str
    to_reach: str
    of: Callable[[Target], Awaitable[str]]
    targets: Sequence[Target]


def all_measures(targets: Sequence[Target], product: Product, model_url: str, amount: Load) -> list[Measure]:
    """Returns the measures in their order. `targets` begin with the model server alone."""

    async def memory(_: Target) -> str:
        return f"{await idle_memory(product, amount.idle) / 1024:.0f}"

    async def flooded(target: Target) -> str:
        return f"{await flood(target, amount.answers):.1f}"

    async def cumulative(target: Target) -> str:
        return f"{await flood(target, amount.answers, 'cumulative'):.1f}"

    async def paced_cpu(target: Target) -> str:
        cost, _ = await paced(target, 64, amount.seconds)
        return f"{cost:.0f}"

    async def first(target: Target) -> str:
        alone = await first_token(targets[0])
        if target is targets[0]:
            return f"{alone * 1000:.1f}"
        own = alone + (await first_call(model_url) if target is product else 0)
        return f"+{(await first_token(target) - own) * 1000:.1f}"

    def delay(streams: int) -> Measure:
        async def delayed(target: Target) -> str:
            _, delays = await paced(target, streams, amount.seconds)
            ms = [percentile(delays, share) * 1000 for share in (0.5, 0.99)]
            return f"{ms[0]:.0f} / {ms[1]:.0f}"

        return Measure(f"{streams} streams at 50 tokens/s: token delay p50 / p99 ms", "p99 100", delayed, targets)

    return [
        # First, while there is no memory of earlier streams to use again.
        Measure("memory of a waiting stream: KiB", "200", memory, [product]),
        Measure("flood, delta: CPU ms / 1,000 tokens", "20", flooded, targets),
        Measure("flood, cumulative: CPU ms / 1,000 tokens", "40", cumulative, [product]),
        Measure("64 streams at 50 tokens/s: CPU ms / 1,000 tokens", "200", paced_cpu, targets),
        Measure("first token, 1 stream: ms", "+15", first, targets),
        *map(delay, amount.streams),
    ]


def say(line: str) -> None:
    print(f"  {line}", file=sys.stderr, flush=True)


async def flood(target: Target, count: int, mode: str = "delta") -> float:
    """CPU milliseconds per 1,000 tokens, with 32 answers of 500 tokens under way at once."""
    model = f"tool:tokens={TOKENS}"
    await target.prepare(count + AT_ONCE, model)
    async with session() as opened:
        numbers = iter(range(count + AT_ONCE))

        async def ask_on(stop: int) -> None:
            for number in numbers:
                await _read(await target.ask(opened, number, model, mode))
                if number >= stop:
                    return

        await asyncio.gather(*(ask_on(0) for _ in range(AT_ONCE)))  # warm: connections, prepared statements
        say(f"measuring {target.name}")
        before = target.cpu_seconds()
        await asyncio.gather(*(ask_on(count + AT_ONCE) for _ in range(AT_ONCE)))
        spent = target.cpu_seconds() - before
    return spent * 1000 / (count * TOKENS / 1000)


async def paced(target: Target, streams: int, seconds: int) -> tuple[float, list[float]]:
    """CPU milliseconds per 1,000 tokens, and the delay of each token in seconds, at 50 tokens/s a stream.

    The load lasts long enough for all streams to run side by side; tokens before and after that are not counted.
    """
    rate = 50
    model = f"tool:tokens={rate * (seconds + 4)},rate={rate},stamp=1"
    await target.prepare(streams, model)
    window = [0.0, 0.0]
    delays: list[float] = []

    async def ask(session: aiohttp.ClientSession, number: int) -> None:
        await asyncio.sleep(number / streams * 2)  # not all in the same millisecond
        reply = await target.ask(opened, number, model, "delta")
        async for piece in reply.content.iter_any():
            now = time.monotonic()
            if window[0] and window[0] < now < window[1]:
                delays.extend(now - stamp for stamp in _stamps(piece))

    async with session() as opened:
        tasks = [asyncio.create_task(ask(opened, number)) for number in range(streams)]
        await asyncio.sleep(3)
        say(f"measuring {target.name}")
        before = target.cpu_seconds()
        window[:] = time.monotonic(), time.monotonic() + seconds
        await asyncio.sleep(seconds)
        spent = target.cpu_seconds() - before
        await asyncio.gather(*tasks)
    return spent * 1000 / (len(delays) / 1000), delays


async def first_token(target: Target, count: int = 60) -> float:
    """Median seconds from the request to the first text of the answer, one stream at a time."""
    model = "tool:tokens=20"
    await target.prepare(count, model)
    times = []
    async with session() as opened:
        for number in range(count):
            started = time.perf_counter()
            reply = await target.ask(opened, number, model, "delta")
            found = 0.0
            async for piece in reply.content.iter_any():
                if not found and (b'"delta":"' in piece or b'"content":"The' in piece):
                    found = time.perf_counter() - started
            times.append(found)
    return median(times[10:])


async def first_call(model_url: str, count: int = 60) -> float:
    """Median seconds that the model server needs for the call that asks for the tool."""
    tool = {"type": "function", "function": {"name": "search_documents", "parameters": {"type": "object"}}}
    body = {"model": "tool", "stream": True, "tools": [tool], "messages": [{"role": "user", "content": "Well?"}]}
    times = []
    async with session() as opened:
        for _ in range(count):
            started = time.perf_counter()
            await _read(await opened.post(f"{model_url}/chat/completions", json=body))
            times.append(time.perf_counter() - started)
    return median(times[10:])


async def idle_memory(target: "Product", count: int) -> float:
    """Bytes of memory that a stream takes while its model is silent."""
    model = "stall:after=1"
    await target.prepare(count + 20, model)
    async with session() as opened:
        warm = [await target.ask(opened, number, model, "delta") for number in range(20)]
        await asyncio.sleep(1)
        before = target.process.memory_info().rss
        replies = [await target.ask(opened, number + 20, model, "delta") for number in range(count)]
        await asyncio.sleep(2)
        used = target.process.memory_info().rss - before
        for reply in [*warm, *replies]:
            reply.close()
        # Closing a stream does not end its turn: left alone, these would run beside the next measures.
        for number in range(count + 20):
            await target.stop(opened, number)
    return used / count


def _stamps(piece: bytes) -> list[float]:
    """The times in the `delta` texts of some events, in seconds of the monotonic clock."""
    found = []
    for line in piece.split(b"\n"):
        if b"token_streaming" in line or b'"content"' in line:
            try:
                event = json.loads(line.removeprefix(b"data: "))
            except ValueError:
                continue
            payload = event.get("payload") or event["choices"][0]["delta"]
            text = payload.get("delta") or payload.get("content") or ""
            found += [int(word) / 1e6 for word in text.split() if word.isdigit() and len(word) > 6]
    return found


async def _read(reply: aiohttp.ClientResponse) -> None:
    last = b""
    async for piece in reply.content.iter_any():
        last = (last + piece)[-4000:]
    if reply.status != 200 or b"streaming_error" in last:
        raise RuntimeError(f"HTTP {reply.status}: {last[-300:]!r}")
