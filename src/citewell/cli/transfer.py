"""`citewell export` and `citewell import`."""

import asyncio
import shutil
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from citewell.cli.ingest import find_project
from citewell.cli.options import DatabaseUrl, DataDir, expect_database, load_settings, new_database_told
from citewell.cli.welcome import OWNER
from citewell.db.file_hold import holding_files
from citewell.errors import SetupError
from citewell.process import open_process
from citewell.settings import Settings
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

    Ids stay as they are, so citations of old answers open after `citewell import` elsewhere. Members stay here.
    """
    settings = load_settings(data_dir, database_url)
    expect_database(settings)
    if target.exists():
        raise SetupError(f"{target} exists already: choose another name.")
    about = asyncio.run(_export(settings, project, target))
    typer.echo(f"Wrote {target}: {sum(about.rows.values()):,} rows, {about.files:,} files.")


def bring_in(
    source: Annotated[Path, typer.Argument(help="A file that `citewell export` wrote.")],
    owner: Annotated[str, typer.Option(help="Email of its admin; made if there is no such user.")] = OWNER,
    max_gib: Annotated[float, typer.Option(help="Refuse what unpacks to more.", min=0.001)] = 50.0,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Bring in a project that `citewell export` wrote, under the same ids: all of it, or nothing."""
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
    async with open_process(settings, embed=False) as resources:
        project_id = (await find_project(resources, project)).id
        hold = holding_files(resources.database.url)
        await asyncio.to_thread(hold.__enter__)
        try:
            return await write_project(resources, project_id, target)
        finally:
            await asyncio.to_thread(hold.__exit__, None, None, None)


async def _import(settings: Settings, file: ProjectFile, owner: str) -> UUID:
    async with open_process(settings, embed=False) as resources:
        async with resources.database.write() as session:
            user = await ensure_user(session, owner, superuser=owner == OWNER)
        await import_project(resources, file, user.id)
    return file.about.project
