"""Commands as forks of a process that has imported the package already: a Python of its own takes seconds to import it.

A fork is a process like any other: it has its own id, working directory, environment and files, and can be killed. What
only a new Python would show (how the package is found, what a command imports) is tested in tests/cli/test_lazy.py,
and by the first start in tests/cli/test_commands.py.
"""

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import select
import selectors
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

_NUMBER = struct.Struct("=i")
_MAX_REQUEST = 128 * 1024
_ROOT = Path(__file__).parents[1]
_LOCK = threading.Lock()


class Fork:
    """A running command, with the methods of `subprocess.Popen` that tests use."""

    def __init__(self, arguments: Sequence[str], link: socket.socket) -> None:
        self.args = list(arguments)
        self.returncode: int | None = None
        self._link = link
        self._lock = threading.Lock()
        started = link.recv(_NUMBER.size)
        assert started, "the fork server has ended"
        self.pid: int = _NUMBER.unpack(started)[0]

    def wait(self, timeout: float | None = None) -> int:
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            select.select([self._link], [], [], left)
        assert self.returncode is not None
        return self.returncode

    def poll(self) -> int | None:
        with self._lock:
            if self.returncode is None and select.select([self._link], [], [], 0)[0]:
                told = self._link.recv(_NUMBER.size)
                self.returncode = _NUMBER.unpack(told)[0] if told else -signal.SIGKILL
                self._link.close()
            return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def start(arguments: Sequence[str], env: dict[str, str], files: tuple[int, int, int], cwd: Path | None = None) -> Fork:
    """Run `citewell ARGUMENTS` with these descriptors as its standard input, output and error, in its own session."""
    link, theirs = socket.socketpair()
    request = json.dumps({"arguments": list(arguments), "env": env, "cwd": str(cwd or Path.cwd())}).encode()
    assert len(request) <= _MAX_REQUEST
    with theirs, _LOCK:
        socket.send_fds(_server(), [request], [theirs.fileno(), *files])
    return Fork(arguments, link)


@functools.cache
def _server() -> socket.socket:
    """The control socket of this process's fork server, which ends with it."""
    from tests.processes import environment

    control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.forks", str(theirs.fileno())],
            cwd=_ROOT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    atexit.register(process.wait, 30)
    atexit.register(control.close)
    return control


def _serve(control: socket.socket) -> list[str] | None:
    """Fork for each request. Returns None when nobody can ask any more, and in a fork the arguments of its command."""
    from citewell.cli.lazy import COMMANDS

    modules = {command.name: command.modules for command in COMMANDS}
    links: dict[int, socket.socket] = {}  # by process id of the fork
    ended, woken = socket.socketpair()
    ended.setblocking(False)
    woken.setblocking(False)
    signal.set_wakeup_fd(woken.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    selector = selectors.DefaultSelector()
    selector.register(ended, selectors.EVENT_READ)
    selector.register(control, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is ended:
                _reap(ended, links)
                continue
            message, descriptors, _, _ = socket.recv_fds(control, _MAX_REQUEST, 4)
            if not message:
                return None
            request = json.loads(message)
            for name in modules.get((request["arguments"] or [""])[0], ()):
                importlib.import_module(f"citewell.cli.{name}")
            gc.freeze()
            process = os.fork()
            if process == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for mine in (selector, control, ended, woken, *links.values()):
                    mine.close()
                _become(request, descriptors)
                return list(request["arguments"])
            for descriptor in descriptors[1:]:
                os.close(descriptor)
            links[process] = socket.socket(fileno=descriptors[0])
            links[process].send(_NUMBER.pack(process))


def _reap(ended: socket.socket, links: dict[int, socket.socket]) -> None:
    with contextlib.suppress(BlockingIOError):
        ended.recv(4096)
    while links:
        process, status = os.waitpid(-1, os.WNOHANG)
        if process == 0:
            return
        with links.pop(process) as link, contextlib.suppress(OSError):
            link.send(_NUMBER.pack(os.waitstatus_to_exitcode(status)))


def _become(request: dict[str, object], descriptors: list[int]) -> None:
    """Make this fork what a new process of the command would be."""
    os.setsid()
    for standard, descriptor in enumerate(descriptors[1:]):
        os.dup2(descriptor, standard)
    for descriptor in descriptors:
        os.close(descriptor)
    os.chdir(str(request["cwd"]))
    os.environ.clear()
    os.environ.update(request["env"])  # type: ignore[call-overload]


def main() -> None:
    importlib.import_module("citewell.cli.serve")  # nearly everything
    arguments = _serve(socket.socket(fileno=int(sys.argv[1])))
    if arguments is not None:
        sys.argv = ["citewell", *arguments]
        importlib.import_module("citewell.cli").main()


if __name__ == "__main__":
    main()
