"""What starting costs: CPU of the list of commands and of a server that becomes ready, and memory at rest.

Times are CPU seconds of the process, which other work on the machine stretches less than a clock's. Memory is the
proportional share (PSS) of the server and of its database, after a document and a question were embedded.
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


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="cw-b-"))
    # With compiled modules, as an installed package has them. The first start compiles what is missing.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")
    try:
        rows = [["`citewell --help`, CPU", f"{min(_help_cpu() for _ in range(_RUNS)):.2f} s", "0.4 s"]]
        first, token = _first_start(folder)
        rows.append(["first `citewell serve`: makes the database and compiles its modules, CPU", f"{first:.2f} s", ""])
        started = [_start(folder, token) for _ in range(_RUNS)]
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


def _first_start(folder: Path) -> tuple[float, str]:
    """CPU seconds until the server is ready, and the owner's token, which only the first start shows."""
    serving = Serving(folder)
    try:
        spent = psutil.Process(serving.process.pid).cpu_times()
        return spent.user + spent.system, serving.read_until(r"(cw_\S+)")[1]
    finally:
        serving.stop()


def _start(folder: Path, token: str) -> tuple[float, tuple[float, float]]:
    """CPU seconds until the server is ready; MB of the server and of its database at rest."""
    serving = Serving(folder)
    try:
        process = psutil.Process(serving.process.pid)
        spent = process.cpu_times()
        _use_model(serving, token)
        time.sleep(_REST_SECONDS)
        children = [child for child in postgres_of(folder) if child.is_running()]
        return spent.user + spent.system, (_pss(process), sum(_pss(child) for child in children))
    finally:
        serving.stop()


def _use_model(serving: Serving, token: str) -> None:
    """Have a document and a question embedded: from then on the model's memory is taken."""
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"{serving.address}/api/v1", headers=headers, timeout=_MODEL_SECONDS) as api:
        project = api.post("/projects/", json={"name": f"Start {time.monotonic()}"}).json()["id"]
        base = f"/projects/{project}"
        file = ("gate.txt", b"The gate of the harbour opens at nine and closes at five.")
        api.post(f"{base}/documents/bulk-upload/", files=[("files", file)]).raise_for_status()
        deadline = time.monotonic() + _MODEL_SECONDS
        while any(row["stage"] != "published" for row in api.get(f"{base}/documents/indexing-status/").json()):
            if time.monotonic() > deadline:
                raise SystemExit(f"The document was not indexed within {_MODEL_SECONDS:.0f} s.")
            time.sleep(1)
        found = api.post(f"{base}/retrieve-with-hybrid-search/", json={"query": "When does the gate open?"})
        found.raise_for_status()


def _pss(process: psutil.Process) -> float:
    return float(process.memory_full_info().pss) / 1e6


if __name__ == "__main__":
    main()
