"""Keeps local files from being deleted while a backup copies them."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path

Gate = Callable[[], AbstractAsyncContextManager[None]]

_LOCK_FILE = "files.hold"  # in the data folder


@contextmanager
def holding_local_files(data_dir: Path) -> Iterator[None]:
    """Local files that have arrived are not removed during the body."""
    with open(os.open(data_dir / _LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600), "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def may_remove(data_dir: Path) -> Iterator[bool]:
    """Whether local files may be removed now; no backup begins to take them during the body."""
    try:
        file = (data_dir / _LOCK_FILE).open("rb")
    except FileNotFoundError:
        yield True
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
