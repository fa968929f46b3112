"""A real pgbouncer in transaction mode before the test database."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
_CONFIGURATION = """\
[databases]
* = host={host} user=postgres

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
max_client_conn = 200
logfile = {folder}/log
pidfile = {folder}/pid
"""


@contextlib.contextmanager
def pgbouncer(url: str) -> Iterator[str]:
    """The URL of the same database through the pooler, which has four connections to it."""
    assert PROGRAM is not None
    folder = Path(tempfile.mkdtemp(prefix="cw-pgb-"))
    parsed = make_url(url)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    configuration = folder / "pgbouncer.ini"
    configuration.write_text(_CONFIGURATION.format(host=parsed.query["host"], port=port, folder=folder))
    # pgbouncer refuses to run as root, and only root and the server's own user may connect to it.
    user = "pgserver" if os.geteuid() == 0 else None
    if user is not None:
        pgdata = Path(str(parsed.query["host"]))
        with (pgdata / "pg_ident.conf").open("a") as file:
            file.write(f'citewell "{user}" postgres\n')
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SELECT pg_reload_conf()")
        for path in (folder, configuration):
            shutil.chown(path, user)
    identity: dict[str, Any] = {"user": user, "group": user, "extra_groups": []} if user is not None else {}
    process = subprocess.Popen([PROGRAM, "-q", str(configuration)], **identity)
    address = f"postgresql://postgres@127.0.0.1:{port}/{parsed.database}"
    try:
        # Another database: connections to this one begin once the role has its settings.
        _wait(f"postgresql://postgres@127.0.0.1:{port}/postgres", process)
        yield address
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder)


def _wait(address: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            psycopg.connect(address, connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            assert process.poll() is None, "pgbouncer ended"
            assert time.monotonic() < deadline, "pgbouncer does not answer"
            time.sleep(0.05)
