"""Takes a backup: holds deletions, copies the database, then the files, and writes the manifest last."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import msgspec
import psycopg

from citewell.backup import database, manifest
from citewell.backup.files import stamp, take_files
from citewell.backup.folder import PARTIAL, BackupFolder
from citewell.backup.manifest import Backup, CellCopy, Manifest
from citewell.backup.repository import find_last_backup, mark_backup
from citewell.db.engine import libpq_url
from citewell.db.file_hold import holding_files
from citewell.db.migrate import newest_revision
from citewell.kit.private import private_folder
from citewell.kit.time import now
from citewell.kit.vault import KEY_FILE
from citewell.settings import Settings
from citewell.storage import FileStore
from citewell.storage.hold import holding_local_files

_TOML = Path("citewell.toml")


@dataclass(frozen=True)
class Source:
    """What a backup copies: the database at `url`, which is the embedded server if `is_embedded`, and the files.

    `cells` has the URLs of the other database cells by name.
    """

    settings: Settings
    url: str
    files: FileStore
    is_embedded: bool
    cells: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Copied:
    """The copy of the databases: on which backup it builds, or the hashes of the home cell's dump and the other cells.

    `spread_seconds` lie between the moments of the first and the last copied cell.
    """

    parent: Backup | None = None
    dump: dict[str, str] = field(default_factory=dict)
    cells: dict[str, CellCopy] = field(default_factory=dict)
    spread_seconds: float = 0.0


def take_backup(
    source: Source, target: BackupFolder, *, full: bool = False, dump: bool = False, tell: Callable[[str], None] = print
) -> Backup:
    """Take a backup. Blocks: call it in a thread.

    With `full` it builds on no other backup. With `dump`, or if there are several database cells, it holds SQL
    statements instead of the server's files. Raises SetupError.
    """
    with target.locked():
        began = now()
        name = _free_name(target, began)
        work = private_folder(target.root / (name + PARTIAL))
        before = target.backups()
        as_files = source.is_embedded and not dump and not source.cells
        parent = before[-1] if before and not full and as_files and before[-1].manifest.kind == "server" else None
        with holding_files(source.url), holding_local_files(source.settings.data_dir):
            copied = _copy_databases(source, work, parent, as_files=as_files, tell=tell)
            size = _folder_size(work / "database")
            since = f", what changed since {copied.parent.manifest.name}" if copied.parent else ""
            tell(f"Database: {size / 2**20:,.1f} MiB{since}")
            known = before[-1].file_list if before else None
            taking = take_files(source.files, source.settings.data_dir, target.objects, work / "files.jsonl", known)
            count, total, fresh = asyncio.run(taking)
            tell(f"Files: {count:,} with {total / 2**20:,.1f} MiB, {fresh / 2**20:,.1f} MiB of it new")
        _write_settings(source.settings, work)
        made = Manifest(
            name=name,
            kind="server" if as_files else "dump",
            parent=copied.parent.manifest.name if copied.parent else None,
            began_at=began,
            ended_at=now(),
            citewell=version("citewell"),
            schema=newest_revision(),
            postgres=database.server_version(source.url),
            database_bytes=size,
            files=count,
            files_bytes=total,
            files_sha256=database.digest(work / "files.jsonl"),
            dump=copied.dump,
            cells=copied.cells,
            spread_seconds=copied.spread_seconds,
            format=manifest.FORMAT if copied.cells else 1,  # versions before cells can restore everything else
        )
        manifest.write(work, made)
        folder = work.rename(target.root / name)
        _sync_folder(target.root)
        for url in (source.url, *source.cells.values()):
            with psycopg.connect(libpq_url(url), autocommit=True) as connection:
                mark_backup(connection, made.ended_at.isoformat())
        return Backup(folder, made)


def _copy_databases(
    source: Source, work: Path, parent: Backup | None, *, as_files: bool, tell: Callable[[str], None]
) -> _Copied:
    if as_files:
        return _Copied(parent=database.copy_server(source.url, work / "database", parent))
    if not source.cells:
        return _Copied(dump=database.dump(source.url, work / "database"))
    copied = _dump_cells(source, work)
    apart = 1000 * copied.spread_seconds
    tell(f"{1 + len(copied.cells)} database cells, their moments at most {apart:,.0f} ms apart")
    return copied


def _dump_cells(source: Source, work: Path) -> _Copied:
    others: dict[str, CellCopy] = {}
    with database.snapshots(source.url, list(source.cells.values())) as (names, spread):
        home = database.dump(source.url, work / "database", names[0])
        private_folder(work / "cells")
        for (cell, url), name in zip(source.cells.items(), names[1:], strict=True):
            folder = work / "cells" / cell
            others[cell] = CellCopy(dump=database.dump(url, folder, name), database_bytes=_folder_size(folder))
    return _Copied(dump=home, cells=others, spread_seconds=spread)


def last_backup(url: str) -> str | None:
    """When the last whole backup of this database ended, as ISO 8601; None if there was none."""
    with psycopg.connect(libpq_url(url)) as connection:
        return find_last_backup(connection)


def _free_name(target: BackupFolder, moment: datetime) -> str:
    name = first = stamp(moment)
    number = 1
    while (target.root / name).exists():
        number += 1
        name = f"{first}-{number:02}"
    return name


def _write_settings(settings: Settings, work: Path) -> None:
    """Writes the settings that were set, and the file that some came from. Of secrets it lists the names only."""
    shown = settings.model_dump(mode="json", exclude_unset=True)
    secret = [name for name, value in settings if "**********" in repr(value)]
    kept = {name: value for name, value in shown.items() if name not in secret}
    text = msgspec.json.encode({"settings": kept, "secrets_to_set_again": secret})
    (work / "settings.json").write_bytes(msgspec.json.format(text, indent=1))
    for path in (_TOML, settings.data_dir / KEY_FILE):
        if path.exists():
            (work / path.name).write_bytes(path.read_bytes())


def _folder_size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
