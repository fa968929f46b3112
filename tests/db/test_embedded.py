"""The embedded database between processes that hold it at once, and across its own death."""

import fcntl
import os
import pwd
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from structlog.testing import capture_logs

from citewell.db.embedded import EmbeddedPostgres
from citewell.db.server import initialise, read_postmaster
from citewell.errors import SetupError
from citewell.kit.private import lock_file, wait_for_lock
from citewell.kit.vault import Vault
from tests.prepared import begin_as_prepared
from tests.processes import data_folder, postgres_of, wait_until


@pytest.fixture
def folder() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


def postmaster(folder: Path) -> int:
    return postgres_of(folder)[0].pid


def test_nobody_restarts_it_under_others(folder: Path) -> None:
    """Settings that have changed are taken by the first process that has it alone."""
    begin_as_prepared(folder)
    settings = folder / "postgres" / "citewell.conf"
    with EmbeddedPostgres(folder) as url:
        first, wanted = postmaster(folder), settings.read_text()
        settings.write_text("shared_buffers = '130MB'\n")
        with EmbeddedPostgres(folder) as other:
            assert (other, postmaster(folder)) == (url, first)
        assert postmaster(folder) == first
    with EmbeddedPostgres(folder) as url, psycopg.connect(url) as connection:
        assert settings.read_text() == wanted
        [buffers] = connection.execute("SHOW shared_buffers").fetchone() or [None]
        assert buffers != "130MB"


def test_what_a_killed_initdb_leaves_is_no_cluster(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next try makes it anew: a server on half a cluster would start, and have no databases."""

    def killed(arguments: list[str], pgdata: Path, **identity: object) -> None:
        (pgdata / "PG_VERSION").write_text("16\n")
        raise subprocess.CalledProcessError(-9, "initdb")

    monkeypatch.setattr("pgserver._commands.initdb", killed)
    with pytest.raises(subprocess.CalledProcessError):
        initialise(folder / "postgres")
    assert not (folder / "postgres").exists()


def test_a_user_without_a_name_is_told_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As containers run that are given any user id. PostgreSQL's own programs would fail until the time is up."""
    monkeypatch.setattr(os, "geteuid", lambda: 3_999_999_999)
    with pytest.raises(SetupError, match="useradd --uid 3999999999"), EmbeddedPostgres(folder):
        pass


def test_the_process_that_makes_the_cluster_is_read_as_one(tmp_path: Path) -> None:
    """PostgreSQL writes its number as a negative one then; a kill may leave the file behind."""
    (tmp_path / "postmaster.pid").write_text("-4711\n/data\n")
    found = read_postmaster(tmp_path)
    assert found is not None
    assert found.pid == 4711


def test_it_is_started_again_when_it_has_died(folder: Path) -> None:
    begin_as_prepared(folder)
    server = EmbeddedPostgres(folder)
    url = server.start()
    try:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept (); INSERT INTO kept DEFAULT VALUES")
        assert not server.revive()
        for process in postgres_of(folder):
            process.kill()
        wait_until(lambda: not postgres_of(folder), 240)
        assert server.revive()
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1,)
    finally:
        server.stop()
    assert postgres_of(folder) == []
    assert not server.revive(), "it is not started again after the last one has stopped it"


_STRANGER = "nobody"
_CONNECT = "import os, sys, psycopg; os.setuid(int(sys.argv[2])); psycopg.connect(sys.argv[1], connect_timeout=5)"
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture(params=["short", "longer than the address of a socket may be"])
def any_folder(request: pytest.FixtureRequest, folder: Path) -> Path:
    """A data directory whose socket is in it, and one whose socket has to be elsewhere."""
    folder.chmod(0o755)
    return folder if request.param == "short" else folder / ("long" * 30)


@needs_root
def test_other_users_of_the_machine_cannot_connect(any_folder: Path) -> None:
    stranger = str(pwd.getpwnam(_STRANGER).pw_uid)
    with EmbeddedPostgres(any_folder) as url:
        with psycopg.connect(url) as connection:
            path = Path(str(connection.info.host))
        # Wide open folders: what keeps a stranger out is then the authentication alone.
        for place in (path, path / ".s.PGSQL.5432", *path.parents[:-1]):
            place.chmod(0o777 | stat.S_ISVTX if place == Path(tempfile.gettempdir()) else 0o777)
        tried = subprocess.run([sys.executable, "-c", _CONNECT, url, stranger], capture_output=True, text=True)
        assert tried.returncode != 0
        assert "peer authentication failed" in tried.stderr.lower(), tried.stderr


def test_what_it_makes_is_private(any_folder: Path) -> None:
    with EmbeddedPostgres(any_folder) as url, psycopg.connect(url) as connection:
        socket_dir = Path(str(connection.info.host))
        made = [socket_dir, socket_dir / ".s.PGSQL.5432", *any_folder.glob("postgres*")]
        assert [path for path in made if path.stat().st_mode & 0o077] == []
    assert not socket_dir.exists() or socket_dir == any_folder / "postgres"


@needs_root
def test_a_key_that_is_made_beside_it_does_not_shut_it_out(any_folder: Path) -> None:
    begin_as_prepared(any_folder)
    with EmbeddedPostgres(any_folder) as url, psycopg.connect(url, autocommit=True) as connection:
        Vault(None, any_folder).seal("a password")
        connection.execute("CHECKPOINT")  # opens files anew, as the server's own user
        assert any_folder.stat().st_mode & 0o066 == 0


def test_the_locks_of_an_older_installation_are_closed(folder: Path) -> None:
    old = folder / "postgres.lock"
    old.touch(mode=0o644)
    with lock_file(old):
        assert stat.S_IMODE(old.stat().st_mode) == 0o600


def test_waiting_for_a_lock_is_said(folder: Path) -> None:
    with lock_file(folder / "lock") as held, lock_file(folder / "lock") as wanted, capture_logs() as logs:
        fcntl.flock(held, fcntl.LOCK_EX)
        waiter = threading.Thread(target=wait_for_lock, args=(wanted, "the test's lock"))
        waiter.start()
        wait_until(lambda: logs, 240)
        assert logs[0]["lock"] == "the test's lock"
        assert waiter.is_alive()
        fcntl.flock(held, fcntl.LOCK_UN)
        waiter.join(10)
        assert not waiter.is_alive()
