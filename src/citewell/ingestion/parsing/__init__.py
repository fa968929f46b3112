"""Parsing a file into blocks, in a child process that can be killed.

No parser is safe alone: a megabyte can ask for gigabytes, loop for ever or abort its process. So each file is parsed in
a process of its own with limits on memory and time, and fails alone.
"""

import asyncio
import contextlib
import functools
import os
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import psutil

from citewell.ingestion.blocks import ParsedDocument, decode
from citewell.ingestion.failure_codes import FailureCode
from citewell.ingestion.parsing.children import Child, start_child
from citewell.ingestion.parsing.limits import DEFAULT, MEMORY, RECOGNISING, ParseFailed, ParseLimits
from citewell.ingestion.parsing.summary import Summary

__all__ = [
    "DEFAULT",
    "ParseFailed",
    "ParseLimits",
    "death",
    "parse",
    "parsed_file",
    "remove_leftovers",
    "run_child",
    "work_folder",
]

SUMMARY = "summary"  # the name of its file, beside the result
_PREFIX = "citewell-parse-"
_LEFTOVER_SECONDS = 6 * 3600.0  # longer than any parse takes
_MAX_RESULT_BYTES = 1024**3


class Verdict(msgspec.Struct):
    """The child's report on a file that it could not parse."""

    code: FailureCode
    message: str


@dataclass(frozen=True)
class Parsed:
    """The result of a parse: a summary, and the file of the encoded document as the child wrote it."""

    summary: Summary
    path: Path


async def parse(path: Path, kind: str, *, limits: ParseLimits = DEFAULT) -> ParsedDocument:
    """The file's blocks. `kind` as `sniff_file` gives it. Raises ParseFailed."""
    async with parsed_file(path, kind, limits=limits) as parsed:
        return await asyncio.to_thread(lambda: decode(parsed.path.read_bytes()))


@contextlib.asynccontextmanager
async def parsed_file(path: Path, kind: str, *, limits: ParseLimits = DEFAULT) -> AsyncIterator[Parsed]:
    """Like `parse`, but leaves the result in a file, which is deleted when the context ends.

    Cancelling kills the child; the kernel kills a child whose parent dies.
    """
    await asyncio.to_thread(remove_leftovers)
    with work_folder() as folder:
        result, verdict = folder / "result", folder / "verdict"
        arguments = [str(path.resolve()), kind, str(result), str(verdict)]
        code = await run_child("citewell.ingestion.parsing.child", arguments, folder, limits)
        if verdict.exists():
            told = msgspec.json.decode(verdict.read_bytes(), type=Verdict)
            raise ParseFailed(told.code, told.message)
        if code != 0 or not result.exists():
            raise death(code)
        if result.stat().st_size > _MAX_RESULT_BYTES:
            raise ParseFailed("too_large", MEMORY)
        yield Parsed(msgspec.msgpack.decode((folder / SUMMARY).read_bytes(), type=Summary), result)


@contextlib.contextmanager
def work_folder() -> Iterator[Path]:
    """A folder for a child, that the next process removes if this one is killed."""
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-") as folder:
        yield Path(folder)


@functools.cache  # once in the life of a process
def remove_leftovers() -> None:
    """Remove the folders of processes that were killed: an old one whose process is no more."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError, ValueError):
            pid = int(folder.name.removeprefix(_PREFIX).partition("-")[0])
            # The age is for processes that can't be seen from here, like those of another container.
            if not psutil.pid_exists(pid) and time.time() - folder.stat().st_mtime > _LEFTOVER_SECONDS:
                shutil.rmtree(folder)


async def run_child(module: str, arguments: list[str], folder: Path, limits: ParseLimits) -> int:
    """The exit code of a child that runs in `folder`, with the limits as its first argument. Raises ParseFailed when
    it takes too long."""
    child = await start_child(module, [msgspec.json.encode(limits).decode(), *arguments], folder)
    try:
        return await _wait_for_exit(child, folder, limits)
    finally:
        await child.end()


async def _wait_for_exit(child: Child, folder: Path, limits: ParseLimits) -> int:
    """The exit code of the child. One that recognises text says so by a file in its folder, and gets more time."""
    try:
        async with asyncio.timeout(limits.seconds):
            return await child.wait()
    except TimeoutError:
        allowed = max(limits.seconds, limits.recognition_seconds) if (folder / RECOGNISING).exists() else limits.seconds
    try:
        async with asyncio.timeout(allowed - limits.seconds):
            return await child.wait()
    except TimeoutError:
        setting = "CITEWELL_PARSE_TIMEOUT" if allowed == limits.seconds else "CITEWELL_RECOGNITION_TIMEOUT"
        message = f"Reading the file took longer than {allowed:.0f} s ({setting}): split it into smaller ones."
        raise ParseFailed("timeout", message) from None


def death(code: int) -> ParseFailed:
    if code == -signal.SIGXCPU:
        return ParseFailed("timeout", "Reading the file took too long: split it into smaller ones.")
    if code in (-signal.SIGKILL, -signal.SIGTERM):
        # Killed by the kernel for lack of memory, by hand, or at shutdown: a later attempt may succeed.
        return ParseFailed("memory", MEMORY, retryable=True)
    crashed = (
        "The file made its parser crash, perhaps for want of memory: export it again from its program, or split it."
    )
    return ParseFailed("crashed", crashed)
