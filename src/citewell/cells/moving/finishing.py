"""What follows the switch: jobs move to the new cell, then the old copy is removed.

Also undoes a move that was given up.
"""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg

from citewell.cells.moving import fence
from citewell.cells.moving.repository.handover import (
    count_jobs,
    delete_jobs,
    delete_rows,
    find_late_entries,
    find_waiting_jobs,
    insert_entries,
    insert_jobs,
)
from citewell.cells.moving.repository.tables import moved_tables
from citewell.cells.repository.projects import delete_project_row
from citewell.db.partitions import drop_project_partition
from citewell.process import Process
from citewell.settings import HOME

Connection = psycopg.AsyncConnection[Any]

_GRACE_SECONDS = 5.0  # until every process has read the directory again
_JOBS_SECONDS = 900.0  # for jobs that began in the old cell to notice the move


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
    if jobs := await find_waiting_jobs(leaving, project_id):
        await insert_jobs(arriving, jobs)
        await delete_jobs(leaving, jobs)
    return await count_jobs(leaving, project_id)


async def remove_copy(process: Process, leaving: Connection, project_id: UUID) -> None:
    """Remove the project's rows in a cell where it does not live, but for accounts; never files. May be repeated."""
    await fence.set_state(leaving, project_id, "leaving")
    for moved in reversed(moved_tables(project_id)):
        if moved.name not in ("passages", "projects") and not moved.is_log:
            await delete_rows(leaving, moved)
    async with process.database.write(statement_seconds=0) as session:
        if process.cell != HOME:
            await delete_project_row(session, project_id)
        await drop_project_partition(await session.connection(), project_id)
    await fence.take_down(leaving, project_id)


async def abandon(source: Connection, process: Process, target: Connection, project_id: UUID) -> None:
    """Give a move up that was not switched: the project stays where it is, and its copy goes. May be repeated."""
    await fence.set_state(source, project_id, "open")
    await remove_copy(process, target, project_id)
    await fence.take_down(source, project_id)


async def _bring_late_entries(leaving: Connection, arriving: Connection, project_id: UUID) -> None:
    """Entries of the audit log that were written while the project was being switched."""
    if entries := await find_late_entries(leaving, project_id):
        await insert_entries(arriving, entries)
