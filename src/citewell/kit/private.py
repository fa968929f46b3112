"""Folders and lock files that other users of the machine can neither read nor lock."""

import fcntl
import os
import stat
import time
from pathlib import Path
from typing import IO

import structlog

log = structlog.get_logger(__name__)

_SAYS_SO_AFTER = 1.0  # seconds
_LOOK_SECONDS = 0.05


def private_folder(path: Path) -> Path:
    """Make the folder with mode 0700 if it is missing; otherwise forbid others to list it or to write to it. Raises
    OSError.

    Permission to pass through it stays: a running database under another user may need that.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o066:
        path.chmod(mode & ~0o066)
    return path


def lock_file(path: Path) -> IO[bytes]:
    """Open the file with mode 0600, because whoever can open a file can hold its lock. Raises OSError."""
    file = open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")  # noqa: SIM115 - the caller closes it
    if os.fstat(file.fileno()).st_mode & 0o077:
        os.fchmod(file.fileno(), 0o600)
    return file


def wait_for_lock(file: IO[bytes], what: str) -> None:
    """Lock the file exclusively. `what` names the lock in the log line that is written after a second of waiting."""
    deadline = time.monotonic() + _SAYS_SO_AFTER
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                log.warning("waiting_for_lock", lock=what, reason="another citewell process holds it")
                fcntl.flock(file, fcntl.LOCK_EX)
                return
        time.sleep(_LOOK_SECONDS)
