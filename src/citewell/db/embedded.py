"""The embedded PostgreSQL: started by the first process that needs it, stopped by the last.

`server.py` initialises and starts it with the programs of the package `pgserver`. This module handles the incidents of
daily use: killed processes, a stale pid file, a crash recovery that exceeds its time limit.
"""

import contextlib
import fcntl
import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import psutil
import psycopg
import structlog
from psycopg import sql

from citewell.db import server
from citewell.errors import SetupError
from citewell.kit.private import lock_file, private_folder, wait_for_lock

log = structlog.get_logger(__name__)

DATABASE = "citewell"
MADE = "postgres.made"  # in a data folder whose database was made completely
UNFINISHED = "restore.unfinished"  # in a data folder that is being restored
START_SECONDS = 60.0
REVIVE_SECONDS = 10.0
STOP_SECONDS = 30.0
_LEAST_FREE = 64 * 2**20  # bytes: a new database has 40 MB, a segment of its log 16
_RETRY_SECONDS = 0.5
_REPLAY_LOOK_SECONDS = 0.1
_STANDBY = "standby.signal"  # PostgreSQL's own: marks the folder of a standby

_MIB = 2**20
_CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")
_ARCHIVING = """\
archive_mode = on
archive_timeout = 60
archive_command = '{command}'
"""
_LEAST_BUFFERS, _MOST_BUFFERS = 128, 2048  # MiB


