"""The server's side of a child process that holds one graph."""

import asyncio
import contextlib
import os
import signal
import struct

import msgspec

from citewell.errors import BadRequest
from citewell.graph.child import MEMORY, GraphData, QueryRequest, QueryResult
from citewell.kit.child_process import PYTHON, environment_without_secrets

QUERY_SECONDS = 5.0
MEMORY_BYTES = 256 * 1024 * 1024
_LOAD_SECONDS = 60.0


class Worker:
    """Runs one query at a time. A query that takes too much time or memory ends the process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._lock = asyncio.Lock()

    @classmethod
    async def start(cls, graph: GraphData) -> "Worker":
        """Starts a process with this graph. Raises BadRequest if the graph does not fit into its memory."""
        process = await asyncio.create_subprocess_exec(
            *PYTHON,
            "citewell.graph.child",
            str(MEMORY_BYTES),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd="/",
            env=environment_without_secrets(),
            start_new_session=True,
        )
        worker = cls(process)
        await worker.load(graph)
        return worker

    async def load(self, graph: GraphData) -> None:
        """Replaces the graph. Raises BadRequest, and ends the process, if the graph does not fit into its memory."""
        try:
            async with self._lock, asyncio.timeout(_LOAD_SECONDS):
                await self._exchange(msgspec.msgpack.encode(graph))
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError):
            await self.kill()
            raise BadRequest("The graph of this project is too large to be asked: push fewer objects.") from None
        except BaseException:
            await self.kill()
            raise

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    async def ask(self, asked: QueryRequest, seconds: float = QUERY_SECONDS) -> QueryResult:
        """Runs a query. Raises BadRequest if it is invalid, takes longer than `seconds` or needs too much memory."""
        async with self._lock:
            try:
                async with asyncio.timeout(seconds):
                    answered = await self._exchange(msgspec.msgpack.encode(asked))
            except TimeoutError:
                await self.kill()
                told = f"The query took longer than {seconds:g} s: match less, by properties that it names."
                raise BadRequest(told) from None
            except (ConnectionError, asyncio.IncompleteReadError):
                await self.kill()
                raise BadRequest(MEMORY) from None
            except BaseException:
                await self.kill()  # its answer would be taken for that of the next query
                raise
        if answered.error:
            raise BadRequest(answered.error)
        return answered

    async def _exchange(self, frame: bytes) -> QueryResult:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(struct.pack(">I", len(frame)) + frame)
        await stdin.drain()
        length = struct.unpack(">I", await stdout.readexactly(4))[0]
        return msgspec.msgpack.decode(await stdout.readexactly(length), type=QueryResult)

    async def kill(self) -> None:
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()
