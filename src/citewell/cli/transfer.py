"""`citewell export` and `citewell import`."""

import asyncio
import shutil
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from citewell.cells.accounts import AccountCopies
from citewell.cli.options import DatabaseUrl, DataDir, load_settings, new_database_told, settings_of_existing
from citewell.cli.projects import open_all_cells, open_project
from citewell.cli.welcome import OWNER
from citewell.db.file_hold import holding_files
from citewell.errors import Conflict, SetupError
from citewell.models import Project
from citewell.process import Process
from citewell.projects import over_cells
from citewell.projects.repository import get_only_member
from citewell.resources import Placement
from citewell.settings import HOME, Settings
from citewell.transfer.importing import import_project
from citewell.transfer.reading import ProjectFile
from citewell.transfer.writing import About, write_project
from citewell.users.service import ensure_user

_GIB = 2**30


def add_to(app: typer.Typer) -> None:
    app.command(name="export", epilog='Example: citewell export "Quarterly reports" reports.citewell')(export)
    app.command(name="import", epilog="Example: citewell import reports.citewell --owner ada@example.org")(bring_in)


def export(
    project: Annotated[str, typer.Argument(help="Name or id of the project.")],
    target: Annotated[Path, typer.Argument(help="The file to write, such as reports.citewell.")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Write a project into one file: documents, chunks, conversations, agents, tools, tables, feedback, ground truths.

    Ids do not change, so citations of old answers still open after `citewell import`. Members are not exported.
    """
    settings = settings_of_existing(data_dir, database_url)
    if target.exists():
        raise SetupError(f"{target} exists already: choose another name.")
    about = asyncio.run(_export(settings, project, target))
    typer.echo(f"Wrote {target}: {sum(about.rows.values()):,} rows, {about.files:,} files.")


def bring_in(
    source: Annotated[Path, typer.Argument(help="A file that `citewell export` wrote.")],
    owner: Annotated[str, typer.Option(help="Email of its admin; created if there is no such user.")] = OWNER,
    max_gib: Annotated[float, typer.Option(help="Refuse an archive that unpacks to more than this.", min=0.001)] = 50.0,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Import a project that `citewell export` wrote, with the same ids. All of it is imported, or nothing."""
    settings = load_settings(data_dir, database_url)
    file = ProjectFile(source, round(max_gib * _GIB))
    free = shutil.disk_usage(settings.data_dir.expanduser().resolve().parent).free
    needed = file.about.files_bytes
    if needed > free:
        raise SetupError(f"The project has {needed / _GIB:.1f} GiB of files; {free / _GIB:.1f} GiB are free.")
    with new_database_told(settings):
        asyncio.run(_import(settings, file, owner))
    typer.echo(f"Brought in {file.about.name} ({file.about.project}).")


async def _export(settings: Settings, project: str, target: Path) -> About:
    async with open_project(settings, project, embed=False) as found:
        hold = holding_files(found.process.database.accounts.url)  # whose lock all deletions take
        await asyncio.to_thread(hold.__enter__)
        try:
            return await write_project(found.process, found.id, target)
        finally:
            await asyncio.to_thread(hold.__exit__, None, None, None)


async def _import(settings: Settings, file: ProjectFile, owner: str) -> UUID:
    async with open_all_cells(settings) as processes:
        home = processes[HOME]
        async with home.database.write() as session:
            user = await ensure_user(session, owner, superuser=owner == OWNER)
        if home.placement is None:
            await import_project(home, file, user.id)
        else:
            await _import_into_cell(home, home.placement, file, user.id)
    return file.about.project


async def _import_into_cell(home: Process, placement: Placement, file: ProjectFile, owner_id: UUID) -> None:
    """Into the cell for new projects. The project exists once the home cell says so. Raises Conflict."""
    cell, of_cell = await placement.cell_for_new(owner_id)
    project_id = file.about.project
    async with home.database.write() as session:
        if cell != HOME and await session.get(Project, project_id) is not None:
            raise Conflict(f"The project {project_id} is here already: delete it first.")
    if cell != HOME:
        await AccountCopies(home.database, of_cell.database).compare(("users",))  # whom rows of the file may name
    await import_project(of_cell, file, owner_id)
    if cell != HOME:
        async with of_cell.database.write() as session:
            project = await session.get_one(Project, project_id)
            member = await get_only_member(session, project_id)
        await over_cells.register(home, project, member, cell)
