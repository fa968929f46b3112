"""What one PostgreSQL with one or more servers carries: queries, answers, open streams and documents.

    .venv/bin/python -m benchmarks.scale --servers 1 2 --seconds 10 --documents 200 --streams 500

Starts a database, a scripted model, workers and servers on this machine, in a temporary folder, and asks them by HTTP.
Client, servers, workers and database share the machine's cores: with two servers on two cores the numbers show that
nothing breaks, not how fast two machines would be. Each measurement lasts `--seconds`; the whole run is bounded.
"""

import argparse
import asyncio
import contextlib
import itertools
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil
from tests.processes import DevModel, Serving, citewell, environment

from benchmarks.report import machine, percentile, table
from citewell.db.embedded import EmbeddedPostgres

AT_ONCE = 16
TOKENS = 100  # of an answer
STREAM_SECONDS = 5  # that an open stream lasts
LONGEST = 300.0  # seconds for the documents to be active
WORDS = ("invoice", "turbine", "harbour", "pension", "lattice", "orchard", "velocity", "quarry")


@dataclass
class Installation:
    """`bases` are the addresses of the servers' API."""

    http: aiohttp.ClientSession
    servers: list[Serving]
    project: str = ""
    agent: str = ""

    def __post_init__(self) -> None:
        self._turn = itertools.cycle(f"{server.address}/api/v1" for server in self.servers)

    def at(self, path: str) -> str:
        """The path below the project, on the next server."""
        return f"{next(self._turn)}/projects/{self.project}{path}"

    async def post(self, url: str, body: Any) -> Any:
        async with self.http.post(url, json=body) as answer:
            if answer.status >= 300:
                raise RuntimeError(f"{url}: {answer.status} {await answer.text()}")
            return await answer.json()

    async def talk(self) -> str:
        made = await self.post(self.at("/playground-conversations/"), {"agent_settings": self.agent})
        return f"/playground-conversations/{made['id']}/send_message_stream/"


def text_of(number: int) -> bytes:
    lines = [f"# Report {number}", ""]
    for part in range(12):
        word = WORDS[(number + part) % len(WORDS)]
        lines.append(f"Section {part} of report {number} is about the {word} of unit {number * 7 + part}. " * 4)
    return "\n\n".join(lines).encode()


async def load(at: Installation, count: int) -> float:
    """Documents a second from the first upload until the last is active."""
    made = await at.post(f"{at.servers[0].address}/api/v1/projects/", {"name": "Scale"})
    at.project = made["id"]
    async with at.http.get(at.at("/agent-settings/")) as answer:
        at.agent = (await answer.json())["results"][0]["id"]
    began = time.monotonic()
    for start in range(0, count, 50):
        form = aiohttp.FormData()
        for number in range(start, min(start + 50, count)):
            form.add_field("files", text_of(number), filename=f"report-{number}.md")
        async with at.http.post(at.at("/documents/bulk-upload/"), data=form) as answer:
            answer.raise_for_status()
    while True:
        async with at.http.get(at.at("/documents/indexing-status/")) as answer:
            active = sum(row["status"] == "active" for row in await answer.json())
        if active >= count:
            return count / (time.monotonic() - began)
        if time.monotonic() - began > LONGEST:
            return active / LONGEST
        await asyncio.sleep(0.25)


async def rate(seconds: float, do: Callable[[], Awaitable[None]]) -> tuple[float, float]:
    """How often a second `AT_ONCE` callers do it, and the time of the 95th percentile in ms."""
    took: list[float] = []
    until = time.monotonic() + seconds

    async def one() -> None:
        while (began := time.monotonic()) < until:
            await do()
            took.append(time.monotonic() - began)

    began = time.monotonic()
    await asyncio.gather(*(one() for _ in range(AT_ONCE)))
    return len(took) / (time.monotonic() - began), percentile(took, 0.95) * 1000


async def search(at: Installation, numbers: "itertools.count[int]") -> None:
    number = next(numbers)
    query = f"{WORDS[number % len(WORDS)]} of report {number % 97}"
    await at.post(at.at("/retrieve-with-hybrid-search/"), {"query": query, "n_objects": 5})