def _configuration(memory: int, wal_archive: Path | None = None) -> str:
    """Returns the settings for a machine with `memory` bytes.

    The database's own cache gets an eighth of it. Pages of an index outside of this cache are copied from the system's
    at each use: 200,000 chunks were searched in 7.8 ms with 256 MiB, in 4.6 ms with enough. The memory is taken only as
    the cache fills.
    """
    buffers = min(max(memory // 8 // _MIB, _LEAST_BUFFERS), _MOST_BUFFERS)
    archiving = _ARCHIVING.format(command=_archive_command(wal_archive).replace("'", "''")) if wal_archive else ""
    return f"""\
# Written by Citewell at every start; put your own settings into postgresql.conf below the include.
max_connections = 200
shared_buffers = '{buffers}MB'
max_locks_per_transaction = 512
random_page_cost = 1.1
jit = off
wal_compression = on
summarize_wal = on
{archiving}"""


def _archive_command(folder: Path) -> str:
    """Returns the shell command that archives a finished log segment.

    It is atomic, and fails if the archive has a different segment of this name.
    """
    target, partial = (shlex.quote(str(folder / name)).replace("%", "%%") for name in ("SEGMENT", "SEGMENT.partial"))
    target, partial = target.replace("SEGMENT", "%f"), partial.replace("SEGMENT", "%f")
    copied = f'cp "%p" {partial} && sync {partial} && mv {partial} {target}'
    return f'if [ -e {target} ]; then cmp -s "%p" {target}; else {copied}; fi'


def _memory() -> int:
    """Returns the bytes of memory of this machine, or the limit of its container."""
    memory = int(psutil.virtual_memory().total)
    try:
        return min(memory, int(_CONTAINER_LIMIT.read_text()))
    except (OSError, ValueError):  # no such file, or it says "max"
        return memory


class EmbeddedPostgres:
    """A handle on the database server of one data directory.

    Several processes may hold the server at once. Each has a shared lock on a file, which the kernel drops even when
    the process is killed. The process that can make its lock exclusive is the last one and stops the server. A second
    lock allows one process at a time to start or stop it.
    """

    def __init__(self, data_dir: Path, wal_archive: Path | None = None, start_seconds: float = START_SECONDS) -> None:
        self._data_dir = data_dir.expanduser().resolve()
        self._wal_archive = wal_archive.expanduser().resolve() if wal_archive else None
        self._start_seconds = start_seconds
        self._pgdata = self._data_dir / "postgres"
        self._holders: IO[bytes] | None = None
        self._postmaster: psutil.Process | None = None
        self._socket_dir = self._pgdata

    def start(self) -> str:
        """Start or join the server and return the URL of its `citewell` database. Blocks: call it in a thread."""
        try:
            if not self._data_dir.exists():
                private_folder(self._data_dir)
            self._holders = lock_file(self._data_dir / "postgres.holders")
        except OSError as error:
            raise SetupError(
                f"Cannot write to the data directory {self._data_dir} ({error.strerror}): "
                "choose another with --data-dir or CITEWELL_DATA_DIR."
            ) from error
        with self._locked():
            fcntl.flock(self._holders, fcntl.LOCK_SH)
            postmaster = self._run(self._start_seconds)
            with psycopg.connect(postmaster.url("postgres"), autocommit=True) as connection:
                self._wait_for_replay(connection)
                _create_database(connection)
        return postmaster.url(DATABASE)

    def revive(self) -> bool:
        """Start the server again if it has died; returns whether it had. Blocks: call it in a thread.

        Raises SetupError if it does not start, for example on a full disk: try again later.
        """
        if self._postmaster is None or _is_postmaster(self._postmaster.pid):
            return False
        with self._locked():
            if self._holders is None:
                return False  # it was stopped in the meantime
            self._run(REVIVE_SECONDS)
        return True

    def stop(self) -> None:
        """Release the server, and stop it if no other process holds it. Blocks: call it in a thread."""
        if self._holders is None:
            return
        with self._locked(), self._holders as holders:
            self._holders = None
            try:
                fcntl.flock(holders, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return  # another process uses the server and will stop it
            self._shut_down()

    def _is_only_holder(self) -> bool:
        """Whether no other process holds the server. Call it within `_alone`: for a moment it may hold no lock."""
        assert self._holders is not None
        try:
            fcntl.flock(self._holders, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            return False
        finally:
            fcntl.flock(self._holders, fcntl.LOCK_SH)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with lock_file(self._data_dir / "postgres.lock") as file:
            wait_for_lock(file, f"the embedded database of {self._data_dir}")
            yield

    def __enter__(self) -> str:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self, seconds: float) -> server.Postmaster:
        if (self._data_dir / UNFINISHED).exists():
            raise SetupError(
                f"{self._data_dir} is only partly restored: run `citewell restore` again, or empty the folder."
            )
        self._discard_half_made()
        self._refuse_copy_of_running()
        self._forget_dead_postmaster()
        if self._pgdata.exists() and server.hand_over(self._pgdata):
            log.warning(
                "owners_mended", folder=str(self._pgdata), reason="a copy of the folder belonged to another user"
            )
        postmaster = server.read_postmaster(self._pgdata)
        if self._wal_archive is not None:
            server.prepare_archive(self._wal_archive)
        wanted = _configuration(_memory(), self._wal_archive)
        # A process in a container may see another size of memory. The server is not restarted for that while other
        # processes use it.
        if postmaster is not None and not self._is_configured(wanted) and self._is_only_holder():
            self._remember(postmaster)
            self._shut_down()
            postmaster = None
        if postmaster is None or not self._is_ready():
            postmaster = self._launch(wanted, seconds)
        self._remember(postmaster)
        (self._data_dir / MADE).touch(mode=0o600)
        return postmaster

    def _launch(self, configuration: str, seconds: float) -> server.Postmaster:
        """Starts the server. Waits for a crash recovery, and for an orphan that still holds the shared memory.

        Raises SetupError if it does not start.
        """
        # Failed starts are repeated for this long. A start in progress, such as a recovery, has `seconds`.
        started = time.monotonic()
        deadline = started + min(seconds, START_SECONDS)
        while True:
            try:
                self._forget_dead_postmaster()
                if server.read_postmaster(self._pgdata) is None:
                    server.initialise(self._pgdata)
                    server.configure(self._pgdata, configuration)
                    server.start(self._pgdata, seconds)
                postmaster = server.read_postmaster(self._pgdata)
                if postmaster is not None and self._is_ready():
                    return postmaster
                reason: Exception | None = None
            except (subprocess.SubprocessError, OSError) as error:
                reason = error
            if reason is None and postmaster is not None and time.monotonic() < started + seconds:
                time.sleep(_RETRY_SECONDS)  # the server runs and replays its log
                continue
            if time.monotonic() > deadline:
                told = _full(self._data_dir) or server.last_complaint(self._pgdata)
                raise SetupError(
                    f"The embedded database did not start within {seconds:.0f} s"
                    f"{f' ({told})' if told else ''}: see {self._pgdata / 'log'}."
                ) from reason
            time.sleep(_RETRY_SECONDS)

    def _is_ready(self) -> bool:
        """Whether the server reports that it accepts connections."""
        try:
            return (self._pgdata / "postmaster.pid").read_text().splitlines()[7].strip() == "ready"
        except (OSError, IndexError):
            return False

    def _wait_for_replay(self, connection: psycopg.Connection[Any]) -> None:
        """Waits until a server that is restored to a point in time has replayed its log.

        It answers read-only queries long before. If it were stopped then, the replay would start over; if it were
        stopped at the end of the replay, it might go past the point. Raises SetupError for a standby, whose replay
        never ends.
        """
        deadline = time.monotonic() + self._start_seconds
        while connection.execute("SELECT pg_is_in_recovery()").fetchone() == (True,):
            if (self._pgdata / _STANDBY).exists():
                return
            if time.monotonic() > deadline:
                raise SetupError(
                    f"The embedded database of {self._data_dir} still replays its log: start again when it is done. "
                    f"{self._pgdata / 'log'} shows how far it is."
                )
            time.sleep(_REPLAY_LOOK_SECONDS)

    def _is_configured(self, wanted: str) -> bool:
        try:
            return (self._pgdata / server.CONFIGURATION).read_text() == wanted
        except FileNotFoundError:
            return False

    def _remember(self, postmaster: server.Postmaster) -> None:
        self._postmaster = psutil.Process(postmaster.pid)
        self._socket_dir = postmaster.socket_dir

    def _discard_half_made(self) -> None:
        """Deletes the folder that a killed first start left. No server can use it, and it has no data."""
        if not self._pgdata.exists() or (self._data_dir / MADE).exists():
            return
        postmaster = server.read_postmaster(self._pgdata)
        if postmaster is not None and _is_postmaster(postmaster.pid):
            # An orphan would remove its socket when it ends, which may be the next server's socket by then.
            self._remember(postmaster)
            self._shut_down()
        shutil.rmtree(self._pgdata)

    def _refuse_copy_of_running(self) -> None:
        """Raises SetupError for a folder that was copied while its server ran.

        The copy names that server, so joining it would mix two stores.
        """
        found = server.read_postmaster(self._pgdata)
        if found is None or found.data_dir.resolve() == self._pgdata or not _is_postmaster(found.pid):
            return
        original = server.read_postmaster(found.data_dir)
        if original is not None and original.pid == found.pid:
            raise SetupError(
                f"{self._data_dir} was copied from {found.data_dir.parent} while its database ran, so the copy is "
                "inconsistent. Stop that server before you copy, or use `citewell backup`, which needs no stop."
            )

    def _forget_dead_postmaster(self) -> None:
        """Remove a pid file whose process is gone, or whose number belongs to another program now."""
        postmaster = server.read_postmaster(self._pgdata)
        pid_file = self._pgdata / "postmaster.pid"
        if postmaster is not None and not _is_postmaster(postmaster.pid):
            pid_file.unlink(missing_ok=True)
            server.discard_socket_dir(self._pgdata, postmaster.socket_dir)

    def _shut_down(self) -> None:
        if self._postmaster is None:
            return
        try:
            self._postmaster.send_signal(signal.SIGINT)  # "fast": ends sessions, writes a checkpoint
            _wait_until_gone(self._postmaster, STOP_SECONDS)
            server.discard_socket_dir(self._pgdata, self._socket_dir)
        except psutil.NoSuchProcess:
            return
        except TimeoutError:
            log.warning("database_stop_slow", seconds=STOP_SECONDS, pid=self._postmaster.pid)


def root_warning(data_dir: Path) -> str | None:
    """Returns what the embedded server changes on this machine when it runs as root; None if it does not run as
    root.
    """
    if os.geteuid() != 0:
        return None
    return (
        f"Running as root: PostgreSQL refuses that, so the embedded database runs as the system user "
        f"'{server.SYSTEM_USER}' (made if missing), and all users may pass, but not list, the folders above "
        f"{data_dir.expanduser().resolve()} and above the Python environment. Use CITEWELL_DATABASE_URL or another "
        "user to avoid it."
    )


def _is_postmaster(pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and process.name().startswith("postgres")
    except psutil.NoSuchProcess:
        return False


def _wait_until_gone(process: psutil.Process, seconds: float) -> None:
    """Wait for the end of a process. psutil's own wait never returns for an unreaped zombie, which is common in
    containers."""
    deadline = time.monotonic() + seconds
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.02)


def _create_database(connection: psycopg.Connection[Any]) -> None:
    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
    if found is None:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def _full(folder: Path) -> str:
    """Returns the error for a disk without room for a new database or an old one's log; else an empty text."""
    free = shutil.disk_usage(folder).free
    return f"only {free / 2**20:.0f} MiB are free on its disk: make room" if free < _LEAST_FREE else ""
