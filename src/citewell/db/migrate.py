"""Migrations at start: forward only, one process at a time."""

import functools
import re
import threading
import time
from pathlib import Path
from typing import Any

import psycopg
import structlog

from citewell.db.engine import libpq_url
from citewell.db.extensions import Extensions, install
from citewell.db.pooled import goes_through_pooler
from citewell.errors import SetupError

log = structlog.get_logger(__name__)

_REVISION = re.compile(r"(revision|down_revision)\b[^=]*=(.*)")
_NAME = re.compile(r"[\"']([^\"']+)[\"']")
_SAYS_SO_AFTER = 1.0  # seconds
_LOOK_SECONDS = 0.05
_POOLER = (
    "The database is behind a connection pooler such as pgbouncer: set CITEWELL_DATABASE_DIRECT_URL to the address of "
    "PostgreSQL itself as well."
)
# Alembic has one current migration per process, and a process may open several cells at once.
_ALEMBIC = threading.Lock()
_LOCK = 0x63697465  # "cite": any number that only this product uses for an advisory lock


@functools.cache
def newest_revision() -> str:
    """Returns the schema revision that this version needs, read from the text of the migrations' files.

    Alembic would import itself and every migration for it: half a second at each start.
    """
    revisions, parents = set[str](), set[str]()
    for path in (Path(__file__).parent / "migrations" / "versions").glob("*.py"):
        for line in path.read_text().splitlines():
            if found := _REVISION.match(line):
                names = _NAME.findall(found[2])
                (revisions if found[1] == "revision" else parents).update(names)
    [newest] = revisions - parents
    return newest


def migrate(url: str) -> Extensions:
    """Migrates the database to this version's schema. Blocks: call it in a thread."""
    try:
        with psycopg.connect(libpq_url(url), autocommit=True, connect_timeout=10) as guard:
            if goes_through_pooler(guard):
                raise SetupError(_POOLER)
            _lock(guard)  # released when the connection closes
            extensions = install(guard)
            before = _revision(guard)
            if before != newest_revision():
                from citewell.db.upgrade import upgrade  # imports Alembic, which most starts do not need

                with _ALEMBIC:
                    upgrade(url)
                if before is not None:  # an empty database is not worth a log line
                    log.info("schema_upgraded", before=before, after=newest_revision())
            return extensions
    except psycopg.OperationalError as error:
        if "unsupported startup parameter" in str(error):
            raise SetupError(_POOLER) from error
        raise SetupError(f"The database does not answer: {_first_line(error)}") from error


def _lock(connection: psycopg.Connection[Any]) -> None:
    started = time.monotonic()
    has_said_so = False
    while connection.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK]).fetchone() != (True,):
        if not has_said_so and time.monotonic() - started > _SAYS_SO_AFTER:
            has_said_so = True
            log.warning("waiting_for_lock", lock="migrations", reason="another citewell process prepares the database")
        time.sleep(_LOOK_SECONDS)


def _revision(connection: psycopg.Connection[Any]) -> str | None:
    """Returns the revision of the database; None if it has no schema yet, or an unknown one."""
    if connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
        return None
    found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    return str(found[0][0]) if len(found) == 1 else None


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
