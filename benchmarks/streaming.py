"""What a streamed answer costs: CPU, added delay, memory; with the whole product in the path.

Usage: python -m benchmarks.streaming [--quick] [--only NAME]

Authentication, access, the agent loop, one tool call over 10,000 chunks, the log and the stored history are all in the
path. The server runs on one core, the scripted model on another; the database and the load have the rest. Beside it,
in the same run: the model server alone, and a bare proxy that only passes bytes on (`benchmarks/bare_proxy.py`).
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from pydoc_data import topics
from random import Random
from statistics import median
from typing import Any

import aiohttp
import numpy as np
import psutil
from sqlalchemy import text
from tests.processes import DevModel, Serving

from benchmarks.report import machine, percentile, table
from citewell.auth.tokens import create_token
from citewell.db.embedded import EmbeddedPostgres
from citewell.db.engine import Database
from citewell.db.migrate import migrate
from citewell.db.partitions import ensure_vector_index
from citewell.embedding import EmbeddingConfig, load_embedder
from citewell.embedding.local import Precision
from citewell.evaluation.beir import Entry
from citewell.evaluation.corpus import load
from citewell.models import AgentSettings
from citewell.process import open_process
from citewell.projects.schemas import ProjectCreate
from citewell.projects.service import create_project
from citewell.settings import Settings
from citewell.users.service import ensure_user

SERVER_CORE, MODEL_CORE = 0, 1
CHUNKS = 10_000
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


class Target(ABC):
    """Something that streams answers: how to ask it, and the process whose cost counts."""

    def __init__(self, name: str, pid: int) -> None:
        self.name = name
        self.process = psutil.Process(pid)

    @abstractmethod
    async def prepare(self, count: int, model: str) -> None:
        """Have `count` answers of that model ready to be asked for."""

    @abstractmethod
    async def ask(self, session: aiohttp.ClientSession, number: int, model: str, mode: str) -> aiohttp.ClientResponse:
        """Begin the answer with that number."""

    def cpu_seconds(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system)


class Plain(Target):
    """The model server or the proxy: the request of the second call, which answers at once."""

    def __init__(self, name: str, pid: int, url: str) -> None:
        super().__init__(name, pid)
        self._url = url

    async def prepare(self, count: int, model: str) -> None:
        """Nothing: a request is all it takes."""

    async def ask(self, session: aiohttp.ClientSession, number: int, model: str, mode: str) -> aiohttp.ClientResponse:
        result = {"role": "tool", "tool_call_id": "call_1", "content": "[c1] a document\nsome words of it"}
        body = {"model": model, "stream": True, "messages": [{"role": "user", "content": "Well?"}, result]}
        return await session.post(self._url, json=body)


class Product(Target):
    """Each answer in a conversation of its own, with a question of its own."""

    def __init__(self, pid: int, address: str, project: str, token: str, choose: Callable[[str], Any]) -> None:
        super().__init__("Citewell", pid)
        self._base = f"{address}/api/v1/projects/{project}"
        self.headers = {"Authorization": f"Bearer {token}"}
        self._choose = choose
        self._talks: list[str] = []

    async def until_embedding(self) -> None:
        """Waits until the server's embedding model is ready; without one, returns at once."""
        url = self._base.partition("/api/")[0] + "/v1/embeddings"
        async with _session() as session, session.post(url, json={"input": "Well?"}, headers=self.headers) as answer:
            await answer.read()

    async def prepare(self, count: int, model: str) -> None:
        await self._choose(model)
        async with aiohttp.ClientSession(headers=self.headers) as session:
            async with session.get(f"{self._base}/agent-settings/") as answer:
                agent = (await answer.json())["results"][0]["id"]
            self._talks = []
            for _ in range(count):
                body = {"agent_settings": agent}
                async with session.post(f"{self._base}/playground-conversations/", json=body) as answer:
                    self._talks.append((await answer.json())["id"])

    async def ask(self, session: aiohttp.ClientSession, number: int, model: str, mode: str) -> aiohttp.ClientResponse:
        url = f"{self._base}/playground-conversations/{self._talks[number]}/send_message_stream/"
        params = {"stream_mode": mode}
        return await session.post(
            url, json={"message": f"What about {words(Random(number), 8)}?"}, params=params, headers=self.headers
        )

    async def stop(self, session: aiohttp.ClientSession, number: int) -> None:
        url = f"{self._base}/playground-conversations/{self._talks[number]}/turns/0/cancel/"
        async with session.post(url, headers=self.headers) as answer:
            assert answer.status == 200, await answer.text()


# English that every Python has: real words with their real frequencies.
WORDS = re.findall(r"[a-z]{2,}", " ".join(topics.topics.values()).lower())


