"""What starting costs: CPU of the list of commands and of a server that becomes ready, and memory at rest.

Times are CPU seconds of the process, which other work on the machine stretches less than a clock's. Memory is the
proportional share (PSS) of the server and of its database, after the embedding model has been loaded and asked once.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx2 as httpx
import psutil
from tests.processes import Serving, environment, postgres_of

from benchmarks.report import machine, table

_RUNS = 2
_REST_SECONDS = 5.0
_MODEL_SECONDS = 120.0
_BUSY_SECONDS = 0.2  # of CPU in two seconds: loading takes all of them, looking for jobs and leases a tenth of that


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="cw-b-"))
    # With compiled modules, as an installed package has them. The first start compiles what is missing.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")
    try:
        rows = [["`citewell --help`, CPU", f"{min(_help_cpu() for _ in range(_RUNS)):.2f} s", "0.4 s"]]
        first, _ = _start(folder)
        rows.append(["first `citewell serve`: makes the database and compiles its modules, CPU", f"{first:.2f} s", ""])
        started = [_start(folder) for _ in range(_RUNS)]
        rows.append(["`citewell serve` until it is ready, CPU", f"{min(cpu for cpu, _ in started):.2f} s", "3 s"])
        server, database = min((memory for _, memory in started), key=sum)
        shown = f"{server + database:.0f} MB ({server:.0f} + {database:.0f})"
        rows.append(["memory at rest, server + database", shown, "600 MB"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(machine(), "\n")
    print(table(["measure", "result", "to reach"], rows))


def _help_cpu() -> float:
    before = os.times()
    command = [sys.executable, "-m", "citewell", "--help"]
    subprocess.run(command, env=environment(), stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    return (after.children_user - before.children_user) + (after.children_system - before.children_system)


def _start(folder: Path) -> tuple[float, tuple[float, float]]:
    """CPU seconds until the server is ready; MB of the server and of its database at rest."""
    serving = Serving(folder)
    try:
        process = psutil.Process(serving.process.pid)
        spent = process.cpu_times()
        _wait_for_model(serving)
        time.sleep(_REST_SECONDS)
        children = [child for child in postgres_of(folder) if child.is_running()]
        return spent.user + spent.system, (_pss(process), sum(_pss(child) for child in children))
    finally:
        serving.stop()


def _wait_for_model(serving: Serving) -> None:
    """The model is loaded beside the first requests: ready means that its memory has been taken."""
    deadline = time.monotonic() + _MODEL_SECONDS
    process, last = psutil.Process(serving.process.pid), 0.0
    while time.monotonic() < deadline:
        httpx.get(f"{serving.address}/readyz", timeout=60)  # a busy machine
        busy = sum(process.cpu_times()[:2])
        if busy - last < _BUSY_SECONDS and last:
            return
        last = busy
        time.sleep(2)


def _pss(process: psutil.Process) -> float:
    return float(process.memory_full_info().pss) / 1e6


if __name__ == "__main__":
    main()
