"""Orphans in both directions: stored files that no row names, and rows whose file is gone."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.engine import Database
from citewell.documents.incoming import UPLOADS, forget
from citewell.documents.repository.files import (
    active_files,
    cells_of_projects,
    files_of_others,
    lock_files,
    page_of_files,
    which_are_active,
    which_are_named,
    which_are_versions,
)
from citewell.documents.repository.uploads import delete_expired_uploads, which_are_pending
from citewell.documents.repository.versions import indexing_rows
from citewell.ingestion.pipeline import STEPS
from citewell.ingestion.repository.step_state import fail_anew
from citewell.ingestion.step import step_key
from citewell.kit.time import now
from citewell.resources import Resources
from citewell.settings import HOME
from citewell.storage import FileStore

log = structlog.get_logger(__name__)

GRACE = timedelta(days=1)  # age from which a file without a row counts: its upload may be in progress
_SHOWN = 5
_FILES_AT_ONCE = 1000


@dataclass
class FileReport:
    """The differences between the file store and the rows.

    `unnamed` are the keys of files that no row names, `unfinished` those of files that a kill cut off. `missing` are
    (project, id, name) of documents whose file is gone. `lost` are (project, id, kind) of other rows whose file is
    gone: earlier versions, figures, files of design templates, datasets.
    """

    files: int = 0
    unnamed: list[str] = field(default_factory=list)
    unfinished: Sequence[str] = ()
    missing: list[tuple[UUID, UUID, str]] = field(default_factory=list)
    lost: list[tuple[UUID, UUID, str]] = field(default_factory=list)


async def check_files(database: Database, files: FileStore, cell: str = HOME) -> FileReport:
    """Compares the file store with the rows of a cell. Files younger than GRACE are left out.

    Cells share one store, so files of projects in other cells are left out as well.
    """
    report, seen = FileReport(), set[str]()
    async for batch in files.list():
        places = await _places(database, {found for item in batch if (found := _project_of(item.key)) is not None})
        mine = [stored for stored in batch if _cell_of(stored.key, places) == cell]
        report.files += len(mine)
        seen.update(stored.key for stored in mine)
        old = [stored.key for stored in mine if stored.modified < now() - GRACE]
        report.unnamed += await _unnamed(database, old)
    if cell == HOME:  # one folder holds the files of all cells
        report.unfinished = await files.unfinished(now() - GRACE)
    async for project_id, document_id, name, key in _live_files(database):
        if key not in seen and not await files.exists(key):
            report.missing.append((project_id, document_id, name))
    for what, query in files_of_others().items():
        async for project_id, identity, key in _rows_of(database, query):
            if key not in seen and not await files.exists(key):
                report.lost.append((project_id, identity, what))
    return report


async def remove_orphans(resources: Resources) -> FileReport:
    """Deletes files that no row names, and marks documents whose file is gone as failed, so that people see it.

    Does nothing in a cell that was opened without the home cell, which knows whose files are whose.
    """
    if resources.cell != HOME and resources.database.accounts is resources.database:
        return FileReport()
    report = await check_files(resources.database, resources.files, resources.cell)
    for key in report.unnamed:
        ids = _ids(key)
        async with resources.database.write() as session:
            if ids is not None:
                await lock_files(session, [ids[1]])
            # Checked again: a step that was interrupted a day ago may be storing the same figure now.
            if await _unnamed_in(session, [key]) and await _is_old(resources.files, key):
                await resources.files.delete(key)
    if report.unfinished:
        await resources.files.remove_unfinished(now() - GRACE)
        log.warning("unfinished_files_removed", files=len(report.unfinished), first=report.unfinished[:_SHOWN])
    for project_id, document_id, name in report.missing:
        log.error("file_missing", project=str(project_id), document=str(document_id))
        async with resources.database.write() as session:
            await _mark_failed(session, project_id, document_id, name)
    for project_id, identity, what in report.lost:
        log.error("file_missing", project=str(project_id), what=what, id=str(identity))
    if report.unnamed:
        log.warning("orphans_removed", files=len(report.unnamed), first=report.unnamed[:_SHOWN])
    return report


async def _is_old(files: FileStore, key: str) -> bool:
    try:
        return await files.modified(key) < now() - GRACE
    except FileNotFoundError:
        return False


async def forget_expired_uploads(resources: Resources) -> int:
    """Deletes presigned uploads that expired without a confirmation, with their files. Returns their number."""
    async with resources.database.write() as session:
        gone = await delete_expired_uploads(session, now())
    for project_id, upload_id in gone:
        await forget(resources, project_id, upload_id)
    return len(gone)


async def _mark_failed(session: AsyncSession, project_id: UUID, document_id: UUID, name: str) -> None:
    wanted = [document_id]
    [(_, version)] = await indexing_rows(session, project_id, wanted) or await indexing_rows(
        session, project_id, wanted, local=True
    )
    reason = f"The file of {name} is missing from the server's store: upload it again."
    await fail_anew(session, version, step_key(STEPS[0]), "file_missing", reason)


def _ids(key: str) -> tuple[UUID, UUID] | None:
    """Returns (project, document) of a key `<project>/<document>/...`; None for other keys."""
    parts = key.split("/")
    try:
        return UUID(parts[0]), UUID(parts[1])
    except (ValueError, IndexError):
        return None


async def _places(database: Database, projects: set[UUID]) -> dict[UUID, str]:
    """Returns the cells of those projects that are not in the home cell."""
    async with database.accounts.read() as session:
        return await cells_of_projects(session, projects)


def _project_of(key: str) -> UUID | None:
    return _uuid(key.removeprefix(f"{UPLOADS}/").split("/")[0])


def _cell_of(key: str, places: dict[UUID, str]) -> str:
    project_id = _project_of(key)
    return places.get(project_id, HOME) if project_id is not None else HOME


async def _unnamed(database: Database, keys: list[str]) -> list[str]:
    async with database.read() as session:
        return await _unnamed_in(session, keys)


async def _unnamed_in(session: AsyncSession, keys: list[str]) -> list[str]:
    """Returns the keys that no row names and that belong to no existing version.

    Rows name originals, PDFs of clients, figures, files of design templates and datasets. All other files were made by
    the steps of a document; their keys contain the version.
    """
    left_over = await _left_over_uploads(session, [key for key in keys if key.startswith(f"{UPLOADS}/")])
    own = [key for key in keys if _is_of_rows(key)]
    owners = {key: ids for key in keys if (ids := _ids(key)) is not None}
    if not owners and not own:
        return left_over
    projects, documents = {ids[0] for ids in owners.values()}, {ids[1] for ids in owners.values()}
    active = await which_are_active(session, projects, documents)
    named = await which_are_named(session, keys)
    versions = {key: found for key in owners if (found := _version_of(key)) is not None}
    known = await which_are_versions(session, set(versions.values()))
    left_over += [key for key in own if key not in named]
    for key, ids in owners.items():
        is_of_no_version = key in versions and versions[key] not in known
        if ids not in active or (key not in named and (_needs_a_row(key) or is_of_no_version)):
            left_over.append(key)
    return left_over


async def _left_over_uploads(session: AsyncSession, keys: list[str]) -> list[str]:
    """Returns the keys of uploads that are no longer pending: a crash kept their files from being deleted."""
    owners = {key: ids for key in keys if (ids := _ids(key.removeprefix(f"{UPLOADS}/"))) is not None}
    wanted = {ids[1] for ids in owners.values()}
    pending = await which_are_pending(session, wanted) if wanted else set()
    return [key for key, ids in owners.items() if ids[1] not in pending]


def _is_of_rows(key: str) -> bool:
    """Whether the file belongs to a project but to no document, such as `<project>/datasets/<id>`."""
    parts = key.split("/")
    return len(parts) == 3 and _uuid(parts[0]) is not None and parts[1] in ("datasets", "design-templates")


def _needs_a_row(key: str) -> bool:
    return key.endswith(("/original", "/computed.pdf")) or "/figures/" in key


def _version_of(key: str) -> UUID | None:
    """Returns the version of a key `<project>/<document>/<version>/...`; None for other keys."""
    parts = key.split("/")
    return _uuid(parts[2]) if len(parts) == 4 else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


async def _rows_of(database: Database, query: Select[UUID, UUID, str]) -> AsyncIterator[tuple[UUID, UUID, str]]:
    last: tuple[UUID, UUID] | None = None
    while True:
        async with database.read() as session:
            rows = await page_of_files(session, query, last, _FILES_AT_ONCE)
        for row in rows:
            yield row
        if len(rows) < _FILES_AT_ONCE:
            return
        last = rows[-1][:2]


async def _live_files(database: Database) -> AsyncIterator[tuple[UUID, UUID, str, str]]:
    """Yields each active document that has a file, with its key.

    Documents of data sets that `citewell eval` loads have none.
    """
    last: tuple[UUID, UUID] | None = None
    while True:
        async with database.read() as session:
            rows = await active_files(session, last, _FILES_AT_ONCE)
        for row in rows:
            yield row
        if len(rows) < _FILES_AT_ONCE:
            return
        last = rows[-1][:2]
