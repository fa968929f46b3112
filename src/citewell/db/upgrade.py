"""Runs the migrations with Alembic, each in its own transaction, so that an interruption keeps what is done.

A migration that waits for a lock blocks everybody behind it. So it gives up after LOCK_SECONDS, lets the others
through, and tries again.
"""

import time
from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from citewell.db.engine import sqlalchemy_url
from citewell.errors import SetupError

log = structlog.get_logger(__name__)

LOCK_SECONDS = 3.0
_PAUSE_SECONDS = 2.0
PATIENCE_SECONDS = 600.0  # in total, for locks


def configuration(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def upgrade(url: str, target: str = "head") -> None:
    """Migrates the database to a schema, by default the newest. Call it again after an interruption: it continues.

    Raises SetupError for a database that a newer version made, and if a table stays locked.
    """
    engine = create_engine(sqlalchemy_url(url), hide_parameters=True)
    deadline = time.monotonic() + PATIENCE_SECONDS
    try:
        while not _try(engine, target):
            if time.monotonic() > deadline:
                raise SetupError(
                    "The migrations could not get a lock: end long transactions in the database, then try again."
                )
            time.sleep(_PAUSE_SECONDS)
    except CommandError as error:
        raise SetupError(
            "The database was made by a newer version of Citewell: update Citewell, or use another data directory."
        ) from error
    finally:
        engine.dispose()


def _try(engine: Engine, target: str) -> bool:
    """Whether all migrations ran; false if a lock was not granted in time."""
    with engine.connect() as connection:
        connection.execute(text(f"SET lock_timeout = {round(LOCK_SECONDS * 1000)}"))
        connection.execute(text("SET statement_timeout = 0"))
        connection.commit()
        try:
            command.upgrade(configuration(connection), target)
        except OperationalError as error:
            if not isinstance(error.orig, LockNotAvailable):
                raise
            log.warning("migration_waiting", reason="a table is in use", seconds=_PAUSE_SECONDS)
            return False
        connection.commit()
        return True