def words(chance: Random, count: int) -> str:
    start = chance.randrange(len(WORDS) - count)
    return " ".join(WORDS[start : start + count])


async def flood(target: Target, count: int, mode: str = "delta") -> float:
    """CPU milliseconds per 1,000 tokens, with 32 answers of 500 tokens under way at once."""
    model = f"tool:tokens={TOKENS}"
    await target.prepare(count + AT_ONCE, model)
    async with _session() as session:
        numbers = iter(range(count + AT_ONCE))

        async def ask_on(stop: int) -> None:
            for number in numbers:
                await _read(await target.ask(session, number, model, mode))
                if number >= stop:
                    return

        await asyncio.gather(*(ask_on(0) for _ in range(AT_ONCE)))  # warm: connections, prepared statements
        _say(f"measuring {target.name}")
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
        reply = await target.ask(session, number, model, "delta")
        async for piece in reply.content.iter_any():
            now = time.monotonic()
            if window[0] and window[0] < now < window[1]:
                delays.extend(now - stamp for stamp in _stamps(piece))

    async with _session() as session:
        tasks = [asyncio.create_task(ask(session, number)) for number in range(streams)]
        await asyncio.sleep(3)
        _say(f"measuring {target.name}")
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
    async with _session() as session:
        for number in range(count):
            started = time.perf_counter()
            reply = await target.ask(session, number, model, "delta")
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
    async with _session() as session:
        for _ in range(count):
            started = time.perf_counter()
            await _read(await session.post(f"{model_url}/chat/completions", json=body))
            times.append(time.perf_counter() - started)
    return median(times[10:])


async def idle_memory(target: "Product", count: int) -> float:
    """Bytes of memory that a stream takes while its model is silent."""
    model = "stall:after=1"
    await target.prepare(count + 20, model)
    async with _session() as session:
        warm = [await target.ask(session, number, model, "delta") for number in range(20)]
        await asyncio.sleep(1)
        before = target.process.memory_info().rss
        replies = [await target.ask(session, number + 20, model, "delta") for number in range(count)]
        await asyncio.sleep(2)
        used = target.process.memory_info().rss - before
        for reply in [*warm, *replies]:
            reply.close()
        # Closing a stream does not end its turn: left alone, these would run beside the next measures.
        for number in range(count + 20):
            await target.stop(session, number)
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


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), read_bufsize=2**18)


def _say(line: str) -> None:
    print(f"  {line}", file=sys.stderr, flush=True)


async def _read(reply: aiohttp.ClientResponse) -> None:
    last = b""
    async for piece in reply.content.iter_any():
        last = (last + piece)[-4000:]
    if reply.status != 200 or b"streaming_error" in last:
        raise RuntimeError(f"HTTP {reply.status}: {last[-300:]!r}")


async def fill(url: str, data_dir: Path, precision: Precision) -> tuple[str, str]:
    """A project with 10,000 chunks, and the token of its admin. The vectors are random: only their number counts."""
    chance = Random(1)
    corpus = [Entry(str(number), f"{words(chance, 60)}.", f"Document {number}") for number in range(CHUNKS)]
    settings = Settings(database_url=url, data_dir=data_dir, embedding="none")
    real = load_embedder(EmbeddingConfig("auto", data_dir / "models", precision=precision))
    async with open_process(settings) as process:
        async with process.database.write() as session:
            owner = await ensure_user(session, "bench@example.org", superuser=True)
            token = await create_token(session, owner.id)
            project = await create_project(session, process.extensions, owner.id, ProjectCreate(name="Bench"))
        embedder = _RandomVectors(real.fingerprint, real.languages) if real is not None else None
        await load(process.database, embedder, project.id, corpus)
        # As the product does once a project has grown this far.
        async with process.database.autocommit() as connection:
            await ensure_vector_index(connection, project.id)
            await connection.execute(text("ANALYZE"))
    return str(project.id), token