async def answer(at: Installation) -> None:
    path = await at.talk()
    async with at.http.post(at.at(path), json={"message": "What is said of the harbour?"}) as stream:
        body = await stream.read()
    if b"streaming_completed" not in body:
        raise RuntimeError(body[-500:].decode())


async def open_streams(at: Installation, count: int) -> tuple[int, float]:
    """How many of so many streams that are open at once were read to their end, and KiB of the servers for each."""
    paths = [await at.talk() for _ in range(count)]
    before, most = _memory(at), 0.0

    async def read(path: str) -> bool:
        async with at.http.post(at.at(path), json={"message": "Go on for a while."}) as stream:
            return b"streaming_completed" in await stream.read()

    reading = asyncio.gather(*(read(path) for path in paths), return_exceptions=True)
    while not reading.done():
        most = max(most, _memory(at))
        await asyncio.sleep(0.2)
    return sum(done is True for done in await reading), max(most - before, 0) / 1024 / count


def _memory(at: Installation) -> float:
    return float(sum(psutil.Process(server.process.pid).memory_info().rss for server in at.servers))


@contextlib.asynccontextmanager
async def installation(folder: Path, url: str, servers: int, model: str, name: str) -> AsyncIterator[Installation]:
    """Servers with the model, and one process of workers."""
    env = {
        "CITEWELL_DATABASE_URL": url,
        "CITEWELL_FILES_URL": str(folder / "files"),
        "CITEWELL_MODEL": f"openai/{name}",
        "CITEWELL_MODEL_BASE_URL": model,
        "CITEWELL_EMBEDDING": "none",
        "CITEWELL_MAX_TURNS_PER_USER": "100000",
        "CITEWELL_MAX_TURNS": "100000",
        "CITEWELL_MAX_CONNECTIONS_PER_PEER": "20000",
    }
    made = await asyncio.to_thread(citewell, "token", "create", "scale@example.org", cwd=folder, **env)
    worker = subprocess.Popen(
        [sys.executable, "-m", "citewell", "worker", "--data-dir", str(folder / "worker")],
        env=environment(**env),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    started = [await asyncio.to_thread(Serving, folder / f"s{n}", "--no-worker", **env) for n in range(servers)]
    try:
        headers = {"Authorization": f"Bearer {made.stdout.strip()}"}
        options = {"connector": aiohttp.TCPConnector(limit=0), "timeout": aiohttp.ClientTimeout(total=LONGEST)}
        async with aiohttp.ClientSession(headers=headers, **options) as http:  # type: ignore[arg-type]
            yield Installation(http, started)
    finally:
        for process in (worker, *(server.process for server in started)):
            process.terminate()
            await asyncio.to_thread(process.wait, 60)


async def measure(folder: Path, url: str, servers: int, options: argparse.Namespace, model: str) -> list[str]:
    async with installation(folder, url, servers, model, f"flood:tokens={TOKENS}") as at:
        documents = await load(at, options.documents)
        queries, queries_ms = await rate(options.seconds, lambda: search(at, counter))
        answers, answers_ms = await rate(options.seconds, lambda: answer(at))
        project, agent = at.project, at.agent
    paced = f"paced:tokens={STREAM_SECONDS * 10},rate=10"
    async with installation(folder, url, servers, model, paced) as at:
        at.project, at.agent = project, agent
        streams, memory = await open_streams(at, options.streams)
    return [
        str(servers),
        f"{documents:.1f}",
        f"{queries:.0f} ({queries_ms:.0f} ms)",
        f"{answers:.0f} ({answers_ms:.0f} ms)",
        f"{streams} of {options.streams}",
        f"{memory:.0f} KiB",
    ]


counter = itertools.count()


async def run(options: argparse.Namespace) -> None:
    headers = ["servers", "documents/s", "queries/s (p95)", "answers/s (p95)", "streams at once", "for a stream"]
    rows = []
    model = DevModel()
    try:
        with tempfile.TemporaryDirectory(prefix="cw-scale-") as name:
            folder = Path(name)
            with EmbeddedPostgres(folder / "database") as url:
                for servers in options.servers:
                    rows.append(await measure(folder, url, servers, options, model.url))
    finally:
        model.stop()
    print(f"{machine()}; load before: {psutil.getloadavg()[0]:.1f}\n\n{table(headers, rows)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--servers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--streams", type=int, default=500)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
