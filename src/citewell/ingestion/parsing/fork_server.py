"""A process that has imported the parsers and forks itself for each file: imports take far longer than a small file.

It never opens a user's file itself. Each request names a module, its arguments, a folder and an environment, and comes
with a socket of its own. On this socket the server answers with two integers: the process id of the fork and, later,
its exit code. Any data that is written to the socket, or closing it, kills the fork.
"""

import contextlib
import ctypes
import gc
import importlib
import os
import selectors
import signal
import socket
import struct
import sys
import tempfile
from typing import Any, NoReturn

import msgspec

from citewell.ingestion.parsing.programs import die_with_parent

IDLE_SECONDS = 60.0  # without a request or a fork, after which the server ends; the next parse starts a new one
NUMBER = struct.Struct("=i")
MAX_REQUEST_BYTES = 128 * 1024
FORK_NAME = b"citewell-parse"  # of the processes that read files, as the system lists them
_MODULES = ("citewell.ingestion.parsing.child", "citewell.ingestion.figures.child")
_PR_SET_NAME = 15


class ForkRequest(msgspec.Struct):
    module: str
    arguments: list[str]
    folder: str
    environment: dict[str, str]


class _Server:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._links: dict[int, socket.socket] = {}  # by process id of the fork
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ, None)
        self._ended, woken = socket.socketpair()
        for end in (self._ended, woken):
            end.setblocking(False)
        signal.set_wakeup_fd(woken.detach())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector.register(self._ended, selectors.EVENT_READ, None)

    def serve(self) -> None:
        """Serves until the parent process ends, or sends no request for IDLE_SECONDS."""
        while True:
            events = self._selector.select(None if self._links else IDLE_SECONDS)
            if not events and not self._links:
                return
            for key, _ in events:
                if key.fileobj is self._control:
                    if not self._accept():
                        return
                elif key.fileobj is self._ended:
                    self._reap()
                elif key.data in self._links:
                    self._kill(key.data)

    def _accept(self) -> bool:
        """Forks for the next request. Returns False at the end of the control socket."""
        message, descriptors, _, _ = socket.recv_fds(self._control, MAX_REQUEST_BYTES, 1)
        if not message:
            return False
        link = socket.socket(fileno=descriptors[0])
        request = msgspec.json.decode(message, type=ForkRequest)
        module = importlib.import_module(request.module) if request.module in _MODULES else None
        with contextlib.suppress(Exception):  # the fork fails with the same error, and reports it
            module.prepare(request.arguments)  # type: ignore[union-attr]
        gc.freeze()  # garbage collection in the forks would write to memory that they share with this process
        try:
            process = os.fork()
        except OSError:
            link.close()  # the other side sees an end without an answer
            return True
        if process == 0:
            _become(module, request)
        self._links[process] = link
        self._selector.register(link, selectors.EVENT_READ, process)
        with contextlib.suppress(OSError):
            link.send(NUMBER.pack(process))
        return True

    def _reap(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._ended.recv(4096)
        while self._links:
            process, status = os.waitpid(-1, os.WNOHANG)
            if process == 0:
                return
            link = self._links.pop(process)
            with contextlib.suppress(KeyError):  # a fork that was killed is unregistered already
                self._selector.unregister(link)
            with contextlib.suppress(OSError):
                link.send(NUMBER.pack(os.waitstatus_to_exitcode(status)))
            link.close()

    def _kill(self, process: int) -> None:
        """Kills the fork and the programs that it has started. It stays registered until it is reaped."""
        self._selector.unregister(self._links[process])
        for kill in (os.killpg, os.kill):  # a fork that has just started has no process group of its own yet
            with contextlib.suppress(ProcessLookupError):
                kill(process, signal.SIGKILL)


def _become(module: Any, request: ForkRequest) -> NoReturn:
    code = 1
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.closerange(3, 65_536)  # the sockets of this server and of other forks
        os.chdir(request.folder)
        os.environ.clear()
        os.environ.update(request.environment)
        tempfile.tempdir = None
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_NAME, FORK_NAME, 0, 0, 0)
        sys.argv = [request.module, *request.arguments]
        code = module.main()
    finally:
        os._exit(code)


def main() -> None:
    die_with_parent()
    importlib.import_module(_MODULES[0])
    _Server(socket.socket(fileno=int(sys.argv[1]))).serve()


if __name__ == "__main__":
    main()
