"""Pages of PDFs as pictures with the cited span marked, drawn in a child process and kept for a while."""

import asyncio
import contextlib
import os
import signal
import sys
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import msgspec

from citewell.errors import NotFound, Unavailable
from citewell.reference.marks import Part
from citewell.reference.page_child import Drawn, Task

SCALE = 1.6  # pixels a point: sharp at the width of the page that shows it
MEMORY = 1024**3
SECONDS = 20
_AT_ONCE = 2
_KEPT = 48  # pictures
_KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


class PageImages:
    """One a process. Pictures are kept by document version, page and marks: they never change."""

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, Drawn] = OrderedDict()
        self._free = asyncio.Semaphore(_AT_ONCE)

    async def draw(self, path: Path, page: int, parts: Sequence[Part], key: str) -> Drawn:
        """Raises NotFound for a page that the PDF does not have or that cannot be drawn, Unavailable when it takes too
        long. `key` names the file's content."""
        parts = [part for part in parts if part.page == page]
        name = msgspec.msgpack.encode((key, page, parts))
        if name in self._kept:
            self._kept.move_to_end(name)
            return self._kept[name]
        task = Task(str(path), page, SCALE, parts, MEMORY, SECONDS)
        async with self._free:
            drawn = await _run(task)
        self._kept[name] = drawn
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return drawn


async def _run(task: Task) -> Drawn:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "citewell.reference.page_child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ},
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(SECONDS):
            said, _ = await process.communicate(msgspec.json.encode(task))
    except TimeoutError:
        raise Unavailable("Drawing this page takes too long: read its text, or open the file.") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode != 0:
        raise NotFound("This page cannot be drawn: read its text, or open the file.")
    return msgspec.msgpack.decode(said, type=Drawn)
