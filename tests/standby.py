"""Two PostgreSQL servers, the second a streaming standby of the first."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from citewell.db.embedded import EmbeddedPostgres
from tests.prepared import begin_as_prepared


@dataclass
class Pair:
    """`either` leads to whichever of the two is the primary."""

    primary: EmbeddedPostgres
    standby: EmbeddedPostgres
    primary_url: str
    standby_url: str

    @property
    def either(self) -> str:
        hosts = ",".join(str(make_url(url).query["host"]) for url in (self.primary_url, self.standby_url))
        return f"postgresql://postgres@/citewell?host={hosts}&target_session_attrs=read-write"

    def on_standby(self, statement: str) -> object:
        with psycopg.connect(self.standby_url, autocommit=True) as connection:
            row = connection.execute(statement.encode()).fetchone()
        return row[0] if row is not None else None


@contextlib.contextmanager
def primary_and_standby() -> Iterator[Pair]:
    folders = [Path(tempfile.mkdtemp(prefix=f"cw-{name}-")) for name in ("p", "s")]
    servers = [EmbeddedPostgres(folder) for folder in folders]
    try:
        for folder in folders:
            begin_as_prepared(folder)
        primary_url = servers[0].start()
        pgdata = Path(str(make_url(primary_url).query["host"]))
        with (pgdata / "pg_hba.conf").open("a") as file:
            file.write("local replication all peer map=citewell\n")
        if os.geteuid() == 0:  # the standby runs as a user of its own
            with (pgdata / "pg_ident.conf").open("a") as file:
                file.write('citewell "pgserver" postgres\n')
        with psycopg.connect(primary_url, autocommit=True) as connection:
            connection.execute("SELECT pg_reload_conf()")
        copy = folders[1] / "postgres"
        (copy / "standby.signal").touch()
        with (copy / "postgresql.auto.conf").open("a") as file:
            file.write(f"primary_conninfo = 'user=postgres host={pgdata}'\n")
        yield Pair(servers[0], servers[1], primary_url, servers[1].start())
    finally:
        for server in reversed(servers):
            server.stop()
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
