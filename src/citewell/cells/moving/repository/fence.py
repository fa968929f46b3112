"""The state of a project that is moving, in the cell that it leaves, and the triggers on its rows."""

from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from citewell.cells.moving.repository.tables import Moved
from citewell.db.engine import Database

Connection = AsyncConnection[Any]


async def insert_moving_project(source: Connection, project_id: UUID) -> None:
    """Note that the project is moving, and open; leaves the state of one that is noted already."""
    await source.execute(
        "INSERT INTO moving_projects (project_id, state) VALUES (%s, 'open') ON CONFLICT (project_id) DO NOTHING",
        [project_id],
    )


async def store_state(source: Connection, project_id: UUID, state: str) -> None:
    await source.execute("UPDATE moving_projects SET state = %s WHERE project_id = %s", [state, project_id])


async def delete_moving_project(source: Connection, project_id: UUID) -> None:
    """Forget that the project was moving, and the changes that were noted. The project itself stays."""
    await source.execute("DELETE FROM moving_changes WHERE project_id = %s", [project_id])
    await source.execute("DELETE FROM moving_projects WHERE project_id = %s", [project_id])


async def fetch_closed(database: Database) -> list[UUID]:
    """Returns the projects of the cell that are not open to everybody who writes."""
    rows = await database.direct.fetch("SELECT project_id, state FROM moving_projects WHERE state <> 'open'", {})
    return [row.project_id for row in rows]


async def lock_writers_out(source: Connection, lock: int) -> None:
    """Wait for all who write to the project, and keep others out until the transaction ends."""
    await source.execute("SELECT pg_advisory_xact_lock(%s)", [lock])


async def create_triggers(source: Connection, moved: Moved, lock: int) -> None:
    """Creates triggers that note changes of the table's rows under the project's lock, and refuse them while it is
    closed.
    """
    key = ",".join(moved.key)
    column = "id" if moved.name == "projects" else "project_id"
    for suffix, events, row in (("w", "INSERT OR UPDATE", "NEW"), ("d", "DELETE", "OLD")):
        await source.execute(
            f"CREATE OR REPLACE TRIGGER {_trigger(moved, suffix)} AFTER {events} ON {moved.relation} FOR EACH ROW"
            f" WHEN ({row}.{column} = '{moved.project_id}')"
            f" EXECUTE FUNCTION note_moving_row('{moved.project_id}', '{lock}', '{moved.name}', '{key}')"
        )


async def drop_triggers(source: Connection, moved: Moved) -> None:
    found = await source.execute("SELECT to_regclass(%s)", [moved.relation])
    if await found.fetchone() == (None,):
        return  # the partition is gone
    for suffix in "wd":
        await source.execute(f"DROP TRIGGER IF EXISTS {_trigger(moved, suffix)} ON {moved.relation}")


async def limit_waiting(source: Connection, seconds: int) -> None:
    """Give up statements that wait longer than that for a lock, with psycopg's LockNotAvailable."""
    await source.execute(f"SET lock_timeout = '{seconds}s'")


async def lift_waiting_limit(source: Connection) -> None:
    await source.execute("RESET lock_timeout")


def _trigger(moved: Moved, suffix: str) -> str:
    return f"moving_{moved.project_id.hex}_{suffix}"
