"""The cells of a process: opened beside the home cell, watched, and closed with it.

A cell that does not answer is left out, at the start as well as later, and tried again: its projects say so, and those
of the others are served.
"""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import psycopg
import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp

from citewell.cells.accounts import AccountCopies, watch_accounts
from citewell.cells.directory import Directory
from citewell.cells.moving.recovery import watch_moves
from citewell.cells.repository.connections import ping
from citewell.cells.repository.directory import find_used_cells
from citewell.db.engine import Database
from citewell.errors import CellUnavailable, CitewellError, SetupError
from citewell.process import Process, open_process
from citewell.settings import HOME, Settings

log = structlog.get_logger(__name__)

_START_SECONDS = 20.0  # that a start waits for all cells
_RETRY_SECONDS = 2.0
_LOOK_SECONDS = 0.5
_ANSWER_SECONDS = 2.0  # within which a cell must answer

MakeApp = Callable[[Process], ASGIApp]


@dataclass
class Cell:
    """A cell other than the home cell. `process` is None until it was opened; `reason` says why it does not answer."""

    name: str
    settings: Settings
    process: Process | None = None
    app: ASGIApp | None = None
    accounts: AccountCopies | None = None
    reason: str = "it was not opened yet"
    tried: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_up(self) -> bool:
        return self.process is not None and not self.process.database.is_away


class Cells:
    """All cells of a process. Implements `Placement`."""

    def __init__(self, home: Process, others: dict[str, Cell]) -> None:
        self.home = home
        self.others = others
        self.directory = Directory(home.database)

    def names(self) -> tuple[str, ...]:
        return HOME, *self.others

    def cell(self, name: str) -> Cell:
        """Returns a cell other than the home cell.

        Raises CellUnavailable where it does not answer or the settings do not name it.
        """
        found = self.others.get(name)
        if found is None or not found.is_up:
            raise CellUnavailable(name)
        return found

    async def resources_of(self, project_id: UUID) -> Process:
        name = await self.directory.cell_of(project_id)
        return self._opened(name)

    def _opened(self, name: str) -> Process:
        if name != HOME:
            process = self.cell(name).process
            assert process is not None
            return process
        if self.home.database.is_away:
            raise CellUnavailable(HOME)
        return self.home

    async def cell_for_new(self, user_id: UUID) -> tuple[str, Process]:
        name = self.home.settings.cell_of_new_projects
        process = self._opened(name)
        if name != HOME:
            await self.ensure_user(name, user_id)
        return name, process

    async def ensure_user(self, name: str, user_id: UUID) -> None:
        """Copies a user to the cell before they do something there."""
        accounts = self.cell(name).accounts
        assert accounts is not None
        await accounts.ensure_user(user_id)

    async def places(self, projects: Sequence[UUID]) -> dict[UUID, str]:
        return await self.directory.places(projects)

    def reachable(self) -> dict[str, Process]:
        found = {} if self.home.database.is_away else {HOME: self.home}
        return found | {name: cell.process for name, cell in self.others.items() if cell.is_up and cell.process}

    def states(self) -> dict[str, str]:
        """Returns why each cell does not answer; an empty text for one that does."""
        home = "the database does not answer" if self.home.database.is_away else ""
        return {HOME: home} | {name: "" if cell.is_up else cell.reason for name, cell in self.others.items()}


@contextlib.asynccontextmanager
async def open_cells(home: Process, make_app: MakeApp | None, *, worker: bool = False) -> AsyncIterator[Cells | None]:
    """Open the cells of the settings beside the home cell; None if there are none.

    Each has the application that `make_app` makes of its process, and, with `worker`, does its background jobs if the
    settings do not leave that to others. Raises SetupError where the home cell's database is another one's, and where
    the directory has a cell that the settings do not name.
    """
    await _check_home(home)
    if not home.settings.cells:
        yield None
        return
    cells = Cells(home, {name: Cell(name, settings_of(home.settings, name)) for name in home.settings.cells})
    await watch_accounts(home.database)
    await cells.directory.placed()
    home.placement = cells
    works = {name: worker and name in (home.settings.worker_cells or cells.names()) for name in cells.others}
    stopping = asyncio.Event()
    async with contextlib.AsyncExitStack() as stack:
        for cell in cells.others.values():
            keep = functools.partial(_keep_open, cells, cell, make_app, stopping, worker=works[cell.name])
            task = asyncio.create_task(keep(), name=f"cell-{cell.name}")
            stack.push_async_callback(_wait_for_end, task)
            look = functools.partial(_watch, cell)
            await stack.enter_async_context(home.loops.running(f"cell-watch-{cell.name}", look))
        stack.callback(stopping.set)
        watch_home = functools.partial(_watch_home, home.database)
        await stack.enter_async_context(home.loops.running("cell-watch-home", watch_home))
        await stack.enter_async_context(home.loops.running("moves", functools.partial(watch_moves, cells.reachable)))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_START_SECONDS):
                for cell in cells.others.values():
                    await cell.tried.wait()
        yield cells


