"""`citewell backup` and `citewell restore`."""

import asyncio
import functools
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from citewell.backup.folder import BackupFolder
from citewell.backup.restoring import damages, restore_cell
from citewell.backup.restoring import restore as put_back
from citewell.backup.taking import Source, take_backup
from citewell.backup.wal_archive import prune_archive
from citewell.cli.options import (
    DatabaseUrl,
    DataDir,
    embedded_or_given,
    load_settings,
    other_cells,
    settings_of_existing,
)
from citewell.db.migrate import migrate
from citewell.errors import SetupError
from citewell.factories import open_files

Name = Annotated[str | None, typer.Option("--name", help="Name of the backup; the newest by default.")]
Folder = Annotated[Path, typer.Argument(help="Folder that holds the backups.")]


class _TakesByDefault(TyperGroup):
    """`citewell backup DIR` is `citewell backup take DIR`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        is_known = not args or args[0] in self.commands or args[0] == "--help"
        return list(super().parse_args(ctx, args if is_known else ["take", *args]))


backups = typer.Typer(
    cls=_TakesByDefault,
    no_args_is_help=True,
    help="Back up the installation: `citewell backup DIR` takes a backup. The server may keep running.",
    epilog="Example: citewell backup /mnt/backups --keep 14",
)


def add_to(app: typer.Typer) -> None:
    app.add_typer(backups, name="backup")
    app.command(epilog="Example: citewell restore /mnt/backups --data-dir /srv/citewell")(restore)


@backups.command("take", epilog="Example: citewell backup /mnt/backups --keep 14")
def take(
    folder: Folder,
    full: Annotated[bool, typer.Option("--full", help="Copy the whole database, not only the changes.")] = False,
    dump: Annotated[
        bool,
        typer.Option(
            "--dump", help="Write a dump that any PostgreSQL can read, instead of copying the server's files."
        ),
    ] = False,
    keep: Annotated[
        int | None, typer.Option(help="Then remove all backups but this many of the newest.", min=1)
    ] = None,
    keep_log: Annotated[
        bool, typer.Option("--keep-log", help="Do not remove archived log that no kept backup needs.")
    ] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Back up database, files and settings into a folder. The server may keep running.

    With several database cells, the backup has all of them, as of moments some milliseconds apart.
    """
    settings = settings_of_existing(data_dir, database_url)
    target = BackupFolder(folder)
    if target.root.is_relative_to(settings.data_dir.expanduser().resolve()):
        raise SetupError("Keep backups outside of the data folder, best on another disk.")
    with embedded_or_given(settings) as url:
        cells = other_cells(settings, url)
        for database in (url, *cells.values()):
            migrate(database)
        source = Source(settings, url, open_files(settings), settings.database_url is None, cells)
        made = take_backup(source, target, full=full, dump=dump, tell=typer.echo)
    typer.echo(f"Whole: {made.folder}")
    if keep is not None:
        with target.locked():
            removed = target.prune(keep)
            archive = None if keep_log else settings.wal_archive_dir
            segments = prune_archive(archive, target.backups()) if archive and archive.is_dir() else 0
        typer.echo(f"Removed {removed} older ones." if removed else "No older one had to go.")
        if segments:
            typer.echo(f"Removed {segments} segments of the log in {archive} from before the oldest backup.")


@backups.command("verify", epilog="Example: citewell backup verify /mnt/backups")
def verify(folder: Folder, name: Name = None) -> None:
    """Read every byte of a backup, and say whether it can be restored."""
    load_settings(None, None)
    target = BackupFolder(folder)
    backup = target.find(name)
    problems = list(damages(target, backup))
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        raise SetupError(f"Backup {backup.manifest.name} is damaged: take a new one, with --full.")
    built_on = len(target.chain(backup)) - 1
    typer.echo(
        f"Backup {backup.manifest.name} is whole: {backup.manifest.files:,} files"
        f"{f', built on {built_on} others' if built_on else ''}."
    )


@backups.command("list", epilog="Example: citewell backup list /mnt/backups")
def show(folder: Folder) -> None:
    """List the complete backups of a folder, oldest first: name, kind, size of the database, files."""
    load_settings(None, None)
    for backup in BackupFolder(folder).backups():
        told = backup.manifest
        kind = "incremental" if told.parent else "full" if told.kind == "server" else "dump"
        typer.echo(f"{told.name}  {kind:<11}  {told.database_bytes / 2**20:>10,.1f} MiB  {told.files:>9,} files")


def restore(
    folder: Folder,
    name: Name = None,
    only_cell: Annotated[
        str | None, typer.Option(help="Restore only this database cell; the others stay as they are.")
    ] = None,
    to: Annotated[
        datetime | None,
        typer.Option(help="Replay the archived log up to this time, in UTC; needs CITEWELL_WAL_ARCHIVE_DIR."),
    ] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Restore a backup into an empty data folder; a dump also needs an empty database."""
    settings = load_settings(data_dir, database_url)
    target = BackupFolder(folder)
    until = to.replace(tzinfo=UTC) if to is not None else None
    backup = target.find(name) if name or until is None else target.last_before(until)
    if only_cell is not None:
        typer.echo(f"Restoring the cell {only_cell} of {backup.manifest.name}")
        count = asyncio.run(restore_cell(target, backup, settings, only_cell, open_files(settings)))
        typer.echo(f"Restored the cell, and {count:,} of its files that were gone.")
        return
    typer.echo(f"Restoring {backup.manifest.name} into {settings.data_dir.expanduser().resolve()}")
    done = put_back(target, backup, settings, functools.partial(open_files, settings), until)
    serve = f"citewell serve --data-dir {shlex.quote(str(data_dir))}" if data_dir else "citewell serve"
    typer.echo(f"Restored the database (schema {done.schema}) and {done.files:,} files. Start the server: {serve}")
