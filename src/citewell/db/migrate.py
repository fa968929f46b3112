"""Migrations at start: forward only, one process at a time."""

import time
from pathlib import Path
from typing import Any

import psycopg
import structlog
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine

from citewell.db.engine import libpq_url, sqlalchemy_url
from citewell.db.extensions import Extensions, install
from citewell.errors import SetupError

log = structlog.get_logger(__name__)

_SAYS_SO_AFTER = 1.0  # seconds
_LOOK_SECONDS = 0.05
_LOCK = 0x63697465  # "cite": any number that only this product uses for an advisory lock


def configuration(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def migrate(url: str) -> Extensions:
    """Bring the database to this version's schema. Blocks: call it in a thread."""
    try:
        with psycopg.connect(libpq_url(url), autocommit=True, connect_timeout=10) as guard:
            _lock(guard)  # released when the connection closes
            extensions = install(guard)
            _upgrade(url)
            return extensions
    except psycopg.OperationalError as error:
        raise SetupError(f"The database does not answer: {_first_line(error)}") from error


def _lock(connection: psycopg.Connection[Any]) -> None:
    started = time.monotonic()
    has_said_so = False
    while connection.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK]).fetchone() != (True,):
        if not has_said_so and time.monotonic() - started > _SAYS_SO_AFTER:
            has_said_so = True
            log.warning("waiting_for_lock", lock="migrations", reason="another citewell process prepares the database")
        time.sleep(_LOOK_SECONDS)


def _upgrade(url: str) -> None:
    engine = create_engine(sqlalchemy_url(url), hide_parameters=True)
    try:
        with engine.begin() as connection:
            config = configuration(connection)
            current = MigrationContext.configure(connection).get_current_revision()
            if current == ScriptDirectory.from_config(config).get_current_head():
                return
            command.upgrade(config, "head")
    except CommandError as error:
        raise SetupError(
            "The database was made by a newer version of Citewell: update Citewell, or use another data directory."
        ) from error
    finally:
        engine.dispose()


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
