"""The moves under way: the table `project_moves` of the home cell, and the locks of those who carry them out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from citewell.db.cell_mark import MOVES_LOCK

Connection = psycopg.AsyncConnection[Any]


@dataclass(frozen=True)
class MoveRow:
    """`state` is "copying", "moved" (the directory names the new cell) or "whole" (held rows are copied as well);
    `progress` is a `copying.Progress` as JSON."""

    project_id: UUID
    source: str
    target: str
    state: str
    progress: dict[str, Any]


_FIND = "SELECT project_id, source, target, state, progress FROM project_moves WHERE project_id = %s"


async def find_move(home: Connection, project_id: UUID) -> MoveRow | None:
    """Returns the move of the project that is under way."""
    async with home.cursor(row_factory=class_row(MoveRow)) as cursor:
        await cursor.execute(_FIND, [project_id])
        return await cursor.fetchone()


async def insert_move(home: Connection, project_id: UUID, source: str, target: str) -> None:
    await home.execute(
        "INSERT INTO project_moves (project_id, source, target, state, progress) VALUES (%s, %s, %s, 'copying', %s)",
        [project_id, source, target, Jsonb({})],
    )


async def store_progress(home: Connection, project_id: UUID, progress: Mapping[str, Any]) -> None:
    await home.execute(
        "UPDATE project_moves SET progress = %s, updated_at = clock_timestamp() WHERE project_id = %s",
        [Jsonb(progress), project_id],
    )


async def mark_moved(home: Connection, project_id: UUID) -> None:
    """Note that the directory leads to the new cell."""
    await home.execute("UPDATE project_moves SET state = 'moved' WHERE project_id = %s", [project_id])


async def mark_whole(home: Connection, project_id: UUID) -> None:
    """Note that the new cell also has what was held back."""
    await home.execute("UPDATE project_moves SET state = 'whole' WHERE project_id = %s", [project_id])


async def delete_move(home: Connection, project_id: UUID) -> None:
    await home.execute("DELETE FROM project_moves WHERE project_id = %s", [project_id])


async def try_lock(home: Connection, lock: int) -> bool:
    """Take the advisory lock for the session; False where somebody else has it."""
    found = await home.execute("SELECT pg_try_advisory_lock(%s)", [lock])
    return await found.fetchone() == (True,)


async def unlock(home: Connection, lock: int) -> None:
    await home.execute("SELECT pg_advisory_unlock(%s)", [lock])


async def keep_backups_waiting(home: Connection) -> None:
    """Keep backups from beginning until `let_backups_begin`. Waits for one that is about to begin."""
    await home.execute(f"SELECT pg_advisory_lock_shared({MOVES_LOCK})")


async def let_backups_begin(home: Connection) -> None:
    await home.execute(f"SELECT pg_advisory_unlock_shared({MOVES_LOCK})")


async def stop_turns(source: Connection, project_id: UUID) -> None:
    """Ask the running answers of the project to end."""
    await source.execute(
        "UPDATE turns SET cancel_requested = true WHERE project_id = %s AND state = 'running'", [project_id]
    )


async def has_running_turns(source: Connection, project_id: UUID) -> bool:
    found = await source.execute(
        "SELECT EXISTS (SELECT FROM turns WHERE project_id = %s AND state = 'running')", [project_id]
    )
    return await found.fetchone() != (False,)
