"""Starts and ends the child processes that parse files.

On Linux they are forked by a fork server, in a few milliseconds. On other systems each is a new Python process.
"""

import asyncio
import atexit
import contextlib
import functools
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Protocol

import msgspec

from citewell.ingestion.parsing.fork_server import NUMBER, ForkRequest
from citewell.kit.child_process import PYTHON, environment_without_secrets

_SERVER = "citewell.ingestion.parsing.fork_server"
_FULL_SECONDS = 0.02  # between two attempts to send a request to a fork server whose queue is full


class Child(Protocol):
    async def wait(self) -> int:
        """Waits for the end. Returns the exit code, or the negative number of the signal that ended the process."""

    async def end(self) -> None:
        """Kills the process and the programs that it started, unless it has ended, and waits for its end."""


async def start_child(module: str, arguments: list[str], folder: Path) -> Child:
    """Runs the module's `main` in a process with the working directory `folder` and no secrets. Raises OSError."""
    environment = environment_without_secrets() | {"TMPDIR": str(folder)}
    if sys.platform != "linux":
        return await _Spawned.start(module, arguments, folder, environment)
    request = msgspec.json.encode(ForkRequest(module, arguments, str(folder), environment))
    with contextlib.suppress(OSError):
        return await _Fork.start(request)
    return await _Fork.start(request)  # the fork server ended during the first request


class _Fork:
    """A forked process. The fork server reports its exit code on the socket `link`."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._exit = asyncio.ensure_future(_number(link))

    @classmethod
    async def start(cls, request: bytes) -> Child:
        link, theirs = socket.socketpair()
        link.setblocking(False)
        try:
            with theirs:
                while not _fork_server().send(request, theirs.fileno()):  # noqa: ASYNC110
                    await asyncio.sleep(_FULL_SECONDS)
            if await _number(link) is None:
                raise OSError("No process could be started to read the file.")
        except BaseException:
            link.close()  # the fork server then kills the fork, if there is one
            raise
        return cls(link)

    async def wait(self) -> int:
        code = await asyncio.shield(self._exit)
        return -signal.SIGKILL if code is None else code  # the fork server was killed, and its forks with it

    async def end(self) -> None:
        if not self._exit.done():
            self._link.shutdown(socket.SHUT_WR)
            await asyncio.wait([self._exit])
        self._link.close()


async def _number(link: socket.socket) -> int | None:
    """Reads the next number from the socket; returns None at its end."""
    try:
        data = await asyncio.get_running_loop().sock_recv(link, NUMBER.size)
    except ConnectionError:
        return None
    return NUMBER.unpack(data)[0] if data else None


class _ForkServer:
    """The fork server of this process. It is started when it is needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.close)

    def send(self, request: bytes, descriptor: int) -> bool:
        """Sends the request with the socket for its answers. Returns False if the queue is full: try again.

        Raises OSError.
        """
        with self._lock:
            try:
                socket.send_fds(self._control or self._start(), [request], [descriptor])
            except BlockingIOError:
                return False
            except OSError:  # it has ended after a time without requests, or was killed
                self._end()
                socket.send_fds(self._start(), [request], [descriptor])
            return True

    def close(self) -> None:
        with self._lock:
            self._end()

    def _start(self) -> socket.socket:
        control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        control.setblocking(False)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603
                [*PYTHON, _SERVER, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment_without_secrets(),
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._control = control
        return control

    def _end(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@functools.cache
def _server_of(process: int) -> _ForkServer:
    return _ForkServer()


def _fork_server() -> _ForkServer:
    """Returns the fork server of this process. A process that was forked from this one gets its own."""
    return _server_of(os.getpid())


class _Spawned:
    """A new Python process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, module: str, arguments: list[str], folder: Path, environment: dict[str, str]) -> Child:
        process = await asyncio.create_subprocess_exec(
            *PYTHON,
            module,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
        return cls(process)

    async def wait(self) -> int:
        return await self._process.wait()

    async def end(self) -> None:
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()
