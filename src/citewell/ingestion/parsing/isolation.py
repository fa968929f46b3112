"""Cuts a process and its children off from every network, including this machine's own addresses.

A document may refer to pictures, templates and data on other machines, and a converter would fetch them. This would
reveal who reads the document and when, and could reach services that only the server can reach.

There are two ways, both on Linux only: an empty network namespace or, if the system allows none, a seccomp filter that
refuses all sockets except Unix sockets. These work in both.
"""

import contextlib
import ctypes
import os
import platform
import struct
import subprocess
import sys
from enum import StrEnum
from pathlib import Path

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 13  # EACCES
# By machine: its audit architecture (AUDIT_ARCH_*), and the number of socket(2).
_CALLS = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
_AF_UNIX = 1
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_X32 = 0x40000000  # bit of the system calls of the x32 interface, which have numbers of their own


class Isolation(StrEnum):
    """How a process is cut off from the network. `NONE` means that neither way is available."""

    NAMESPACE = "namespace"
    FILTER = "filter"
    NONE = "none"


def cut_off() -> Isolation:
    """Cuts this process off irrevocably. It must have one thread only."""
    if sys.platform != "linux":
        return Isolation.NONE
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) == 0 or _unshare_as_user(libc):
        return Isolation.NAMESPACE
    return Isolation.FILTER if _refuse_sockets(libc) else Isolation.NONE


def available() -> Isolation:
    """Returns what `cut_off` would do, by trying it in a child process. Blocks."""
    command = [sys.executable, "-c", f"from {__name__} import cut_off; print(cut_off())"]
    tried = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603
    return Isolation(tried.stdout.strip()) if tried.returncode == 0 else Isolation.NONE


def _unshare_as_user(libc: ctypes.CDLL) -> bool:
    """Enters a new network namespace through a user namespace, in which this user keeps their id. Returns whether it
    worked.
    """
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return False
    with contextlib.suppress(OSError):  # the process is cut off in any case; only the owners of files would look wrong
        _map_itself(user, group)
    return True


def _map_itself(user: int, group: int) -> None:
    own = Path("/proc/self")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        (own / name).write_text(text)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def _refuse_sockets(libc: ctypes.CDLL) -> bool:
    """Installs a seccomp filter with which socket(2) fails with EACCES for every family but AF_UNIX."""
    known = _CALLS.get(platform.machine())
    if known is None:
        return False
    architecture, socket_call = known
    steps = [
        (_LOAD, 0, 0, 4),  # the architecture
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, 0),  # the number of the call
        (_AT_LEAST, 3, 0, _X32),
        (_EQUAL, 0, 3, socket_call),
        (_LOAD, 0, 0, 16),  # its first argument
        (_EQUAL, 1, 0, _AF_UNIX),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    program = _Program(len(steps), code)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0)
