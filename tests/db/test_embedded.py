"""The embedded database between processes that hold it at once, and across its own death."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from citewell.db.embedded import EmbeddedPostgres
from tests.processes import postgres_of, wait_until


@pytest.fixture
def folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="cw-e-"))
    yield folder
    for process in postgres_of(folder):
        process.kill()
    shutil.rmtree(folder, ignore_errors=True)


def postmaster(folder: Path) -> int:
    return postgres_of(folder)[0].pid


def test_nobody_restarts_it_under_others(folder: Path) -> None:
    """Settings that have changed are taken by the first process that has it alone."""
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


def test_it_is_started_again_when_it_has_died(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    url = server.start()
    try:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept (); INSERT INTO kept DEFAULT VALUES")
        assert not server.revive()
        for process in postgres_of(folder):
            process.kill()
        wait_until(lambda: not postgres_of(folder), 10)
        assert server.revive()
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1,)
    finally:
        server.stop()
    assert postgres_of(folder) == []
    assert not server.revive(), "it is not started again after the last one has stopped it"
