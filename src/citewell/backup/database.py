"""The database of a backup: copied from a running server, checked, and put back."""

import contextlib
import hashlib
import shutil
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import psycopg
import structlog

from citewell.backup.manifest import Backup
from citewell.backup.programs import ProgramFailed, run
from citewell.backup.repository import (
    begin_snapshot,
    export_snapshot,
    has_schema,
    lift_limits,
    lock_moves,
    unlock_moves,
)
from citewell.db import server
from citewell.db.engine import libpq_url
from citewell.db.recovery import note_whole
from citewell.errors import SetupError

log = structlog.get_logger(__name__)

_JOBS = "2"
_SERVER_MANIFEST = "backup_manifest"


def server_version(url: str) -> int:
    with psycopg.connect(libpq_url(url)) as connection:
        return connection.info.server_version // 10000


def copy_server(url: str, target: Path, parent: Backup | None) -> Backup | None:
    """Copy the files of the running server, with the log up to the end of the copy; the parent, if it was of use.

    Where the server no longer knows what changed since the parent, the copy is a full one.
    """
    arguments: list[str | Path] = ["--pgdata", target, "--checkpoint=fast", "--wal-method=stream", "--no-password"]
    arguments += ["--manifest-checksums=SHA256"]
    if parent is not None:
        try:
            run("pg_basebackup", [*arguments, "--incremental", parent.database / _SERVER_MANIFEST], url=url)
            return parent
        except ProgramFailed as error:
            log.info("backup_not_incremental", reason=error.message)
            shutil.rmtree(target, ignore_errors=True)
    try:
        run("pg_basebackup", arguments, url=url)
    except ProgramFailed as error:
        if "pg_hba.conf" in error.message:
            raise SetupError(
                "The running database does not allow backups yet: stop all Citewell processes of this data folder, "
                "then try again."
            ) from error
        raise
    return None


@contextlib.contextmanager
def snapshots(home: str, others: Sequence[str]) -> Iterator[tuple[list[str], float]]:
    """Snapshots of several databases at nearly the same moment, the home cell's first, held during the body.

    Yields their names for `dump` and the seconds within which all were taken. Waits for a step of a project's move, so
    that no project is between two cells. Blocks.
    """
    with contextlib.ExitStack() as stack:
        urls = [home, *others]
        connections = [stack.enter_context(psycopg.connect(libpq_url(url), autocommit=True)) for url in urls]
        for connection in connections:
            lift_limits(connection)
        lock_moves(connections[0])
        began = time.monotonic()
        for connection in connections:
            begin_snapshot(connection)
        # The home cell's is first: a project is made in its cell before the home cell knows of it.
        found = [export_snapshot(connection) for connection in connections]
        spread = time.monotonic() - began
        unlock_moves(connections[0])
        yield found, spread


def dump(url: str, target: Path, snapshot: str | None = None) -> dict[str, str]:
    """Write the database as statements, of one moment; SHA-256 of each file by name."""
    arguments = ["--format=directory", "--jobs", _JOBS, "--no-owner", "--no-privileges", "--no-password"]
    if snapshot is not None:
        arguments += ["--snapshot", snapshot]
    run("pg_dump", [*arguments, "--file", target], url=url, newest=server_version(url))
    return {path.name: digest(path) for path in sorted(target.iterdir())}


def damages(backup: Backup) -> Iterator[str]:
    """Yields what is wrong with the copies of the databases, one line each."""
    if backup.manifest.kind == "server":
        try:
            run("pg_verifybackup", ["--quiet", backup.database])
        except ProgramFailed as error:
            yield error.message
        return
    yield from _changed(backup.database, backup.manifest.dump)
    for name, copy in backup.manifest.cells.items():
        yield from _changed(backup.database_of(name), copy.dump)


def _changed(folder: Path, hashes: dict[str, str]) -> Iterator[str]:
    for name, sha256 in hashes.items():
        path = folder / name
        if not path.exists() or digest(path) != sha256:
            yield f"{folder.name}/{name} is missing or has changed"


def put_back_server(chain: list[Backup], pgdata: Path, wal_archive: Path | None, until: datetime | None) -> None:
    """Make the data folder of a server; it replays its log at its first start, with `until` from the archive as well.

    Raises SetupError where the backup needs another PostgreSQL.
    """
    ours = int(run("postgres", ["--version"]).split()[-1].split(".")[0])
    if chain[-1].manifest.postgres != ours:
        raise SetupError(
            f"The backup is of PostgreSQL {chain[-1].manifest.postgres}, and this installation has {ours}: restore it "
            f"with Citewell {chain[-1].manifest.citewell}, then move with `citewell backup --dump`."
        )
    if len(chain) == 1:
        shutil.copytree(chain[0].database, pgdata, symlinks=True)
    else:
        run("pg_combinebackup", ["--output", pgdata, *(backup.database for backup in chain)])
    for left in (pgdata / "log", *pgdata.glob(".s.PGSQL.*")):  # of the server that was copied, which may still run
        left.unlink(missing_ok=True)
    if until is not None:
        if wal_archive is None:
            raise SetupError("Restoring to a point in time needs the archived log: set CITEWELL_WAL_ARCHIVE_DIR.")
        _replay_until(pgdata, wal_archive, until)
    pgdata.chmod(0o700)
    server.hand_over(pgdata)


def _replay_until(pgdata: Path, wal_archive: Path, until: datetime) -> None:
    source = str(wal_archive.expanduser().resolve() / "SEGMENT").replace("%", "%%").replace("SEGMENT", "%f")
    command = f'cp "{source}" "%p"'.replace("'", "''")
    with (pgdata / "postgresql.auto.conf").open("a") as file:
        file.write(f"restore_command = '{command}'\n")
        file.write(f"recovery_target_time = '{until.isoformat()}'\nrecovery_target_action = 'promote'\n")
    (pgdata / "recovery.signal").touch()


def expect_empty(url: str, what: str = "The database") -> None:
    """Raises SetupError for a database that is not empty, or does not answer."""
    try:
        with psycopg.connect(libpq_url(url), autocommit=True) as connection:
            if has_schema(connection):
                raise SetupError(f"{what} is not empty: restore into a new one.")
    except psycopg.OperationalError as error:
        raise SetupError(f"{what} does not answer: {str(error).strip().splitlines()[0]}") from error


def put_back_dump(dumped: Path, url: str) -> None:
    """Fill an empty database. Raises SetupError where it is not empty."""
    expect_empty(url)
    arguments = ["--jobs", _JOBS, "--no-owner", "--no-privileges", "--exit-on-error", "--no-password"]
    run("pg_restore", [*arguments, dumped], url=url, newest=server_version(url))
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        note_whole(connection)  # the restore has just built the text indexes


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
