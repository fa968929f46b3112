"""The server process of the embedded PostgreSQL, closed to the machine's other users.

PostgreSQL listens on no network address. Its socket has mode 0700, and `peer` authentication admits only the user of
this process and root. PostgreSQL refuses to run as root, so for root it runs as a separate system user.
"""

import os
import pwd
import shlex
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from citewell.errors import SetupError

SYSTEM_USER = "pgserver"
CONFIGURATION = "citewell.conf"
_SOCKET = ".s.PGSQL.5432"
_LONGEST_SOCKET = 100  # bytes; the systems' limits are 103 and 107
_PRELOADED = "pg_textsearch"  # can only be loaded this way
_TAIL = 16_384  # bytes at the end of the server's log that are searched for a reason
_INCLUDE = f"include_if_exists = '{CONFIGURATION}'\n"
_ACCESS = """\
# Written by Citewell at every start.
local all all peer map=citewell
local replication all peer map=citewell
"""


@dataclass(frozen=True)
class Postmaster:
    """The content of `postmaster.pid` of a running server; `data_dir` is the folder that it serves."""

    pid: int
    socket_dir: Path
    data_dir: Path

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={quote(str(self.socket_dir))}"


def read_postmaster(pgdata: Path) -> Postmaster | None:
    """Read the pid file; None if there is none. A file that is still being written lacks the folder of the socket: then
    that is pgdata.

    While initdb runs, the pid in the file is negative: it belongs to a server without a postmaster.
    """
    try:
        lines = (pgdata / "postmaster.pid").read_text().splitlines()
        socket_dir = Path(lines[4]) if lines[4:] and lines[4] else pgdata
        return Postmaster(abs(int(lines[0])), socket_dir, Path(lines[1]) if lines[1:] else pgdata)
    except (OSError, ValueError, IndexError):
        return None


def initialise(pgdata: Path) -> None:
    """Make the cluster if there is none, completely or not at all. Raises OSError and SubprocessError, and SetupError
    for a user that has no name."""
    from pgserver._commands import initdb  # type: ignore[attr-defined]  # made when it is imported

    _refuse_nameless(os.geteuid())
    pgdata.mkdir(mode=0o700, exist_ok=True)
    if account := _account():
        _let_through(pgdata)
        _let_run(_programs())
        os.chown(pgdata, account.pw_uid, account.pw_gid)
    if not (pgdata / "PG_VERSION").exists():
        arguments = ["--auth-local=peer", "--auth-host=reject", "--encoding=utf8", "-U", "postgres"]
        try:
            initdb(arguments, pgdata=pgdata, **_identity())
        except BaseException:
            # A server would start on what a killed initdb leaves, but lack databases.
            shutil.rmtree(pgdata, ignore_errors=True)
            raise


def configure(pgdata: Path, configuration: str) -> None:
    """Write what the next start reads: the settings, and the rules of who may connect."""
    users = dict.fromkeys([pwd.getpwuid(os.geteuid()).pw_name, "root"])
    _write(pgdata / "pg_hba.conf", _ACCESS)
    _write(pgdata / "pg_ident.conf", "".join(f'citewell "{user}" postgres\n' for user in users))
    _write(pgdata / CONFIGURATION, configuration)
    main = pgdata / "postgresql.conf"
    text = main.read_text()
    if _INCLUDE not in text:
        _write(main, text + _INCLUDE)


def start(pgdata: Path, seconds: float) -> None:
    """Start the server and wait until it answers. Raises OSError and SubprocessError."""
    from pgserver._commands import pg_ctl  # type: ignore[attr-defined]

    options = ["-c", "listen_addresses=", "-c", "unix_socket_permissions=0700", "-k", str(_socket_dir(pgdata))]
    if any((_programs().parent / "lib").rglob(f"{_PRELOADED}.*")):
        options += ["-c", f"shared_preload_libraries={_PRELOADED}"]
    arguments = ["-w", "-t", str(max(int(seconds), 1)), "-l", str(pgdata / "log"), "-o", shlex.join(options), "start"]
    pg_ctl(arguments, pgdata=pgdata, timeout=seconds + 5, **_identity())


