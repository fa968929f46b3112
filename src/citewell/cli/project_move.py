"""`citewell project move`."""

import asyncio
from typing import Annotated
from uuid import UUID

import typer

from citewell.cells.hosting import open_cells
from citewell.cells.moving.service import abandon_move, move_project
from citewell.cli.admin import projects
from citewell.cli.options import DatabaseUrl, DataDir, settings_of_existing
from citewell.cli.projects import find_project
from citewell.errors import SetupError
from citewell.kit.ids import is_uuid
from citewell.process import Process, open_process
from citewell.settings import Settings


def add_to(app: typer.Typer) -> None:
    projects.command("move", epilog='Example: citewell project move "Quarterly reports" north')(move)


def move(
    project: Annotated[str, typer.Argument(help="Name or id of the project.")],
    cell: Annotated[str, typer.Argument(help='The cell to move it to, of CITEWELL_CELLS, or "home".')] = "",
    abandon: Annotated[
        bool, typer.Option("--abandon", help="Cancel the move, if the project is still in its old cell.")
    ] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Move a project to another database cell while it is used.

    For some seconds at the end, writes to it are answered with 503 and Retry-After. If the command is interrupted,
    run it again: it continues where it stopped.
    """
    settings = settings_of_existing(data_dir, database_url)
    if not settings.cells:
        raise SetupError("There is one cell only: CITEWELL_CELLS names others.")
    if abandon == bool(cell):
        raise SetupError("Name the cell to move the project to, or give --abandon alone.")
    asyncio.run(_move(settings, project, cell))


async def _move(settings: Settings, project: str, cell: str) -> None:
    async with open_process(settings, embed=False) as home, open_cells(home, None) as cells:
        assert cells is not None
        processes: dict[str, Process] = cells.reachable()
        # By its id, a move can be continued or cancelled although the project was deleted meanwhile.
        project_id = UUID(project) if is_uuid(project) else await find_project(home, project)
        away = {name: reason for name, reason in cells.states().items() if reason}
        if cell in away:
            raise SetupError(f"The cell {cell} does not answer: {away[cell]}")
        if not cell:
            await abandon_move(processes, project_id)
            typer.echo("The move was given up: the project stays where it is.")
            return
        await move_project(processes, project_id, cell, typer.echo)
