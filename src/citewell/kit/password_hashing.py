"""Hashes passwords on separate threads, so that hashing never blocks the server."""

import asyncio
import os
import secrets
import sys
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from citewell.errors import Unavailable

_THREADS = 2  # one hash takes some 0.1 s and 64 MiB
_MOST_WAITING = 100
_NICENESS = 5

T = TypeVar("T")


class PasswordHashing:
    """Argon2id with the parameters that argon2-cffi recommends, on separate threads. One instance per process."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._threads = ThreadPoolExecutor(_THREADS, "passwords", _step_back)
        self._waiting = 0

    async def hash(self, password: str) -> str:
        return await self._off_the_loop(lambda: self._hasher.hash(_bytes(password)))

    async def matches(self, stored: str | None, password: str) -> bool:
        """Whether the password matches the stored hash. Takes as long if none is stored, so that the time does not
        tell."""
        return await self._off_the_loop(lambda: self._matches(stored, password))

    def is_outdated(self, stored: str) -> bool:
        """Whether the hash was made with other than the current parameters."""
        return self._hasher.check_needs_rehash(stored)

    def _matches(self, stored: str | None, password: str) -> bool:
        unknown = self._of_nobody
        try:
            return self._hasher.verify(stored or unknown, _bytes(password)) and stored is not None
        except (VerificationError, InvalidHashError):
            return False

    @cached_property
    def _of_nobody(self) -> str:
        return self._hasher.hash(secrets.token_bytes(32))

    async def _off_the_loop(self, work: Callable[[], T]) -> T:
        """Run the work on a hashing thread. Raises Unavailable if too many wait already."""
        if self._waiting >= _MOST_WAITING:
            raise Unavailable("Too many people sign in at the moment: try again shortly.", headers={"Retry-After": "5"})
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


def _step_back() -> None:
    """Lower the priority of this thread, and of those that Argon2 starts from it, below the server's."""
    if sys.platform == "linux":  # on other systems a priority belongs to the whole process
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


def _bytes(password: str) -> bytes:
    # Equal characters must give equal bytes, however a keyboard composes them.
    return unicodedata.normalize("NFKC", password).encode()
