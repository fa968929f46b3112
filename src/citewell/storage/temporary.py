"""Temporary files and folders that a killed process leaves behind for the next one to delete.

Their names hold the id of their process.
"""

import contextlib
import functools
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import psutil

_PREFIX = "citewell-tmp-"
_LEFTOVER_SECONDS = 6 * 3600.0  # age from which a file is left over: no work with it takes this long


@contextlib.contextmanager
def temporary_file() -> Iterator[IO[bytes]]:
    """Makes a file and deletes it at the end of the block. If this process is killed, another deletes it later."""
    with tempfile.NamedTemporaryFile(prefix=f"{_PREFIX}{os.getpid()}-") as file:
        yield file


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """Makes a folder and deletes it at the end of the block. If this process is killed, another deletes it later."""
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-") as folder:
        yield Path(folder)


@functools.cache  # runs once in a process
def remove_leftovers() -> None:
    """Deletes the files and folders of killed processes: those that are old and whose process has ended."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError, ValueError):
            pid = int(path.name.removeprefix(_PREFIX).partition("-")[0])
            # The age protects files of processes that are invisible here, such as those of another container.
            if not psutil.pid_exists(pid) and time.time() - path.stat().st_mtime > _LEFTOVER_SECONDS:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
