"""Moves jobs and late audit entries after the switch, and removes the old rows."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from citewell.cells.moving.repository.tables import Moved

Connection = psycopg.AsyncConnection[Any]

_BATCH = 5_000
# Columns of a job that are copied. All others concern only its own cell.
_JOB = "queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at"
_ENTRY = "id, at, project_id, action, actor_id, actor_email, acting_id, acting_email, object_type, object_id, detail"
_OF_PROJECT = "args ->> 'project_id' = %s"


async def find_waiting_jobs(leaving: Connection, project_id: UUID) -> list[tuple[Any, ...]]:
    """Returns the first of the project's jobs that wait; each is its id followed by its columns."""
    found = await leaving.execute(
        f"SELECT id, {_JOB} FROM procrastinate_jobs WHERE status = 'todo' AND {_OF_PROJECT} ORDER BY id LIMIT {_BATCH}",
        [str(project_id)],
    )
    return await found.fetchall()


async def insert_jobs(arriving: Connection, jobs: Sequence[tuple[Any, ...]]) -> None:
    """Insert the rows of `find_waiting_jobs`, in one transaction and with new ids."""
    async with arriving.transaction(), arriving.cursor() as cursor:
        await cursor.executemany(
            f"INSERT INTO procrastinate_jobs ({_JOB}) VALUES ({', '.join(['%s'] * 7)}) ON CONFLICT DO NOTHING",
            [(*row[1:6], Jsonb(row[6]), row[7]) for row in jobs],
        )


async def delete_jobs(leaving: Connection, jobs: Sequence[tuple[Any, ...]]) -> None:
    """Delete the rows of `find_waiting_jobs`."""
    await leaving.execute("DELETE FROM procrastinate_jobs WHERE id = ANY(%s)", [[row[0] for row in jobs]])


async def count_jobs(leaving: Connection, project_id: UUID) -> int:
    """Returns the project's jobs that wait or are being done."""
    found = await leaving.execute(
        f"SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND {_OF_PROJECT}",
        [str(project_id)],
    )
    row = await found.fetchone()
    return int(row[0]) if row is not None else 0


async def find_late_entries(leaving: Connection, project_id: UUID) -> list[tuple[Any, ...]]:
    """Returns the entries of the audit log that were noted as changes since the last catching up."""
    found = await leaving.execute(
        f"SELECT {_ENTRY} FROM audit_log WHERE project_id = %s AND id IN (SELECT (key ->> 'id')::uuid"
        " FROM moving_changes WHERE project_id = %s AND table_name = 'audit_log')",
        [project_id, project_id],
    )
    return await found.fetchall()


async def insert_entries(arriving: Connection, entries: Sequence[tuple[Any, ...]]) -> None:
    """Insert the rows of `find_late_entries`; those that are there already stay."""
    async with arriving.cursor() as cursor:
        await cursor.executemany(
            f"INSERT INTO audit_log ({_ENTRY}) VALUES ({', '.join(['%s'] * 11)}) ON CONFLICT DO NOTHING",
            [(*row[:10], Jsonb(row[10])) for row in entries],
        )


async def delete_rows(leaving: Connection, moved: Moved) -> None:
    """Delete the project's rows of the table, in short transactions: others write to the same one."""
    while True:
        found = await leaving.execute(
            f"DELETE FROM {moved.relation} WHERE ctid = ANY(ARRAY(SELECT t.ctid FROM {moved.relation} t"
            f" WHERE {moved.of_project} LIMIT {_BATCH}))"
        )
        if found.rowcount < _BATCH:
            return