class _RandomVectors:
    """Stands for the local model while the data is made: 10,000 real vectors would take two minutes."""

    def __init__(self, fingerprint: str, languages: Any) -> None:
        self.fingerprint = fingerprint
        self.languages = languages
        self.dimensions = 384
        self._chance = np.random.default_rng(1)

    async def embed(self, texts: Sequence[str]) -> Any:
        vectors = self._chance.standard_normal((len(texts), 384)).astype(np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    async def aclose(self) -> None: ...


def start_proxy(model_url: str) -> tuple[subprocess.Popen[bytes], str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | {"MODEL_URL": model_url, "PORT": str(port)}
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.bare_proxy"], env=environment)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process, f"http://127.0.0.1:{port}/"
        time.sleep(0.1)
    raise RuntimeError("the proxy did not start")


async def run(targets: list[Target], model_url: str, amount: Load, only: str, where: str) -> None:
    rows: list[list[str]] = []

    async def measure(name: str, reach: str, of: Callable[[Target], Any], *targets_: Target) -> None:
        if only and only not in name:
            return
        cells = [str(await of(target)) if target in targets_ else "" for target in targets]
        rows.append([name, *cells, reach])
        _say(f"{name}: {' | '.join(cells)}")

    product = targets[-1]
    assert isinstance(product, Product)
    await product.until_embedding()

    async def memory(target: Target) -> str:
        assert isinstance(target, Product)
        return f"{await idle_memory(target, amount.idle) / 1024:.0f}"

    # First, while there is no memory of earlier streams to use again.
    await measure("memory of a waiting stream: KiB", "200", memory, product)

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

    await measure("flood, delta: CPU ms / 1,000 tokens", "20", flooded, *targets)
    await measure("flood, cumulative: CPU ms / 1,000 tokens", "40", cumulative, product)
    await measure("64 streams at 50 tokens/s: CPU ms / 1,000 tokens", "200", paced_cpu, *targets)
    await measure("first token, 1 stream: ms", "+15", first, *targets)
    for streams in amount.streams:

        async def delayed(target: Target, streams: int = streams) -> str:
            _, delays = await paced(target, streams, amount.seconds)
            ms = [percentile(delays, share) * 1000 for share in (0.5, 0.99)]
            return f"{ms[0]:.0f} / {ms[1]:.0f}"

        name = f"{streams} streams at 50 tokens/s: token delay p50 / p99 ms"
        await measure(name, "p99 100", delayed, *targets)
    print(f"\n{where}; the server on one core\n")
    print(table(["measure", *(target.name for target in targets), "to reach"], rows))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="fewer answers and shorter runs")
    parser.add_argument("--only", default="", help="measures whose name has this in it")
    parser.add_argument("--embedding", default="auto", help="auto, or none: the search by words alone")
    parser.add_argument("--precision", default="int8", help="of the local embedding model: int8 or fp32")
    parser.add_argument("--hold", action="store_true", help="print the server's process id before measuring")
    chosen = parser.parse_args()
    where, cores = machine(), sorted(os.sched_getaffinity(0))
    if len(cores) < 3:
        print("The server, the model and the load need a core each; measured with fewer, the numbers mean little.")
    folder = Path(tempfile.mkdtemp(prefix="cw-b-"))
    server, proxy, model = None, None, DevModel()
    rest = set(cores) - {cores[SERVER_CORE], cores[MODEL_CORE % len(cores)]} or set(cores)
    os.sched_setaffinity(0, rest)
    postgres = EmbeddedPostgres(folder)
    try:
        os.sched_setaffinity(model.process.pid, {cores[MODEL_CORE % len(cores)]})
        url = postgres.start()
        migrate(url)
        project, token = asyncio.run(fill(url, folder, chosen.precision))
        proxy, proxy_url = start_proxy(model.url)
        settings = {
            "CITEWELL_DATABASE_URL": url,
            "CITEWELL_MODEL": "openai/flood",
            "CITEWELL_MODEL_BASE_URL": model.url,
            "CITEWELL_MAX_TURNS_PER_USER": "2000",
            "CITEWELL_MAX_TURNS": "2000",
            "CITEWELL_EMBEDDING": chosen.embedding,
            "CITEWELL_EMBEDDING_PRECISION": chosen.precision,
        }
        server = Serving(folder, "--no-worker", **settings)
        for pid in (server.process.pid, proxy.pid):
            _pin(pid, cores[SERVER_CORE])
        if chosen.hold:
            _say(f"server {server.process.pid}")

        async def choose(name: str) -> None:
            database = Database(url)
            async with database.write() as session:
                await session.execute(AgentSettings.__table__.update().values(model=f"openai/{name}"))  # type: ignore[attr-defined]
            await database.close()

        targets = [
            Plain("model alone", model.process.pid, f"{model.url}/chat/completions"),
            Plain("bare proxy", proxy.pid, proxy_url),
            Product(server.process.pid, server.address, project, token, choose),
        ]
        asyncio.run(run(targets, model.url, QUICK if chosen.quick else FULL, chosen.only, where))
    finally:
        for process in (server.process if server else None, proxy, model.process):
            if process is not None:
                process.terminate()
                process.wait(30)
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _pin(pid: int, core: int) -> None:
    """All threads of a process, and those that it will start."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), {core})


if __name__ == "__main__":
    main()
