"""`citewell source`: where documents come from by themselves."""

import asyncio
import json
import sys
from typing import Annotated, Any, get_args
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from citewell.auth.access import Access
from citewell.auth.caller import Caller
from citewell.cli.ingest import expect_here
from citewell.cli.options import DatabaseUrl, DataDir, expect_database, load_settings
from citewell.connectors import service
from citewell.connectors.kinds import KindName, checked
from citewell.connectors.schemas import SourceCreate
from citewell.errors import BadRequest, NotFound
from citewell.models import Project, Source, User
from citewell.process import open_process
from citewell.resources import Resources
from citewell.settings import Settings

sources = typer.Typer(no_args_is_help=True, help="Add, sync and remove sources of documents.")

SourceId = Annotated[UUID, typer.Argument(metavar="ID", help="Its id, from `citewell source list`.")]
ProjectId = Annotated[UUID, typer.Argument(metavar="PROJECT", help="Its id, from `citewell project list`.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(sources, name="source")


@sources.command(
    "add", epilog="Example: citewell source add PROJECT web Docs --set url=https://docs.example.org/ --every 60"
)
def source_add(
    project: ProjectId,
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
    settings = load_settings(data_dir, database_url)
    expect_database(settings)
    body = {"kind": kind, "name": name, "config": dict(_field(value) for value in values), "every_minutes": every}
    if credentials_stdin:
        body["credentials"] = _read(sys.stdin.read())
    typer.echo(asyncio.run(_add(settings, project, checked(SourceCreate, body, "source"))))


@sources.command("list", epilog="Example: citewell source list")
def source_list(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """List the sources of all projects, with what their last sync did."""
    settings = load_settings(data_dir, database_url)
    expect_database(settings)
    table = Table("id", "project", "kind", "name", "last sync", "documents", box=None)
    for row in asyncio.run(_list(settings)):
        table.add_row(*row)
    Console(soft_wrap=True, markup=False, highlight=False, width=None if sys.stdout.isatty() else 250).print(table)


@sources.command("sync", epilog="Example: citewell source sync 01990c5e-8d5f-7c1e-b5c8-3f2a9d0e4b71")
def source_sync(
    source_id: SourceId,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Delete all documents if the source has nothing any more.")
    ] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Have the running server sync a source now."""
    settings = load_settings(data_dir, database_url)
    expect_database(settings)
    typer.echo(f"The sync {asyncio.run(_sync(settings, source_id, allow_empty))} is queued.")


@sources.command("remove", epilog="Example: citewell source remove 01990c5e-8d5f-7c1e-b5c8-3f2a9d0e4b71")
def source_remove(
    source_id: SourceId,
    documents: Annotated[bool, typer.Option("--documents", help="With the documents that it brought.")] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Have the running server remove a source."""
    settings = load_settings(data_dir, database_url)
    expect_database(settings)
    asyncio.run(_remove(settings, source_id, documents))
    typer.echo("The source is being removed.")


def _field(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise BadRequest(f"{text} is not field=value.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise BadRequest("Standard input is not a JSON object.") from None


async def _add(settings: Settings, project_id: UUID, body: SourceCreate) -> str:
    async with open_process(settings, embed=False) as resources:
        access = await _access(resources, project_id)
        async with resources.database.write() as session:
            return str((await service.create_source(session, resources, access, body)).id)


async def _list(settings: Settings) -> list[tuple[str, ...]]:
    query = select(Source, Project.name).join(Project, Project.id == Source.project_id).order_by(Source.created_at)
    async with open_process(settings, embed=False) as resources, resources.database.read() as session:
        rows = (await session.execute(query.where(Project.deleted_at.is_(None)))).all()
        return [_row(project, await service.to_wire(session, source)) for source, project in rows]


def _row(project: str, source: dict[str, Any]) -> tuple[str, ...]:
    sync = source["last_sync"]
    state = (sync.error or sync.state) if sync else "never"
    counts = f"{sync.added} new, {sync.changed} changed, {sync.deleted} deleted, {sync.failed} failed" if sync else ""
    return str(source["id"]), project, source["kind"], source["name"], state, counts


async def _sync(settings: Settings, source_id: UUID, allow_empty: bool) -> UUID:
    async with open_process(settings, embed=False) as resources:
        access = await _access(resources, await _project_of(resources, source_id))
        async with resources.database.write() as session:
            return (await service.sync_now(session, resources, access, source_id, allow_empty)).id


async def _remove(settings: Settings, source_id: UUID, documents: bool) -> None:
    async with open_process(settings, embed=False) as resources:
        access = await _access(resources, await _project_of(resources, source_id))
        async with resources.database.write() as session:
            await service.remove_source(session, resources, access, source_id, documents)


async def _project_of(resources: Resources, source_id: UUID) -> UUID:
    async with resources.database.read() as session:
        found = await session.scalar(select(Source.project_id).where(Source.id == source_id))
    if found is None:
        raise NotFound("There is no such source.")
    return found


async def _access(resources: Resources, project_id: UUID) -> Access:
    """The command line acts as the owner of the server, a superuser."""
    async with resources.database.read() as session:
        if await session.get(Project, project_id) is None:
            raise NotFound("There is no such project: `citewell project list` names them.")
        await expect_here(session, project_id)
        owner = select(User).where(User.is_superuser).order_by(User.date_joined).limit(1)
        user = (await session.scalars(owner)).one_or_none()
    if user is None:
        raise NotFound("The server has no owner yet: start it once with `citewell serve`.")
    caller = Caller(user.id, user.email, is_superuser=True)
    return Access(project_id, caller, caller, frozenset())
