"""`citewell doctor`: what works, what does not, and what to do about it."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import msgspec
import psycopg
import typer
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from citewell.cli.options import DatabaseUrl, DataDir, load_settings
from citewell.cli.outside_checks import check_embedding, check_model, check_providers, check_running, check_store
from citewell.db import extensions
from citewell.db.embedded import root_warning
from citewell.db.engine import Database, libpq_url
from citewell.db.migrate import migrate
from citewell.db.planner import random_page_cost
from citewell.documents.orphans import FileReport, check_files
from citewell.errors import CitewellError, SetupError
from citewell.factories import direct_url, open_files, pool_options
from citewell.installation.checks import (
    check_cells,
    check_converter,
    check_disk,
    check_exposure,
    check_isolation,
    check_recognition,
    check_schema,
    check_use,
)
from citewell.installation.database_checks import check_replica
from citewell.kit.finding import Finding
from citewell.process import database_url as open_database
from citewell.settings import Settings

console = Console(highlight=False, soft_wrap=True)

_MOST_PAGE_COST = 2.0
_COSTS = {
    "pg_textsearch": "searches by words use plain SQL, slower on large projects",
    "vectorscale": "optional: only very large projects would profit from it",
    "age": "optional: graph queries are not available without it",
}


def add_to(app: typer.Typer) -> None:
    app.command(epilog="Example: citewell doctor --data-dir /srv/citewell --url http://127.0.0.1:8080")(doctor)


def doctor(
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    files: Annotated[bool, typer.Option("--files", help="Also compare the stored files with the database.")] = False,
    url: Annotated[
        str | None,
        typer.Option(help="The running server. [default: CITEWELL_PUBLIC_URL, else http://127.0.0.1:8000]"),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON array of {level, subject, text, code, values}.")
    ] = False,
) -> None:
    """Check the database, the folders, the models and the running server. Upgrades nothing.

    Exits with 1 if something must be fixed. If no server answers, it says so and checks the rest.
    """
    settings = load_settings(data_dir, database_url)
    findings = asyncio.run(_examine(settings, url, files=files, quiet=as_json))
    if as_json:
        typer.echo(msgspec.json.encode([asdict(finding) for finding in findings]).decode())
    bad = [finding.subject for finding in findings if finding.level == "bad"]
    if bad:
        raise SetupError(f"To be fixed: {', '.join(bad)}.")


async def _examine(
    settings: Settings, server: str | None, *, files: bool = False, quiet: bool = False
) -> list[Finding]:
    """Returns all findings; each is printed as soon as it is made, unless `quiet`."""
    found: list[Finding] = []
    async for finding in _check_all(settings, server, files=files):
        found.append(finding)
        if not quiet:
            sign = {"ok": "[green]ok  [/]", "note": "[yellow]note[/]", "bad": "[red]bad [/]"}[finding.level]
            console.print(f"{sign} [bold]{finding.subject}[/]: {finding.text}")
    return found


async def _check_all(settings: Settings, server: str | None, *, files: bool) -> AsyncIterator[Finding]:
    folder = _folder(settings.data_dir)
    yield folder
    if folder.level == "ok":
        yield check_disk(settings)
    yield await check_running(settings, server)
    async for finding in _check_database(settings, files=files):
        yield finding
    for finding in await asyncio.to_thread(lambda: list(check_cells(settings))):
        yield finding
    if (standby := settings.database_read_url) is not None:
        yield await asyncio.to_thread(check_replica, standby.get_secret_value(), settings)
    warning = root_warning(settings.data_dir) if settings.database_url is None else None
    if warning:
        yield Finding("note", "root", warning)
    for finding in [*check_exposure(settings), *await check_providers(settings)]:
        yield finding
    yield await check_model(settings)
    yield await check_embedding(settings)
    yield await asyncio.to_thread(check_recognition, settings)
    yield check_converter()
    yield await asyncio.to_thread(check_isolation)


async def _check_database(settings: Settings, *, files: bool) -> AsyncIterator[Finding]:
    """Checks the database and the file store while the database runs. An embedded one is started for it."""
    async with AsyncExitStack() as stack:
        try:
            url = await open_database(settings, stack)
            session_url = direct_url(settings) or url
            outdated = await asyncio.to_thread(check_schema, session_url)
            if outdated is not None:
                yield outdated
            else:
                present = await asyncio.to_thread(migrate, session_url)
                for finding in await asyncio.to_thread(lambda: list(_database(settings, url, present))):
                    yield finding
                for finding in await asyncio.to_thread(lambda: list(check_use(session_url))):
                    yield finding
            yield await check_store(settings)
            if files and outdated is None:
                for finding in await _stored_files(settings, url):
                    yield finding
        except CitewellError as error:
            yield Finding("bad", "database", error.message)


async def _stored_files(settings: Settings, url: str) -> list[Finding]:
    """Orphans in both directions, of all cells that answer: `check_cells` tells of the others."""
    home = Database(url)
    try:
        findings = _findings_of(await check_files(home, open_files(settings)), "files")
        for name, address in settings.urls_of_cells.items():
            cell = Database(address)
            cell.accounts = home  # which knows the cell of each project
            try:
                findings += _findings_of(await check_files(cell, open_files(settings), name), f"cell {name}, files")
            except (SQLAlchemyError, OSError):
                continue
            finally:
                await cell.close()
    finally:
        await home.close()
    return findings


def _findings_of(found: FileReport, subject: str) -> list[Finding]:
    if not found.unnamed and not found.unfinished and not found.missing and not found.lost:
        return [Finding("ok", subject, f"{found.files:,} files, each named by a row, and none is missing")]
    findings = [
        Finding("bad", subject, f"the file of {name} (document {document_id}, project {project_id}) is gone: upload it")
        for project_id, document_id, name in found.missing
    ]
    findings += [
        Finding(
            "bad", subject, f"the file of {what} {identity} (project {project_id}) is gone: restore it from a backup"
        )
        for project_id, identity, what in found.lost
    ]
    if found.unnamed:
        shown = ", ".join(found.unnamed[:3])
        text = f"{len(found.unnamed):,} files belong to nothing ({shown}); the daily check removes them"
        findings.append(Finding("note", subject, text))
    if found.unfinished:
        text = f"{len(found.unfinished):,} files were cut off by a kill; the daily check removes them"
        findings.append(Finding("note", subject, text))
    return findings


def _folder(path: Path) -> Finding:
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return Finding("ok", "data directory", f"{path.resolve()} can be written")
    except OSError as error:
        return Finding("bad", "data directory", f"{path} cannot be written ({error.strerror}): choose another.")


def check_planner(settings: Settings, url: str) -> Finding:
    """Whether connections of the product have the planner's settings that its indexes need."""
    database = Database(url, pool_options(settings), session_url=direct_url(settings))
    cost = random_page_cost(database.statements_url)
    if cost > _MOST_PAGE_COST:
        text = f"random_page_cost is {cost:g}, so searches do not use their indexes: set it to"
        value = f"{settings.database_random_page_cost:g} in the `options` of the database URL, or leave these out"
        return Finding("bad", "query planner", f"{text} {value}")
    return Finding("ok", "query planner", f"random_page_cost is {cost:g}")


def _database(settings: Settings, url: str, usable: extensions.Extensions) -> Iterator[Finding]:
    yield check_planner(settings, url)
    with psycopg.connect(libpq_url(direct_url(settings) or url), autocommit=True) as connection:
        version = connection.info.server_version
        yield Finding("ok", "database", f"PostgreSQL {version // 10000}.{version % 10000}, schema up to date")
        present = extensions.installed(connection)
        offered = extensions.available(connection)
    for name in extensions.WANTED:
        if name in usable.missing:
            yield Finding("note", f"extension {name}", f"{usable.missing[name]}. Until then {_COSTS[name]}")
        elif name in present:
            yield Finding("ok", f"extension {name}", "installed")
        elif name in offered and name in ("vectorscale", "age"):
            yield Finding("ok", f"extension {name}", "available, not needed yet")
        else:
            yield Finding("note", f"extension {name}", f"missing; {_COSTS.get(name, 'install it')}")
