"""Real processes of the command line, for tests that start, kill and start again."""

import contextlib
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

import httpx2 as httpx
import psutil

from tests import forks
from tests.prepared import VARIABLE, begin_as_prepared

READY = re.compile(r"listens on (http://\S+)")
_SILENT_SECONDS = 240  # on a busy machine a start may take a minute


def environment(**more: str) -> dict[str, str]:
    shared = ("CITEWELL_MODELS_DIR",)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CITEWELL_") or key in shared}
    # What is measured or tested here asks more often than a client should.
    kept |= {"CITEWELL_RATE_LIMIT_PER_MINUTE": "1000000", "CITEWELL_RATE_LIMIT_BURST": "1000000"}
    kept |= {"CITEWELL_TURN_SHUTDOWN_SECONDS": "10"}
    return kept | {"PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "COLUMNS": "200"} | more


def citewell(
    *arguments: str, cwd: Path, seconds: float = 120, stdin: str = "", **env: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        given.write(stdin.encode())
        given.seek(0)
        process = start(arguments, environment(**env), (given.fileno(), out.fileno(), errors.fileno()), cwd)
        try:
            code = process.wait(seconds)
        finally:
            process.kill()
        shown = []
        for file in (out, errors):
            file.seek(0)
            shown.append(file.read().decode())
    return subprocess.CompletedProcess(arguments, code, *shown)


def start(
    arguments: Sequence[str], env: dict[str, str], files: tuple[int, int, int], cwd: Path | None = None
) -> "subprocess.Popen[bytes] | forks.Fork":
    """Run `citewell ARGUMENTS` with these descriptors as its standard input, output and error, in its own session.

    In a run of the tests it is a fork; benchmarks measure what a user starts.
    """
    if VARIABLE in os.environ:
        return forks.start(arguments, env, files, cwd)
    return start_python(arguments, env, files, cwd)


def start_python(
    arguments: Sequence[str], env: dict[str, str], files: tuple[int, int, int], cwd: Path | None = None
) -> "subprocess.Popen[bytes]":
    """As `start`, in a Python of its own."""
    given, out, errors = files
    command = [sys.executable, "-m", "citewell", *arguments]
    return subprocess.Popen(command, env=env, stdin=given, stdout=out, stderr=errors, cwd=cwd, start_new_session=True)


def launch(
    arguments: Sequence[str], env: dict[str, str], begin: Callable[..., Any] = start
) -> "tuple[subprocess.Popen[bytes] | forks.Fork, TextIO]":
    """Begin a command; the process, and what it writes to its standard output and error."""
    shown, theirs = os.pipe()
    with open(os.devnull, "rb") as nothing:
        try:
            return begin(arguments, env, (nothing.fileno(), theirs, theirs)), os.fdopen(shown)
        finally:
            os.close(theirs)


class Serving:
    """`citewell serve` as a process of its own, in its own data directory.

    Its database is made already, unless `first_start` is to be seen.
    """

    def __init__(self, data_dir: Path, *arguments: str, first_start: bool = False, **env: str) -> None:
        self.data_dir = data_dir
        if not first_start and "CITEWELL_DATABASE_URL" not in env:
            begin_as_prepared(data_dir)
        self.output: list[str] = []
        command = ["serve", "--port", "0", "--data-dir", str(data_dir), *arguments]
        self.process, self._shown = launch(command, environment(**env), start_python if first_start else start)
        # Read at once: a process whose output nobody reads stops when the pipe is full.
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read_output, daemon=True)
        self._reader.start()
        self.address = self._read_until(READY).group(1)

    def _read_output(self) -> None:
        with self._shown:
            for line in self._shown:
                self._lines.put(line)
        self._lines.put(None)

    def read_until(self, pattern: str) -> re.Match[str]:
        """Read the server's output up to a line with the pattern. Fails where the server ends or is silent."""
        return self._read_until(re.compile(pattern))

    def _read_until(self, pattern: re.Pattern[str]) -> re.Match[str]:
        try:
            while (line := self._lines.get(timeout=_SILENT_SECONDS)) is not None:
                self.output.append(line)
                if found := pattern.search(line):
                    return found
        except queue.Empty:
            self.process.kill()
            raise AssertionError(f"no line with {pattern.pattern!r} came:\n{''.join(self.output)}") from None
        raise AssertionError(f"the server ended:\n{''.join(self.output)}")

    def client(self, token: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=f"{self.address}/api/v1", headers=headers, timeout=30)

    def kill_everything(self) -> None:
        """kill -9 of the server, its children and its database, as a power cut would do it."""
        processes = [psutil.Process(self.process.pid), *postgres_of(self.data_dir)]
        processes += psutil.Process(self.process.pid).children(recursive=True)
        for process in processes:
            try:
                process.send_signal(signal.SIGKILL)
            except psutil.NoSuchProcess:
                continue
        self.process.wait(10)
        wait_until(lambda: not postgres_of(self.data_dir), 240)

    def stop(self, seconds: float = 30) -> int:
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(seconds)
        self._reader.join(seconds)
        while (line := self._lines.get(timeout=seconds)) is not None:
            self.output.append(line)
        return code


@contextlib.contextmanager
def data_folder() -> Iterator[Path]:
    """A folder with a path that is short enough for sockets. A database that is left in it is killed."""
    folder = Path(tempfile.mkdtemp(prefix="cw-d-"))
    try:
        yield folder
    finally:
        for process in postgres_of(folder):
            process.kill()
        shutil.rmtree(folder, ignore_errors=True)


class DevModel:
    """`citewell dev-model` as a process of its own; `url` ends in `/v1`."""

    def __init__(self) -> None:
        self.process, self._shown = launch(["dev-model", "--port", "0"], environment())
        alarm = threading.Timer(_SILENT_SECONDS, self.process.kill)
        alarm.start()
        found = READY.search(self._shown.readline())
        alarm.cancel()
        assert found, "the scripted model did not start"
        self.url = found.group(1)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        self._shown.close()


def postgres_of(data_dir: Path) -> list[psutil.Process]:
    """The database server of a data directory and its children, if it is running."""
    try:
        pid = int((data_dir.resolve() / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return []
        return [process, *process.children(recursive=True)]
    except (OSError, ValueError, psutil.NoSuchProcess):
        return []


def wait_until(holds: "object", seconds: float) -> None:
    """For what another process does, where nothing can be awaited: ask until it holds."""
    assert callable(holds)
    deadline = time.monotonic() + seconds
    pauses = growing_pauses()
    while not holds():
        assert time.monotonic() < deadline, "it did not come to hold in time"
        time.sleep(next(pauses))


def growing_pauses() -> Iterator[float]:
    """Seconds between two questions: asking costs the processor that the other needs to come to its end."""
    pause = 0.02
    while True:
        yield pause
        pause = min(pause * 1.4, 0.3)
