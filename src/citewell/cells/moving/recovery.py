"""Moves whose command was killed: a project that was closed is opened again, the old copy of one that was switched is
removed.

Every server and worker looks. Whoever carries out a move holds the project's lock in the home cell, and is left alone.
"""

import asyncio
from collections.abc import Callable
from uuid import UUID

import psycopg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from citewell.cells.moving import fence
from citewell.cells.moving.move import Move, cell_in_directory
from citewell.cells.moving.repository.fence import fetch_closed
from citewell.cells.moving.repository.moves import find_move, try_lock
from citewell.cells.moving.service import connected, opened_move
from citewell.errors import CitewellError
from citewell.process import Process
from citewell.settings import HOME

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 2.0


async def watch_moves(reachable: Callable[[], dict[str, Process]]) -> None:
    """Recovers moves in the cells that answer, until cancelled."""
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        for name, process in reachable().items():
            try:
                for project_id in await fetch_closed(process.database):
                    await _recover(reachable(), name, project_id)
            except (CitewellError, SQLAlchemyError, psycopg.Error, OSError) as error:
                log.warning("move_not_recovered", cell=name, reason=str(error).split("\n", 1)[0])


async def _recover(processes: dict[str, Process], name: str, project_id: UUID) -> None:
    """Reopens or finishes a project that is closed in this cell, if no process moves it."""
    if HOME not in processes:
        return
    async with connected(processes[HOME]) as home:
        if not await try_lock(home, fence.mover_lock_of(project_id)):
            return
        row = await find_move(home, project_id)
        if await cell_in_directory(home, project_id) == name:
            async with connected(processes[name]) as source:
                await fence.set_state(source, project_id, "open")
            log.warning("move_interrupted", project=str(project_id), cell=name)
            return
    if row is not None and row.target in processes:
        async with opened_move(processes, project_id, row.target) as move:
            await _finish(move)


async def _finish(move: Move) -> None:
    log.warning("interrupted_move_finished", project=str(move.project_id), cell=move.target_cell)
    await move.finish(lambda line: log.info("move_step", step=line))
