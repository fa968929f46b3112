"""`citewell source`: sources from which documents are imported automatically."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from typing import Annotated, Any, get_args
from uuid import UUID

import typer
from rich.table import Table

from citewell.auth.access import Access
from citewell.cli.options import DatabaseUrl, DataDir, settings_of_existing
from citewell.cli.projects import cell_of, open_all_cells, open_project, owner_of
from citewell.cli.tables import print_table
from citewell.connectors import repository, service
from citewell.connectors.kinds import KindName, checked
from citewell.connectors.schemas import SourceCreate
from citewell.errors import BadRequest, NotFound
from citewell.process import Process
from citewell.settings import HOME, Settings

sources = typer.Typer(no_args_is_help=True, help="Add, sync and remove sources of documents.")

SourceId = Annotated[UUID, typer.Argument(metavar="ID", help="Its id, from `citewell source list`.")]
ProjectName = Annotated[str, typer.Argument(help="Name or id of the project.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(sources, name="source")


@sources.command(
    "add", epilog="Example: citewell source add Handbook web Docs --set url=https://docs.example.org/ --every 60"
)
def source_add(
    project: ProjectName,
    kind: Annotated[str, typer.Argument(help=f"One of {', '.join(get_args(KindName))}.")],
    name: Annotated[str, typer.Argument(help="What the source is called.")],
    values: Annotated[
        list[str], typer.Option("--set", help="A field of its config, as field=value; values may be JSON.")
    ],
    every: Annotated[int | None, typer.Option(help="Minutes between two syncs; none: on demand.")] = None,
    credentials_stdin: Annotated[
        bool, typer.Option("--credentials-stdin", help="Read credentials from standard input, as a JSON object.")
    ] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Add a source and print its id. The running server syncs it."""
    settings = settings_of_existing(data_dir, database_url)
    body = {"kind": kind, "name": name, "config": dict(_field(value) for value in values), "every_minutes": every}
    if credentials_stdin:
        body["credentials"] = _read(sys.stdin.read())
    typer.echo(asyncio.run(_add(settings, project, checked(SourceCreate, body, "source"))))


@sources.command("list", epilog="Example: citewell source list")
def source_list(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """List the sources of all projects, with what their last sync did."""
    settings = settings_of_existing(data_dir, database_url)
    table = Table("id", "project", "kind", "name", "last sync", "documents", box=None)
    for row in asyncio.run(_list(settings)):
        table.add_row(*row)
    print_table(table)


@sources.command("sync", epilog="Example: citewell source sync 01990c5e-8d5f-7c1e-b5c8-3f2a9d0e4b71")
def source_sync(
    source_id: SourceId,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="If the source is empty now, delete all its documents.")
    ] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Tell the running server to sync a source now."""
    settings = settings_of_existing(data_dir, database_url)
    typer.echo(f"The sync {asyncio.run(_sync(settings, source_id, allow_empty))} is queued.")


@sources.command("remove", epilog="Example: citewell source remove 01990c5e-8d5f-7c1e-b5c8-3f2a9d0e4b71")
def source_remove(
    source_id: SourceId,
    documents: Annotated[bool, typer.Option("--documents", help="Also delete the documents that it added.")] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Tell the running server to remove a source."""
    settings = settings_of_existing(data_dir, database_url)
    asyncio.run(_remove(settings, source_id, documents))
    typer.echo("The source is being removed.")


def _field(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise BadRequest(f"{text} is not of the form field=value.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise BadRequest("Standard input is not a JSON object.") from None


async def _add(settings: Settings, project: str, body: SourceCreate) -> str:
    async with open_project(settings, project, embed=False) as opened:
        access = await _access(opened.process, opened.id)
        async with opened.process.database.write() as session:
            return str((await service.create_source(session, opened.process, access, body)).id)


async def _list(settings: Settings) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    async with open_all_cells(settings) as processes:
        for name, process in processes.items():
            async with process.database.read() as session:
                for source, project in await repository.list_sources_with_projects(session):
                    if await cell_of(processes[HOME], source.project_id) == name:  # a moving one is in two cells
                        found.append(_row(project, await service.to_wire(session, source)))
    return found


def _row(project: str, source: dict[str, Any]) -> tuple[str, ...]:
    sync = source["last_sync"]
    state = (sync.error or sync.state) if sync else "never"
    counts = f"{sync.added} new, {sync.changed} changed, {sync.deleted} deleted, {sync.failed} failed" if sync else ""
    return str(source["id"]), project, source["kind"], source["name"], state, counts


async def _sync(settings: Settings, source_id: UUID, allow_empty: bool) -> UUID:
    async with _opened(settings, source_id) as (process, access), process.database.write() as session:
        return (await service.sync_now(session, process, access, source_id, allow_empty)).id


async def _remove(settings: Settings, source_id: UUID, documents: bool) -> None:
    async with _opened(settings, source_id) as (process, access), process.database.write() as session:
        await service.remove_source(session, process, access, source_id, documents)


@contextlib.asynccontextmanager
async def _opened(settings: Settings, source_id: UUID) -> AsyncIterator[tuple[Process, Access]]:
    """The cell that has the source, and access to its project. Raises NotFound."""
    async with open_all_cells(settings) as processes:
        for name, process in processes.items():
            async with process.database.read() as session:
                project_id = await repository.find_project_of_source(session, source_id)
            if project_id is not None and await cell_of(processes[HOME], project_id) == name:
                yield process, await _access(process, project_id)
                return
        raise NotFound("There is no such source.")


async def _access(process: Process, project_id: UUID) -> Access:
    """The command line acts as the owner of the server, a superuser."""
    owner = await owner_of(process)
    return Access(project_id, owner, owner, frozenset())
