"""Parses a file into blocks, in a child process that can be killed.

No parser can be trusted with every file: a megabyte may unpack to gigabytes, loop forever or crash the process. So each
file is parsed in a process of its own with limits on memory and time, and a failure affects this file only.
"""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from citewell.ingestion.blocks import ParsedDocument, decode
from citewell.ingestion.failure_codes import FailureCode
from citewell.ingestion.parsing.children import Child, start_child
from citewell.ingestion.parsing.limits import DEFAULT, MEMORY, RECOGNISING, ParseFailed, ParseLimits
from citewell.ingestion.parsing.summary import Summary
from citewell.storage.temporary import remove_leftovers, temporary_folder

__all__ = [
    "DEFAULT",
    "ParseFailed",
    "ParseLimits",
    "death",
    "parse",
    "parsed_file",
    "run_child",
]

SUMMARY = "summary"  # the name of its file, beside the result
_MAX_RESULT_BYTES = 1024**3


class Verdict(msgspec.Struct):
    """The child's report on a file that it could not parse."""

    code: FailureCode
    message: str


@dataclass(frozen=True)
class Parsed:
    """The result of a parse: a summary, and the path of the encoded document that the child wrote."""

    summary: Summary
    path: Path


async def parse(path: Path, kind: str, *, limits: ParseLimits = DEFAULT) -> ParsedDocument:
    """Parses a file and returns its blocks. `kind` is that of `sniff_file`. Raises ParseFailed."""
    async with parsed_file(path, kind, limits=limits) as parsed:
        return await asyncio.to_thread(lambda: decode(parsed.path.read_bytes()))


@contextlib.asynccontextmanager
async def parsed_file(path: Path, kind: str, *, limits: ParseLimits = DEFAULT) -> AsyncIterator[Parsed]:
    """Like `parse`, but leaves the result in a file, which is deleted at the end of the block.

    Cancelling kills the child. If this process dies, the kernel kills the child.
    """
    await asyncio.to_thread(remove_leftovers)
    with temporary_folder() as folder:
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


async def run_child(module: str, arguments: list[str], folder: Path, limits: ParseLimits) -> int:
    """Runs a child in `folder` and returns its exit code. Its first argument is the limits.

    Raises ParseFailed if it takes too long.
    """
    child = await start_child(module, [msgspec.json.encode(limits).decode(), *arguments], folder)
    try:
        return await _wait_for_exit(child, folder, limits)
    finally:
        await child.end()


async def _wait_for_exit(child: Child, folder: Path, limits: ParseLimits) -> int:
    """Returns the exit code of the child. A child that recognises text writes a file to get more time."""
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
        # Killed by the kernel for lack of memory, by an administrator, or at shutdown: a later attempt may succeed.
        return ParseFailed("memory", MEMORY, retryable=True)
    crashed = (
        "The file made its parser crash, perhaps for want of memory: export it again from its program, or split it."
    )
    return ParseFailed("crashed", crashed)
