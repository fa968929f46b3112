"""Starts Python processes that handle untrusted content: without secrets, and ended with the call that started them."""

import asyncio
import contextlib
import os
import signal
import sys

# Python must not import from the working directory, where the content may put files.
PYTHON = (sys.executable, "-P", "-m")
# Variables that imports and tesseract need. No others are passed on, because they may hold secrets.
_KEPT = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "TESSDATA_PREFIX", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


def environment_without_secrets() -> dict[str, str]:
    return {name: os.environ[name] for name in _KEPT if name in os.environ}


async def run_child(module: str, given: bytes, seconds: float) -> tuple[int | None, bytes]:
    """Runs the module's `main` with `given` on its standard input. Returns (exit code, standard output).

    Raises TimeoutError after `seconds`. The child and the processes that it started have ended when this returns or
    raises.
    """
    child = await asyncio.create_subprocess_exec(
        *PYTHON,
        module,
        env=environment_without_secrets(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(seconds):
            said, _ = await child.communicate(given)
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()
    return child.returncode, said
