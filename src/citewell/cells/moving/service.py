"""Moves a project to another cell, continues a move that was interrupted, and cancels one."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from uuid import UUID

import psycopg

from citewell.cells.moving import fence
from citewell.cells.moving.move import Connection, Done, Move, NotSwitched, Tell, cell_in_directory
from citewell.cells.moving.repository import moves
from citewell.cells.moving.repository.moves import MoveRow
from citewell.cells.repository.connections import lift_statement_limit
from citewell.cells.repository.projects import is_active
from citewell.db.confirmed import ConfirmedConnection
from citewell.errors import Conflict, NotFound, SetupError
from citewell.process import Process
from citewell.settings import HOME

_SWITCH_ATTEMPTS = 5


@asynccontextmanager
async def opened_move(processes: dict[str, Process], project_id: UUID, target: str) -> AsyncIterator[Move]:
    """Yields the project's move, which no other process carries out meanwhile; begins it if there is none.

    Raises NotFound if there is no such project; Conflict if it is in `target` already, is moving to another cell, or is
    being moved by another process.
    """
    async with AsyncExitStack() as stack:
        home = await stack.enter_async_context(connected(processes[HOME]))
        if not await moves.try_lock(home, fence.mover_lock_of(project_id)):
            raise Conflict("Another process is moving the project: wait until it ends.")
        stack.push_async_callback(_unlock, home, project_id)
        row = await _begin(home, project_id, target)
        source = await stack.enter_async_context(connected(processes[row.source]))
        yield Move(processes, home, source, await stack.enter_async_context(connected(processes[row.target])), row)


async def _unlock(home: Connection, project_id: UUID) -> None:
    # The lock would end with the connection, but PostgreSQL notices the end of a connection some moments later.
    with suppress(psycopg.Error):
        await moves.unlock(home, fence.mover_lock_of(project_id))


@asynccontextmanager
async def connected(process: Process) -> AsyncIterator[Connection]:
    """A connection with its own session, in autocommit, without a time limit for statements."""
    connect = ConfirmedConnection.connect
    async with await connect(process.database.libpq_url, autocommit=True) as connection:
        await lift_statement_limit(connection)
        yield connection


async def _begin(home: Connection, project_id: UUID, target: str) -> MoveRow:
    """Returns the move under way, or begins one. Raises NotFound and Conflict."""
    row = await moves.find_move(home, project_id)
    if row is None:
        if not await is_active(home, project_id):
            raise NotFound("There is no such project.")
        cell = await cell_in_directory(home, project_id)
        if cell == target:
            raise Conflict(f"The project is in the cell {target} already.")
        await moves.insert_move(home, project_id, cell, target)
        row = await moves.find_move(home, project_id)
    if row is None or row.target != target:
        raise Conflict("The project is being moved to another cell: finish that move, or cancel it with --abandon.")
    return row


async def abandon_move(processes: dict[str, Process], project_id: UUID) -> None:
    """Cancel the move under way. Raises NotFound if there is none, Conflict if the project is in its new cell."""
    async with connected(processes[HOME]) as home:
        row = await moves.find_move(home, project_id)
    if row is None:
        raise NotFound("The project is not moving.")
    async with opened_move(processes, project_id, row.target) as move:
        await move.abandon()


async def _switch(move: Move, tell: Tell) -> Done:
    """Try several times. Raises NotSwitched if even the last attempt takes too long."""
    for attempt in range(1, _SWITCH_ATTEMPTS):
        try:
            return await move.switch()
        except NotSwitched:
            tell(f"not switched in time: attempt {attempt} of {_SWITCH_ATTEMPTS}")
            await move.copy(tell)
    return await move.switch()


async def move_project(processes: dict[str, Process], project_id: UUID, target: str, tell: Tell) -> Done | None:
    """Move a project, or continue a move that was interrupted. `processes` are those of all cells, by name.

    Returns None if an earlier run of the command had switched it. Raises SetupError if there is no cell `target`, and
    what `opened_move` and `Move.switch` raise.
    """
    if target not in processes:
        raise SetupError(f"There is no cell {target}: there are {', '.join(processes)}.")
    async with opened_move(processes, project_id, target) as move:
        done = None
        if not await move.is_switched():
            await move.prepare()
            await move.copy(tell)
            done = await _switch(move, tell)
            tell(f"switched to {target}; nobody could write for {done.closed_seconds:.1f} s")
        await move.finish(tell)
        return done
