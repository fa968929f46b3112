"""What a streamed answer costs: CPU, added delay, memory; with the whole product in the path.

Usage: python -m benchmarks.streaming [--quick] [--only NAME]

Authentication, access, the agent loop, one tool call over 10,000 chunks, the log and the stored history are all in the
path. The server runs on one core, the scripted model on another; the database and the load have the rest. Beside it,
in the same run: the model server alone, and a proxy that only passes bytes on (`benchmarks/streaming/bare_proxy.py`).
"""

import argparse
import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.processes import DevModel, Serving

from benchmarks.report import machine, table
from benchmarks.streaming.data import fill
from benchmarks.streaming.measures import FULL, QUICK, Load, all_measures, say
from benchmarks.streaming.targets import Plain, Product, Target
from citewell.db.embedded import EmbeddedPostgres
from citewell.db.engine import Database
from citewell.db.migrate import migrate
from citewell.models import AgentSettings

SERVER_CORE, MODEL_CORE = 0, 1


@contextlib.contextmanager
def ending(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Ends the process with the block."""
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


@contextlib.contextmanager
def database() -> Iterator[tuple[str, Path]]:
    """Yields the address of a new, migrated database, and its folder. Both are removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="cw-b-"))
    try:
        with EmbeddedPostgres(folder) as url:
            migrate(url)
            yield url, folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def start_proxy(model_url: str) -> tuple[subprocess.Popen[bytes], str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | {"MODEL_URL": model_url, "PORT": str(port)}
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.streaming.bare_proxy"], env=environment)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process, f"http://127.0.0.1:{port}/"
        time.sleep(0.1)
    raise RuntimeError("the proxy did not start")


async def run(targets: Sequence[Target], product: Product, model_url: str, amount: Load, only: str) -> list[list[str]]:
    """Takes the measures whose name contains `only`. Returns the rows of the table."""
    await product.until_embedding()
    rows = []
    for measure in all_measures(targets, product, model_url, amount):
        if only in measure.name:
            cells = [await measure.of(target) if target in measure.targets else "" for target in targets]
            say(f"{measure.name}: {' | '.join(cells)}")
            rows.append([measure.name, *cells, measure.to_reach])
    return rows


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="fewer answers and shorter runs")
    parser.add_argument("--only", default="", help="measures whose name has this in it")
    parser.add_argument("--embedding", default="auto", help="auto, or none: the search by words alone")
    parser.add_argument("--precision", default="int8", help="of the local embedding model: int8 or fp32")
    parser.add_argument("--hold", action="store_true", help="print the server's process id before measuring")
    return parser.parse_args()


def main() -> None:
    chosen = options()
    where, cores = machine(), sorted(os.sched_getaffinity(0))
    if len(cores) < 3:
        print("The server, the model and the load need a core each; measured with fewer, the numbers mean little.")
    rest = set(cores) - {cores[SERVER_CORE], cores[MODEL_CORE % len(cores)]} or set(cores)
    with contextlib.ExitStack() as stack:
        model = DevModel()
        stack.enter_context(ending(model.process))
        os.sched_setaffinity(0, rest)
        os.sched_setaffinity(model.process.pid, {cores[MODEL_CORE % len(cores)]})
        url, folder = stack.enter_context(database())
        project, token = asyncio.run(fill(url, folder, chosen.precision))
        proxy, proxy_url = start_proxy(model.url)
        stack.enter_context(ending(proxy))
        server = Serving(folder, "--no-worker", **server_settings(url, model.url, chosen))
        stack.enter_context(ending(server.process))
        for pid in (server.process.pid, proxy.pid):
            _pin(pid, cores[SERVER_CORE])
        if chosen.hold:
            say(f"server {server.process.pid}")

        async def choose(name: str) -> None:
            opened = Database(url)
            async with opened.write() as session:
                await session.execute(AgentSettings.__table__.update().values(model=f"openai/{name}"))  # type: ignore[attr-defined]
            await opened.close()

        product = Product(server.process.pid, server.address, project, token, choose)
        targets = [
            Plain("model alone", model.process.pid, f"{model.url}/chat/completions"),
            Plain("bare proxy", proxy.pid, proxy_url),
            product,
        ]
        rows = asyncio.run(run(targets, product, model.url, QUICK if chosen.quick else FULL, chosen.only))
    print(f"\n{where}; the server on one core\n")
    print(table(["measure", *(target.name for target in targets), "to reach"], rows))


def server_settings(database_url: str, model_url: str, chosen: argparse.Namespace) -> dict[str, str]:
    return {
        "CITEWELL_DATABASE_URL": database_url,
        "CITEWELL_MODEL": "openai/flood",
        "CITEWELL_MODEL_BASE_URL": model_url,
        "CITEWELL_MAX_TURNS_PER_USER": "2000",
        "CITEWELL_MAX_TURNS": "2000",
        "CITEWELL_EMBEDDING": chosen.embedding,
        "CITEWELL_EMBEDDING_PRECISION": chosen.precision,
    }


def _pin(pid: int, core: int) -> None:
    """All threads of a process, and those that it will start."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), {core})


if __name__ == "__main__":
    main()
