"""Triggers on the rows of a project that is moving: they note what is written, and refuse it while nobody may write.

Whoever writes holds the project's lock in share mode until their transaction has ended; `close` waits for all of them.
So what is copied afterwards is all there is, whatever other processes believe of where the project is.
"""

import functools
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, Literal
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.errors import LockNotAvailable

from citewell.cells.moving.repository import fence as repository
from citewell.cells.moving.repository.tables import moved_tables

Connection = AsyncConnection[Any]
State = Literal["open", "draining", "closed", "moved", "leaving"]

_LOCK_SECONDS = 3  # that other transactions wait in the queue behind one of ours
_ATTEMPTS = 40


def lock_of(project_id: UUID) -> int:
    """Returns the advisory lock, in the project's cell, of those who write to it."""
    return _lock(b"move", project_id)


def mover_lock_of(project_id: UUID) -> int:
    """Returns the advisory lock, in the home cell, of the one who moves the project.

    Another one than that of those who write: the project's cell may be the home cell.
    """
    return _lock(b"mover", project_id)


def _lock(purpose: bytes, project_id: UUID) -> int:
    return int.from_bytes(hashlib.sha256(purpose + project_id.bytes).digest()[:8], signed=True)


async def put_up(source: Connection, project_id: UUID) -> None:
    """Note every change from now on. Waits, table by table, for those who are writing."""
    await repository.insert_moving_project(source, project_id)
    lock = lock_of(project_id)
    for moved in moved_tables(project_id):
        await _retry_with_timeout(source, functools.partial(repository.create_triggers, source, moved, lock))


async def take_down(source: Connection, project_id: UUID) -> None:
    """Forget the move in the cell that the project leaves, or does not leave after all."""
    for moved in moved_tables(project_id):
        await _retry_with_timeout(source, functools.partial(repository.drop_triggers, source, moved))
    await repository.delete_moving_project(source, project_id)


async def set_state(source: Connection, project_id: UUID, state: State) -> None:
    await repository.store_state(source, project_id, state)


async def close(source: Connection, project_id: UUID) -> None:
    """Refuse every write from now on; returns when the last one that had begun has ended.

    Raises psycopg's LockNotAvailable where that takes too long.
    """

    async def alone() -> None:
        async with source.transaction():
            await repository.lock_writers_out(source, lock_of(project_id))
            await set_state(source, project_id, "closed")

    await _retry_with_timeout(source, alone, attempts=1)


async def _retry_with_timeout(
    source: Connection, change: Callable[[], Awaitable[None]], attempts: int = _ATTEMPTS
) -> None:
    """Tries the change up to `attempts` times, each time with a limit for how long others wait behind it.

    Raises psycopg's LockNotAvailable after the last time.
    """
    await repository.limit_waiting(source, _LOCK_SECONDS)
    try:
        for attempt in range(attempts):
            try:
                await change()
            except LockNotAvailable:
                if attempt + 1 == attempts:
                    raise
            else:
                return
    finally:
        await repository.lift_waiting_limit(source)
