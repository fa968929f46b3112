"""A database cluster that is initialised and migrated once a run; the tests' data folders begin as copies of it.

Its server does not wait for the disk (`fsync = off`). Tests kill processes, never the machine, and what a killed
process has written is still in the system's cache: a commit that was acknowledged is kept all the same.
"""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import psycopg

from citewell.db.embedded import EmbeddedPostgres
from citewell.db.migrate import migrate

# Where the processes of a run share what they prepare.
VARIABLE = "CITEWELL_TEST_RUN"


def begin_as_prepared(data_dir: Path) -> None:
    """Give a data folder that has no database a migrated one. Does nothing where there is one already, and outside of a
    run of the tests: benchmarks measure what the product makes."""
    if VARIABLE not in os.environ or (data_dir / "postgres").exists():
        return
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", "--reflink=auto", f"{_prepared()}/.", str(data_dir)], check=True)


def _prepared() -> Path:
    """The folder that is copied; the first process of a run that asks for it makes it."""
    run = Path(os.environ[VARIABLE])
    finished = run / "cluster"
    with (run / "cluster.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not finished.exists():
            _make(run / "cluster.partial")
            (run / "cluster.partial").rename(finished)
    return finished


def _make(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    server = EmbeddedPostgres(folder)
    url = server.start()
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            for setting in ("fsync", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
        migrate(url)
    finally:
        server.stop()