async def _check_home(home: Process) -> None:
    if home.cell != HOME:
        raise SetupError(
            f"This database is the cell {home.cell} of an installation: name the home cell's with CITEWELL_DATABASE_URL"
            " and this one in CITEWELL_CELLS."
        )
    async with home.database.read() as session:
        used = await find_used_cells(session)
    if unknown := used - set(home.settings.cells):
        raise SetupError(f"Projects live in the cell {', '.join(sorted(unknown))}: name it in CITEWELL_CELLS.")


def settings_of(settings: Settings, name: str) -> Settings:
    """Returns the settings of a cell: its own database, without what only the home cell has."""
    own: dict[str, object] = {
        "database_url": settings.cells[name],
        "database_direct_url": settings.cells_direct.get(name),
        "database_read_url": settings.cells_read.get(name),
        "oidc_providers": {},
        "cells": {},
        "cells_direct": {},
        "cells_read": {},
    }
    return settings.model_copy(update=own)


async def _wait_for_end(task: asyncio.Task[None]) -> None:
    await asyncio.gather(task, return_exceptions=True)


async def _keep_open(
    cells: Cells, cell: Cell, make_app: MakeApp | None, stopping: asyncio.Event, *, worker: bool
) -> None:
    """Open the cell, again and again until it answers, and keep it until the process stops."""
    while not stopping.is_set():
        try:
            async with open_process(cell.settings, worker=worker, home=cells.home, cell=cell.name) as process:
                accounts = AccountCopies(cells.home.database, process.database)
                async with process.loops.running("accounts", accounts.run):
                    process.placement = cells
                    cell.accounts, cell.app = accounts, make_app(process) if make_app is not None else None
                    cell.process, cell.reason = process, ""
                    cell.tried.set()
                    log.info("cell_opened", cell=cell.name)
                    await stopping.wait()
                    cell.process = cell.app = cell.accounts = None
        except (CitewellError, SQLAlchemyError, psycopg.Error, OSError) as error:
            cell.reason = getattr(error, "message", None) or str(error).split("\n", 1)[0]
            log.error("cell_not_opened", cell=cell.name, reason=cell.reason)
        except Exception as error:
            cell.reason = "it could not be opened; the server's log says why"
            log.error("cell_not_opened", cell=cell.name, exc_info=error)
        cell.tried.set()
        if not stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), _RETRY_SECONDS)


async def _watch(cell: Cell) -> None:
    """Checks until cancelled whether the cell answers."""
    while True:
        if cell.process is not None:
            await _follow(cell.process.database, cell)
        await asyncio.sleep(_LOOK_SECONDS)


async def _follow(database: Database, cell: Cell | None = None) -> None:
    """Ask the database whether it lives, on a connection of its own, until that is lost; then say whether it is away.

    One lost connection says nothing: it is away when no new one can be had.
    """
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            connection = await psycopg.AsyncConnection.connect(database.libpq_url, autocommit=True)
    except (psycopg.Error, OSError, TimeoutError) as error:
        _note(database, cell, str(error).strip().split("\n", 1)[0] or "it does not answer")
        return
    _note(database, cell, "")
    with contextlib.suppress(psycopg.Error, OSError, TimeoutError):
        async with connection:
            while cell is None or cell.process is not None:
                async with asyncio.timeout(_ANSWER_SECONDS):
                    await ping(connection)
                await asyncio.sleep(_LOOK_SECONDS)


def _note(database: Database, cell: Cell | None, reason: str) -> None:
    was_away, database.is_away = database.is_away, bool(reason)
    name = cell.name if cell is not None else HOME
    if cell is not None:
        cell.reason = reason
    if database.is_away and not was_away:
        log.error("cell_unreachable", cell=name, reason=reason)
    elif was_away and not database.is_away:
        log.warning("cell_reachable_again", cell=name)


async def _watch_home(database: Database) -> None:
    while True:
        await _follow(database)
        await asyncio.sleep(_LOOK_SECONDS)