def hand_over(folder: Path) -> bool:
    """Give a folder (a copy made by root, for example) to the user that the server runs as, with the modes that
    PostgreSQL demands. Returns whether anything had to change.

    Raises SetupError if this process may not change it.
    """
    account = _account()
    wanted = account.pw_uid if account else os.geteuid()
    status = folder.stat()
    if status.st_uid != wanted and account is None:
        owner = _name_of(status.st_uid)
        raise SetupError(
            f"{folder} belongs to {owner}, and this process runs as {_name_of(wanted)}: start Citewell as {owner}, or "
            f"run `chown -R {_name_of(wanted)} {folder}` as root."
        )
    if status.st_uid == wanted:
        if status.st_mode & 0o077:
            folder.chmod(0o700)
        return False
    assert account is not None
    for path in (folder, *folder.rglob("*")):
        os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)
    folder.chmod(0o700)
    return True


def prepare_archive(folder: Path) -> None:
    """Make a folder that the server may archive its log to. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if account := _account():
        _let_through(folder)
        os.chown(folder, account.pw_uid, account.pw_gid)


def last_complaint(pgdata: Path) -> str | None:
    """Returns the last reason in the server's log for not starting."""
    try:
        with (pgdata / "log").open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return None
    found = [line.partition("FATAL:")[2].strip() for line in lines if "FATAL:" in line]
    return found[-1] if found else None


def program(name: str) -> Path:
    """Returns the path of one of PostgreSQL's programs, such as pg_basebackup."""
    return _programs() / name


def _refuse_nameless(uid: int) -> None:
    try:
        pwd.getpwuid(uid)
    except KeyError as error:
        raise SetupError(
            f"PostgreSQL refuses to run as a user without a name, and the user id {uid} has none here: add the"
            f" user (useradd --uid {uid} NAME), run Citewell as another one, or set CITEWELL_DATABASE_URL."
        ) from error


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def discard_socket_dir(pgdata: Path, socket_dir: Path) -> None:
    """Remove a folder that `start` made for the socket; the server of `pgdata` has ended."""
    if socket_dir != pgdata and socket_dir.name.startswith("citewell-"):
        shutil.rmtree(socket_dir, ignore_errors=True)


def _socket_dir(pgdata: Path) -> Path:
    """Returns the data folder itself, or a folder with a shorter name if that is too long for a socket's address."""
    if len(os.fsencode(pgdata / _SOCKET)) <= _LONGEST_SOCKET:
        return pgdata
    folder = Path(tempfile.mkdtemp(prefix="citewell-"))  # of mode 0700
    if account := _account():
        os.chown(folder, account.pw_uid, account.pw_gid)
    return folder


def _account() -> pwd.struct_passwd | None:
    """Returns the system user that the server runs as, made if missing; None if this process is not root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603
        return pwd.getpwnam(SYSTEM_USER)


def _identity() -> dict[str, Any]:
    account = _account()
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": [], "cwd": "/"}


def _write(path: Path, text: str) -> None:
    partial = path.with_name(f"{path.name}.partial")
    partial.unlink(missing_ok=True)
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    if account := _account():
        os.chown(partial, account.pw_uid, account.pw_gid)
    partial.rename(path)


def _programs() -> Path:
    from pgserver._commands import POSTGRES_BIN_PATH

    return Path(POSTGRES_BIN_PATH)


def _let_through(path: Path) -> None:
    """Lets the system user traverse the folders above, without letting anybody list them."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


def _let_run(programs: Path) -> None:
    """Lets the system user run PostgreSQL's programs and libraries, which may be installed for root alone."""
    _let_through(programs)
    if not programs.stat().st_mode & stat.S_IROTH or not (programs / "postgres").stat().st_mode & stat.S_IROTH:
        for path in (programs.parent, *programs.parent.rglob("*")):
            mode = path.stat().st_mode
            path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))
