"""Puts a backup back into an empty data folder, and into an empty database where it is a dump."""

import asyncio
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from citewell.backup import database
from citewell.backup.files import damaged_files, put_back, put_back_missing
from citewell.backup.folder import BackupFolder
from citewell.backup.manifest import Backup
from citewell.backup.repository import find_projects, find_revision
from citewell.db.embedded import MADE, UNFINISHED, EmbeddedPostgres
from citewell.db.engine import libpq_url
from citewell.errors import SetupError
from citewell.kit.private import private_folder
from citewell.kit.vault import KEY_FILE
from citewell.settings import Settings
from citewell.storage import FileStore

RECOVERY_SECONDS = 6 * 3600.0
_KEPT = {"models", "citewell.toml", "lost+found", UNFINISHED}


@dataclass(frozen=True)
class Restored:
    """`schema` is the revision of the restored database; this version migrates it at its first start."""

    backup: Backup
    files: int
    schema: str


def damages(folder: BackupFolder, backup: Backup) -> Iterator[str]:
    """Yields what is wrong with a backup and with those that it builds on, one line each. Reads all of them."""
    for one in folder.chain(backup):
        for problem in database.damages(one):
            yield f"{one.manifest.name}: {problem}"
    if not backup.file_list.exists() or database.digest(backup.file_list) != backup.manifest.files_sha256:
        yield f"{backup.manifest.name}: files.jsonl is missing or has changed"
        return
    yield from damaged_files(folder.objects, backup.file_list)


def restore(
    folder: BackupFolder,
    backup: Backup,
    settings: Settings,
    open_files: Callable[[], FileStore],
    until: datetime | None = None,
) -> Restored:
    """Puts a backup back into an empty data folder and empty databases. Blocks.

    An embedded database is started once, so that it replays its log. Run it again if it broke off, after emptying the
    databases that it had filled. Raises SetupError if the data folder or a database is not empty, or if the backup is
    damaged.
    """
    data_dir = settings.data_dir.expanduser().resolve()
    cells = cell_urls(backup, settings)
    _check_databases(backup, settings, cells, until)
    _expect_empty(data_dir)
    private_folder(data_dir)
    (data_dir / UNFINISHED).touch(mode=0o600)
    _clear(data_dir)
    if backup.manifest.kind == "server":
        pgdata = data_dir / "postgres"
        database.put_back_server(folder.chain(backup), pgdata, settings.wal_archive_dir, until)
        (data_dir / MADE).touch(mode=0o600)
    files = open_files()
    count = sum(
        asyncio.run(put_back(folder.objects, one.file_list, files, data_dir)) for one in _lists(folder, backup, until)
    )
    if (key := backup.folder / KEY_FILE).exists():
        shutil.copy(key, data_dir / KEY_FILE)
    server = EmbeddedPostgres(data_dir, settings.wal_archive_dir, RECOVERY_SECONDS)
    (data_dir / UNFINISHED).unlink()
    try:
        url = settings.database_url.get_secret_value() if settings.database_url else server.start()
        if backup.manifest.kind == "dump":
            database.put_back_dump(backup.database, url)
        for name, address in cells.items():
            database.put_back_dump(backup.database_of(name), address)
        return Restored(backup, count, _check(url))
    except BaseException:
        (data_dir / UNFINISHED).touch(mode=0o600)
        raise
    finally:
        server.stop()


def _check_databases(backup: Backup, settings: Settings, cells: Mapping[str, str], until: datetime | None) -> None:
    """Raises SetupError if the backup does not suit the databases of the settings, or if they are not empty."""
    if backup.manifest.kind == "dump" and settings.database_url is not None:
        database.expect_empty(settings.database_url.get_secret_value())
    for name, address in cells.items():
        database.expect_empty(address, f"The database of the cell {name}")
    if until is not None and (backup.manifest.kind != "server" or until < backup.manifest.ended_at):
        raise SetupError("Restoring to a point in time needs a backup of the embedded database that ended before it.")
    if backup.manifest.kind == "server" and settings.database_url is not None:
        raise SetupError("This backup is of an embedded database: restore it without --database-url.")


def cell_urls(backup: Backup, settings: Settings) -> dict[str, str]:
    """Returns the databases into which the backup's other cells go.

    Raises SetupError where the settings do not name one.
    """
    missing = backup.manifest.cells.keys() - settings.cells.keys()
    if missing:
        raise SetupError(
            f"The backup has the cell {', '.join(sorted(missing))} as well: name an empty database for it in"
            " CITEWELL_CELLS."
        )
    return {name: settings.urls_of_cells[name] for name in backup.manifest.cells}


async def restore_cell(folder: BackupFolder, backup: Backup, settings: Settings, cell: str, files: FileStore) -> int:
    """Restores one cell other than the home cell into an empty database, and its missing files. Returns the number
    of files.

    Raises SetupError where the backup has no such cell, or its database is not empty.
    """
    if cell not in backup.manifest.cells:
        found = ", ".join(backup.manifest.cells) or "none but the home cell"
        raise SetupError(f"The backup {backup.manifest.name} has no cell {cell}: it has {found}.")
    url = cell_urls(backup, settings)[cell]
    await asyncio.to_thread(database.put_back_dump, backup.database_of(cell), url)
    async with await psycopg.AsyncConnection.connect(libpq_url(url)) as connection:
        projects = await find_projects(connection)
    return await put_back_missing(folder.objects, backup.file_list, files, projects)


def _lists(folder: BackupFolder, backup: Backup, until: datetime | None) -> list[Backup]:
    """Returns the backups whose files are put back: for a point in time, those of later ones, too.

    Rows name what they need.
    """
    if until is None:
        return [backup]
    return [one for one in folder.backups() if one.manifest.name >= backup.manifest.name]


def _expect_empty(data_dir: Path) -> None:
    if not data_dir.exists() or (data_dir / UNFINISHED).exists():
        return
    found = [path.name for path in data_dir.iterdir() if path.name not in _KEPT]
    if found:
        raise SetupError(f"{data_dir} is not empty ({', '.join(sorted(found)[:3])}): restore into a new folder.")


def _clear(data_dir: Path) -> None:
    """Remove what an interrupted restore left behind."""
    for path in data_dir.iterdir():
        if path.name not in _KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _check(url: str) -> str:
    with psycopg.connect(libpq_url(url)) as connection:
        revision = find_revision(connection)
    if revision is None:
        raise SetupError("The restored database has no schema: the backup was taken of something else.")
    return revision
