"""After the switch: the jobs go to the new cell, then the old copy is removed. And the way back, of a move given up."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import text

from citewell.cells.moving import fence
from citewell.cells.moving.tables import moved_tables
from citewell.db.partitions import drop_project_partition
from citewell.process import Process
from citewell.settings import HOME

Connection = psycopg.AsyncConnection[Any]

_GRACE_SECONDS = 5.0  # until every process has asked the directory again
_JOBS_SECONDS = 900.0  # that jobs which had begun in the old cell have to notice
_BATCH = 5_000
# What a job is, without what only its own cell knows of it.
_COLUMNS = "queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at"


async def finish(
    source: Process,
    leaving: Connection,
    arriving: Connection,
    project_id: UUID,
    tell: Callable[[str], None],
) -> None:
    """Hand over the jobs of a project that has moved, and remove what is left of it in the old cell."""
    await asyncio.sleep(_GRACE_SECONDS)
    waited = 0.0
    while running := await hand_over_jobs(leaving, arriving, project_id):
        if waited == 0:
            tell(f"waiting for {running} jobs that had begun in the old cell")
        await asyncio.sleep(1)
        waited += 1
        if waited > _JOBS_SECONDS:
            break  # their documents are in the new queue as well
    await _bring_late_entries(leaving, arriving, project_id)
    await remove_copy(source, leaving, project_id)
    tell("removed the old copy")


async def hand_over_jobs(leaving: Connection, arriving: Connection, project_id: UUID) -> int:
    """Move what waits in the old queue to the new one; how many jobs are being done.

    A job that is cut off in between is in both: steps may be done twice.
    """
    mine = "args ->> 'project_id' = %s"
    found = await leaving.execute(
        f"SELECT id, {_COLUMNS} FROM procrastinate_jobs WHERE status = 'todo' AND {mine} ORDER BY id LIMIT {_BATCH}",
        [str(project_id)],
    )
    rows = await found.fetchall()
    if rows:
        async with arriving.transaction(), arriving.cursor() as cursor:
            await cursor.executemany(
                f"INSERT INTO procrastinate_jobs ({_COLUMNS}) VALUES ({', '.join(['%s'] * 7)}) ON CONFLICT DO NOTHING",
                [(*row[1:6], psycopg.types.json.Jsonb(row[6]), row[7]) for row in rows],
            )
        await leaving.execute("DELETE FROM procrastinate_jobs WHERE id = ANY(%s)", [[row[0] for row in rows]])
    found = await leaving.execute(
        f"SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND {mine}", [str(project_id)]
    )
    row = await found.fetchone()
    return int(row[0]) if row is not None else 0


async def remove_copy(process: Process, leaving: Connection, project_id: UUID) -> None:
    """Remove the project's rows in a cell where it does not live, but for accounts; never files. May be repeated."""
    await fence.set_state(leaving, project_id, "leaving")
    for moved in reversed(moved_tables(project_id)):
        if moved.name not in ("passages", "projects") and not moved.is_log:
            await _delete(leaving, moved.relation, moved.of_project)
    async with process.database.write(statement_seconds=0) as session:
        if process.cell != HOME:
            await session.execute(text("DELETE FROM projects WHERE id = :project"), {"project": project_id})
        await drop_project_partition(await session.connection(), project_id)
    await fence.take_down(leaving, project_id)


async def abandon(source: Connection, process: Process, target: Connection, project_id: UUID) -> None:
    """Give a move up that was not switched: the project stays where it is, and its copy goes. May be repeated."""
    await fence.set_state(source, project_id, "open")
    await remove_copy(process, target, project_id)
    await fence.take_down(source, project_id)


async def _delete(leaving: Connection, relation: str, condition: str) -> None:
    """In short transactions: others write to the same tables."""
    while True:
        found = await leaving.execute(
            f"DELETE FROM {relation} WHERE ctid = ANY(ARRAY(SELECT t.ctid FROM {relation} t WHERE {condition}"
            f" LIMIT {_BATCH}))"
        )
        if found.rowcount < _BATCH:
            return


async def _bring_late_entries(leaving: Connection, arriving: Connection, project_id: UUID) -> None:
    """Entries of the audit log that were written while the project was being switched."""
    columns = (
        "id, at, project_id, action, actor_id, actor_email, acting_id, acting_email, object_type, object_id, detail"
    )
    found = await leaving.execute(
        f"SELECT {columns} FROM audit_log WHERE project_id = %s AND id IN (SELECT (key ->> 'id')::uuid"
        " FROM moving_changes WHERE project_id = %s AND table_name = 'audit_log')",
        [project_id, project_id],
    )
    rows = [(*row[:10], psycopg.types.json.Jsonb(row[10])) for row in await found.fetchall()]
    if rows:
        async with arriving.cursor() as cursor:
            await cursor.executemany(
                f"INSERT INTO audit_log ({columns}) VALUES ({', '.join(['%s'] * 11)}) ON CONFLICT DO NOTHING", rows
            )
