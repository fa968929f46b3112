"""The project that a command names, in whichever cell it lives, and all cells for commands that look through all."""

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import psycopg
import typer
from sqlalchemy.exc import SQLAlchemyError

from citewell.auth.caller import Caller
from citewell.cells.accounts import AccountCopies
from citewell.cells.hosting import open_cells, settings_of
from citewell.cli.welcome import OWNER
from citewell.errors import BadRequest, NotFound, SetupError
from citewell.models import ProjectCell
from citewell.process import Process, open_process
from citewell.projects import repository
from citewell.resources import Resources
from citewell.settings import HOME, Settings
from citewell.users.service import ensure_user


@dataclass(frozen=True)
class OpenProject:
    """A project, and the process of the cell in which it lives."""

    id: UUID
    process: Process


@contextlib.asynccontextmanager
async def open_project(
    settings: Settings, name: str, *, worker: bool = False, embed: bool = True
) -> AsyncIterator[OpenProject]:
    """Open the cell of the project with this id or name, with a worker if wanted.

    Raises NotFound, BadRequest where several projects have the name, SetupError where its cell does not answer.
    """
    async with contextlib.AsyncExitStack() as stack:
        home = await stack.enter_async_context(open_process(settings, worker=worker, embed=embed))
        project_id = await find_project(home, name)
        cell = await cell_of(home, project_id)
        process = home
        if cell != HOME:
            process = await _open_cell(home, cell, stack, worker=worker)
        yield OpenProject(project_id, process)


@contextlib.asynccontextmanager
async def open_all_cells(settings: Settings) -> AsyncIterator[Mapping[str, Process]]:
    """Opens each cell that answers, without an embedding model.

    Yields them by name, the home cell first; prints which do not answer.
    """
    async with open_process(settings, embed=False) as home:
        if not settings.cells or home.cell != HOME:
            yield {HOME: home}
            return
        async with open_cells(home, None) as cells:
            assert cells is not None
            for name, reason in cells.states().items():
                if reason:
                    typer.echo(f"The cell {name} is left out, because it does not answer: {reason}", err=True)
            yield cells.reachable()


async def find_project(resources: Resources, name: str) -> UUID:
    """Returns a project by id or by name, in the home cell, which knows all.

    Raises NotFound, and BadRequest where several have the name.
    """
    async with resources.database.read() as session:
        found = await repository.list_ids_matching(session, name, limit=2)
    missing = f'There is no project "{name}": make it with `citewell project create "{name}"`.'
    return only_match(found, missing, several=f'Several projects are called "{name}".')


def only_match(found: Sequence[UUID], missing: str, several: str) -> UUID:
    """Returns the only id that was found.

    Raises NotFound with `missing`, or BadRequest with `several` and what to do.
    """
    if not found:
        raise NotFound(missing)
    if len(found) > 1:
        raise BadRequest(f"{several} Use the id of one.")
    return found[0]


async def owner_of(process: Process) -> Caller:
    """Returns the owner of the server, as whom commands act; made if there is none, and known in the process's cell."""
    accounts = process.database.accounts
    async with accounts.write() as session:
        owner = await ensure_user(session, OWNER, superuser=True)
    if accounts is not process.database:
        await AccountCopies(accounts, process.database).ensure_user(owner.id)
    return Caller(owner.id, owner.email, owner.is_superuser)


async def cell_of(home: Process, project_id: UUID) -> str:
    """Returns the name of the cell in which a project lives."""
    async with home.database.read() as session:
        placed = await session.get(ProjectCell, project_id)
    return placed.cell if placed is not None else HOME


async def _open_cell(home: Process, cell: str, stack: contextlib.AsyncExitStack, *, worker: bool) -> Process:
    """Raises SetupError for one that does not answer, or that the settings do not name."""
    if cell not in home.settings.cells:
        raise SetupError(f"The project is in the cell {cell}: name that in CITEWELL_CELLS.")
    opening = open_process(settings_of(home.settings, cell), worker=worker, home=home, cell=cell)
    try:
        return await stack.enter_async_context(opening)
    except (SetupError, SQLAlchemyError, psycopg.Error, OSError) as error:
        reason = getattr(error, "message", None) or str(error).strip().split("\n", 1)[0]
        raise SetupError(f"The project is in the cell {cell}, which cannot be opened: {reason}") from error
