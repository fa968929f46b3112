"""Runs the migrations, with Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine

from citewell.db.engine import sqlalchemy_url
from citewell.errors import SetupError


def configuration(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def upgrade(url: str) -> None:
    """Bring the database to the newest schema. Raises SetupError for one that a newer version made."""
    engine = create_engine(sqlalchemy_url(url), hide_parameters=True)
    try:
        with engine.begin() as connection:
            command.upgrade(configuration(connection), "head")
    except CommandError as error:
        raise SetupError(
            "The database was made by a newer version of Citewell: update Citewell, or use another data directory."
        ) from error
    finally:
        engine.dispose()
