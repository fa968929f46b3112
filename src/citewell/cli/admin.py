"""`citewell project` and `citewell token`."""

import asyncio
from typing import Annotated
from uuid import UUID

import typer

from citewell.cli.options import DatabaseUrl, DataDir, load_settings, new_database_told, settings_of_existing
from citewell.cli.projects import open_all_cells
from citewell.cli.welcome import OWNER
from citewell.documents.repository.counts import count_by_project
from citewell.process import Process, open_process
from citewell.projects import over_cells
from citewell.projects.repository import list_names
from citewell.projects.schemas import ProjectCreate
from citewell.projects.service import create_project
from citewell.settings import HOME, Settings
from citewell.users.administration import issue_token
from citewell.users.service import ensure_user

projects = typer.Typer(no_args_is_help=True, help="Create and list projects.")
tokens = typer.Typer(no_args_is_help=True, help="Create, list and revoke API tokens.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(projects, name="project")
    app.add_typer(tokens, name="token")


@projects.command("create", epilog='Example: citewell project create "Quarterly reports"')
def project_create(
    name: Annotated[str, typer.Argument(help="Name of the project.")],
    brief: Annotated[str, typer.Option(help="What the project's documents are about.")] = "",
    owner: Annotated[str, typer.Option(help="Email of its admin; created if there is no such user.")] = OWNER,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Create a project and print its id."""
    settings = load_settings(data_dir, database_url)
    with new_database_told(settings):
        typer.echo(asyncio.run(_create_project(settings, name, brief, owner)))


@projects.command("list", epilog="Example: citewell project list")
def project_list(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """List the projects: id, number of documents, name; with several database cells also the cell."""
    settings = settings_of_existing(data_dir, database_url)
    for line in asyncio.run(_list_projects(settings)):
        typer.echo(line)


@tokens.command("create", epilog="Example: CITEWELL_TOKEN=$(citewell token create ada@example.org)")
def token_create(
    email: Annotated[str, typer.Argument(help="Email of the user; created if there is no such user.")],
    superuser: Annotated[bool, typer.Option("--superuser", help="May do everything in every project.")] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Create an API token and print only the token. It is shown only once."""
    settings = load_settings(data_dir, database_url)
    with new_database_told(settings):
        typer.echo(asyncio.run(_create_token(settings, email, superuser)))


async def _create_project(settings: Settings, name: str, brief: str, owner_email: str) -> str:
    request = ProjectCreate(name=name, business_brief=brief)
    async with open_all_cells(settings) as processes:
        home = processes[HOME]
        async with home.database.write() as session:
            owner = await ensure_user(session, owner_email, superuser=owner_email == OWNER)
            if home.placement is None:
                return str((await create_project(session, home.extensions, owner.id, request)).id)
        return str((await over_cells.create_project(home, home.placement, owner.id, request)).id)


async def _list_projects(settings: Settings) -> list[str]:
    """Returns a line for each project, by name.

    The number of documents is "?" where the project's cell does not answer.
    """
    async with open_all_cells(settings) as processes:
        home = processes[HOME]
        async with home.database.read() as session:
            projects = await list_names(session)
        counts = {name: await _count_documents(process) for name, process in processes.items()}
        if home.placement is None:
            return [f"{id_}  {counts[HOME].get(id_, 0):>7}  {name}" for id_, name in projects]
        places = await home.placement.places([id_ for id_, _ in projects])
    found = {id_: counts[cell].get(id_, 0) if cell in counts else "?" for id_, cell in places.items()}
    return [f"{id_}  {found[id_]:>7}  {places[id_]:<10}  {name}" for id_, name in projects]


async def _count_documents(process: Process) -> dict[UUID, int]:
    async with process.database.read() as session:
        return await count_by_project(session)


async def _create_token(settings: Settings, email: str, superuser: bool) -> str:
    async with open_process(settings, embed=False) as resources, resources.database.write() as session:
        return await issue_token(session, email, superuser=superuser)
