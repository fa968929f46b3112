"""Programs that parsers start in their child process. They share its folder, its time and its end."""

import ctypes
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1
# LibreOffice maps far more memory than it uses; so its limit is this much of that for parsers.
CONVERTER_MEMORY_FACTOR = 4
# Nothing listens on the port "discard": a program that heeds proxies reaches nobody.
_NO_PROXY = {
    name: "http://127.0.0.1:9"
    for scheme in ("http", "https", "ftp", "all")
    for name in (f"{scheme}_proxy", f"{scheme.upper()}_PROXY")
}
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def tesseract() -> str | None:
    """Returns the path of the text recognition command, or None."""
    return shutil.which("tesseract")


def libreoffice() -> str | None:
    """Returns the path of the converter for old formats, or None."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def languages(command: str) -> list[str]:
    """Returns the languages that tesseract has been installed with."""
    shown = subprocess.run([command, "--list-langs"], capture_output=True, text=True, timeout=30, check=False)  # noqa: S603
    return [line.strip() for line in shown.stdout.splitlines()[1:] if line.strip() and line.strip() != "osd"]


def run(command: Sequence[str], *, more_memory: bool = False) -> subprocess.CompletedProcess[bytes]:
    """Run to the end; it dies with this process. With `more_memory` its limit is raised to the hard one."""

    def prepare() -> None:
        die_with_parent()
        if more_memory:
            hard = resource.getrlimit(resource.RLIMIT_AS)[1]
            resource.setrlimit(resource.RLIMIT_AS, (hard, hard))

    return subprocess.run(  # noqa: S603
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | _NO_PROXY | {"OMP_THREAD_LIMIT": "1", "HOME": os.getcwd()},
        preexec_fn=prepare,
        check=False,
    )


def die_with_parent() -> None:
    """A process must not outlive the one that started it, should that be killed."""
    if _LIBC is not None:
        parent = os.getppid()
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died in between
            os._exit(1)
