"""`citewell ingest`."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from citewell.cli.folders import Stamps, files_in, find_files, is_wanted, shown_name, stamps
from citewell.cli.options import DatabaseUrl, DataDir, settings_of_existing
from citewell.cli.progress import Row, show_progress
from citewell.cli.projects import open_project, owner_of
from citewell.cli.uploads import opened
from citewell.cli.watching import Watch, without_files
from citewell.documents.conflicts import OnConflict, add_or_replace, parse_on_conflict
from citewell.documents.removal import begin_removal
from citewell.documents.repository.documents import find_by_name
from citewell.documents.service import get_document
from citewell.errors import BadRequest
from citewell.resources import Resources
from citewell.settings import Settings

console = Console(highlight=False, soft_wrap=True)
_BATCH = 50  # files that are open at once
_WATCH_SECONDS = 2.0


def add_to(app: typer.Typer) -> None:
    app.command(epilog='Example: citewell ingest "Quarterly reports" reports/ --include "*.pdf"')(ingest)


@dataclass(frozen=True)
class _Job:
    paths: list[Path]
    include: list[str]
    exclude: list[str]
    on_conflict: OnConflict

    def wants(self, file: Path) -> bool:
        """Whether the file would be added from one of the folders, if it were there."""
        folders = (path.resolve() for path in self.paths if path.is_dir())
        return any(is_wanted(file, folder, self.include, self.exclude) for folder in folders)


def ingest(
    project: Annotated[str, typer.Argument(help="Name or id of the project.")],
    paths: Annotated[list[Path], typer.Argument(help="Files and folders to add.", metavar="PATH...")],
    include: Annotated[
        list[str] | None,
        typer.Option(help='From folders, add only files that match, for example "*.pdf". May be repeated.'),
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help='Leave out files and folders that match, for example "drafts".')
    ] = None,
    on_conflict: Annotated[
        str,
        typer.Option(
            help="For a file that was added from this folder before: replace its document, keep it, or add a new one."
        ),
    ] = "replace",
    replace: Annotated[bool, typer.Option("--replace", help="The same as --on-conflict replace.")] = False,
    watch: Annotated[
        bool,
        typer.Option("--watch", help="Keep running: add new and changed files, delete documents of deleted files."),
    ] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Add files and folders to a project, and wait until they can be searched.

    A changed file becomes a new version of its document; citations of old answers still open. If the command is
    interrupted, run it again: it continues where it stopped.
    """
    settings = settings_of_existing(data_dir, database_url)
    choice = parse_on_conflict("replace" if replace else on_conflict)
    job = _Job(paths, include or [], exclude or [], choice)
    try:
        failed, count = asyncio.run(_ingest(settings, project, job, watch=watch))
    except KeyboardInterrupt:
        console.print("Stopped." if watch else "Interrupted. The same command goes on where it stopped.")
        raise
    if failed:
        raise BadRequest(f"{failed} of {count} files failed; the reasons are above.")


async def _ingest(settings: Settings, name: str, job: _Job, *, watch: bool) -> tuple[int, int]:
    """Returns (number of files that failed, number of files)."""
    known = stamps(_files_of(job))  # before they are read, so that no change falls in between
    found = find_files(job.paths, job.include, job.exclude)
    if not found.files and not watch:
        reasons = f": {found.left_out[0][1]}" if found.left_out else "."
        raise BadRequest(f"There is no file to add{reasons}")
    async with open_project(settings, name, worker=True) as project:
        owner = await owner_of(project.process)
        rows = await _add(project.process, project.id, owner.user_id, found.files, job.on_conflict)
        failed = _report(rows, found.left_out)
        if watch:
            await _watch(project.process, project.id, owner.user_id, job, known)
    return failed, len(found.files)


async def _add(
    resources: Resources, project_id: UUID, user_id: UUID, files: Sequence[Path], on_conflict: OnConflict
) -> list[Row]:
    """Upload the files, then wait for all of them."""
    ids: list[UUID] = []
    for start in range(0, len(files), _BATCH):
        with opened(files[start : start + _BATCH]) as uploads:
            documents = await add_or_replace(resources, project_id, user_id, uploads, on_conflict)
            ids += [document.id for document in documents]
    return await show_progress(resources, project_id, list(dict.fromkeys(ids)), console) if ids else []


def _report(rows: Sequence[Row], left_out: Sequence[tuple[Path, str]]) -> int:
    """Returns a table of what failed or was left out; returns how many failed."""
    failed = [(document.name, version.failure.error or "") for document, version in rows if version.failure is not None]
    if failed or left_out:
        table = Table("File", "Why it was not added", title_justify="left", show_lines=False)
        for name, reason in failed:
            table.add_row(name, reason)
        for path, reason in left_out:
            table.add_row(str(shown_name(path)), f"left out: {reason}")
        console.print(table, markup=False)
    return len(failed)


async def _watch(resources: Resources, project_id: UUID, user_id: UUID, job: _Job, known: Stamps) -> None:
    """Watches until interrupted. `known` are the files that were added, with their state at that time."""
    console.print("Watching for changes. Ctrl-C ends it.")
    folders = [path for path in job.paths if path.is_dir()]
    async with resources.database.read() as session:
        await _remove_all(resources, project_id, await without_files(session, project_id, folders, job.wants))
    watch = Watch(known)
    lost: list[Path] = []
    while True:
        await asyncio.sleep(_WATCH_SECONDS)
        before, lost = lost, [folder for folder in folders if not folder.is_dir()]
        if lost:  # a disk that is not mounted, say: its documents stay
            if lost != before:
                console.print(f"  {lost[0]} is not there; waiting for it.", markup=False)
            continue
        changed, gone = watch.look(stamps(_files_of(job)))
        try:
            readable = find_files(changed, (), ())
            if changed:
                _report(await _add(resources, project_id, user_id, readable.files, "replace"), readable.left_out)
        except BadRequest as error:  # a file that has gone since
            console.print(f"  {error.message}", markup=False)
            watch.forget(changed)
        await _remove_all(resources, project_id, gone)


def _files_of(job: _Job) -> list[Path]:
    files: list[Path] = []
    for path in job.paths:
        files += files_in(path, job.include, job.exclude) if path.is_dir() else [path]
    return files


async def _remove_all(resources: Resources, project_id: UUID, files: Sequence[Path]) -> None:
    for path in files:
        if await _remove(resources, project_id, path):
            console.print(f"  removed  {path.name}", markup=False)


async def _remove(resources: Resources, project_id: UUID, path: Path) -> bool:
    """Delete the document of a file that is gone; False if there is none."""
    async with resources.database.write() as session:
        found = await find_by_name(session, project_id, path.name, str(path.parent.resolve()))
        if found is None:
            return False
        await begin_removal(resources, session, await get_document(session, project_id, found.id, lock=True))
    return True
