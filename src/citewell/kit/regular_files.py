"""Opening files that users name on the command line."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading. Raises OSError, also for folders, named pipes, sockets and devices.

    Opening or reading a pipe may wait for ever, and a device may never end.
    """
    # Without O_NONBLOCK, opening a pipe waits until somebody writes to it. For regular files it changes nothing.
    file = open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK))  # noqa: SIM115
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "It is a pipe or a device, and no file", str(path))
    return file
