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

from citewell.cells.moving.tables import Moved, moved_tables

Connection = AsyncConnection[Any]
State = Literal["open", "draining", "closed", "moved", "leaving"]

_LOCK_SECONDS = 3  # that others wait behind one of ours
_ATTEMPTS = 40


def lock_of(project_id: UUID) -> int:
    """The advisory lock, in the project's cell, of those who write to it."""
    return _lock(b"move", project_id)


def mover_lock_of(project_id: UUID) -> int:
    """The advisory lock, in the home cell, of the one who moves the project. Another one than that of those who write:
    the project's cell may be the home cell.
    """
    return _lock(b"mover", project_id)


def _lock(purpose: bytes, project_id: UUID) -> int:
    return int.from_bytes(hashlib.sha256(purpose + project_id.bytes).digest()[:8], signed=True)


async def put_up(source: Connection, project_id: UUID) -> None:
    """Note every change from now on. Waits, table by table, for those who are writing."""
    await source.execute(
        "INSERT INTO moving_projects (project_id, state) VALUES (%s, 'open') ON CONFLICT (project_id) DO NOTHING",
        [project_id],
    )
    for moved in moved_tables(project_id):
        await _patiently(source, functools.partial(_bind, source, moved))


async def take_down(source: Connection, project_id: UUID) -> None:
    """Forget the move in the cell that the project leaves, or does not leave after all."""
    for moved in moved_tables(project_id):
        await _patiently(source, functools.partial(_unbind, source, moved))
    await source.execute("DELETE FROM moving_changes WHERE project_id = %s", [project_id])
    await source.execute("DELETE FROM moving_projects WHERE project_id = %s", [project_id])


async def state_of(source: Connection, project_id: UUID) -> str | None:
    found = await source.execute("SELECT state FROM moving_projects WHERE project_id = %s", [project_id])
    row = await found.fetchone()
    return str(row[0]) if row is not None else None


async def set_state(source: Connection, project_id: UUID, state: State) -> None:
    await source.execute("UPDATE moving_projects SET state = %s WHERE project_id = %s", [state, project_id])


async def close(source: Connection, project_id: UUID) -> None:
    """Refuse every write from now on; returns when the last one that had begun has ended.

    Raises psycopg's LockNotAvailable where that takes too long.
    """

    async def alone() -> None:
        async with source.transaction():
            await source.execute("SELECT pg_advisory_xact_lock(%s)", [lock_of(project_id)])
            await set_state(source, project_id, "closed")

    await _patiently(source, alone, attempts=1)


async def _bind(source: Connection, moved: Moved) -> None:
    lock, key = lock_of(moved.project_id), ",".join(moved.key)
    column = "id" if moved.name == "projects" else "project_id"
    for suffix, events, row in (("w", "INSERT OR UPDATE", "NEW"), ("d", "DELETE", "OLD")):
        await source.execute(
            f"CREATE OR REPLACE TRIGGER {_trigger(moved, suffix)} AFTER {events} ON {moved.relation} FOR EACH ROW"
            f" WHEN ({row}.{column} = '{moved.project_id}')"
            f" EXECUTE FUNCTION note_moving_row('{moved.project_id}', '{lock}', '{moved.name}', '{key}')"
        )


async def _unbind(source: Connection, moved: Moved) -> None:
    found = await source.execute("SELECT to_regclass(%s)", [moved.relation])
    if await found.fetchone() == (None,):
        return  # the partition is gone
    for suffix in "wd":
        await source.execute(f"DROP TRIGGER IF EXISTS {_trigger(moved, suffix)} ON {moved.relation}")


def _trigger(moved: Moved, suffix: str) -> str:
    return f"moving_{moved.project_id.hex}_{suffix}"


async def _patiently(source: Connection, change: Callable[[], Awaitable[None]], attempts: int = _ATTEMPTS) -> None:
    """With a limit for how long others wait behind us, again and again."""
    await source.execute(f"SET lock_timeout = '{_LOCK_SECONDS}s'")
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
        await source.execute("RESET lock_timeout")
