"""Databases behind a pooler that assigns server connections for one transaction only.

A setting that one client makes on a connection would affect the next client of that server connection. So the settings
are stored for the role in this database, and each server connection has them from its start.
"""

from collections.abc import Mapping

import psycopg
import structlog
from psycopg import sql

from citewell.db.engine import libpq_url

log = structlog.get_logger(__name__)

_FOUND = """
    SELECT unnest(setconfig) FROM pg_db_role_setting
    WHERE setrole = (SELECT oid FROM pg_roles WHERE rolname = current_user)
    AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def prepare_role(url: str, wanted: Mapping[str, str]) -> None:
    """Stores these settings for the role in this database. Blocks. `url` must lead to PostgreSQL directly.

    A setting that the role may not change is logged and left as it is.
    """
    with psycopg.connect(libpq_url(url), autocommit=True, connect_timeout=10) as connection:
        connection.execute("SELECT CAST('[1]' AS vector)")  # loads the extension, so that its settings are known
        found = {str(row[0]) for row in connection.execute(_FOUND)}
        database = sql.Identifier(connection.info.dbname)
        for name, value in wanted.items():
            if f"{name}={value}" in found:
                continue
            statement = sql.SQL("ALTER ROLE CURRENT_USER IN DATABASE {} SET {} = {}")
            try:
                names = sql.SQL(".").join(sql.Identifier(part) for part in name.split("."))
                connection.execute(statement.format(database, names, sql.Literal(value)))
            except psycopg.errors.InsufficientPrivilege as error:
                log.warning("role_setting_refused", setting=name, reason=str(error).split("\n", 1)[0])


def goes_through_pooler(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    """Whether the connection leads through a pooler: then the backend process is not the one of the handshake."""
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    return row is not None and row[0] != connection.info.backend_pid
