"""Parsing a file into blocks, in a child process that can be killed.

No parser is safe alone: a megabyte can ask for gigabytes, loop for ever or abort its process. So each file is parsed in
a process of its own with limits on memory and time, and fails alone.
"""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from pathlib import Path

import msgspec

from citewell.ingestion.blocks import ParsedDocument, decode
from citewell.ingestion.parsing.limits import DEFAULT, MEMORY, ParseFailed, ParseLimits

__all__ = ["DEFAULT", "ParseFailed", "ParseLimits", "parse"]

_MAX_RESULT_BYTES = 1024**3
# What an import needs, and nothing that could be a secret.
_KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


class Verdict(msgspec.Struct):
    """What the child reports of a file that it could not parse."""

    code: str
    message: str


async def parse(path: Path, kind: str, *, limits: ParseLimits = DEFAULT) -> ParsedDocument:
    """The file's blocks. `kind` as `sniff_file` gives it. Raises ParseFailed.

    Cancelling kills the child, and a child whose parent dies is killed by the kernel.
    """
    with tempfile.TemporaryDirectory(prefix="citewell-parse-") as folder:
        result, verdict = Path(folder) / "result", Path(folder) / "verdict"
        code = await _run_child([str(path), kind, str(result), str(verdict)], limits)
        if verdict.exists():
            told = msgspec.json.decode(verdict.read_bytes(), type=Verdict)
            raise ParseFailed(told.code, told.message)
        if code != 0 or not result.exists():
            raise _death(code)
        if result.stat().st_size > _MAX_RESULT_BYTES:
            raise ParseFailed("too_large", MEMORY)
        return await asyncio.to_thread(lambda: decode(result.read_bytes()))


async def _run_child(arguments: list[str], limits: ParseLimits) -> int:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "citewell.ingestion.parsing.child",
        msgspec.json.encode(limits).decode(),
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env={key: os.environ[key] for key in _KEPT_ENVIRONMENT if key in os.environ},
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(limits.seconds):
            return await process.wait()
    except TimeoutError:
        raise ParseFailed(
            "timeout", f"Reading the file took longer than {limits.seconds:.0f} s: split it into smaller ones."
        ) from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


def _death(code: int) -> ParseFailed:
    if code == -signal.SIGXCPU:
        return ParseFailed("timeout", "Reading the file took too long: split it into smaller ones.")
    if code == -signal.SIGKILL:
        # By the kernel for want of memory, or by hand: it may pass when less is going on.
        return ParseFailed("memory", MEMORY, retryable=True)
    return ParseFailed("crashed", "The file made its parser crash: export it again from its program.")
