"""The extensions of the database: which it has, why one is missing, and what that costs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import psycopg
from psycopg.errors import InsufficientPrivilege

from citewell.errors import SetupError

MIN_VERSION = 160000
WANTED = ("vector", "pg_textsearch", "vectorscale", "age")
_USED = ("vector", "pg_textsearch")


@dataclass(frozen=True)
class Extensions:
    """The extensions in use. `vector` is required, the others are optional; `missing` says why one cannot be used."""

    installed: frozenset[str]
    missing: Mapping[str, str] = field(default_factory=dict)

    @property
    def text_search(self) -> bool:
        return "pg_textsearch" in self.installed


def install(connection: psycopg.Connection[tuple[object, ...]]) -> Extensions:
    """Create the extensions that the product uses, as far as the server offers them. Needs autocommit.

    Raises SetupError for a standby, for a server that is too old, and if pgvector cannot be created.
    """
    version = connection.info.server_version
    if version < MIN_VERSION:
        raise SetupError(f"PostgreSQL {version // 10000} is too old: Citewell needs 16 or newer.")
    if connection.execute("SELECT pg_is_in_recovery()").fetchone() == (True,):
        raise SetupError(
            "The database is a standby, which can only be read: set CITEWELL_DATABASE_URL to the primary, and name the "
            "standby in CITEWELL_DATABASE_READ_URL."
        )
    missing = {name: reason for name in _USED if (reason := _create(connection, name)) is not None}
    if "vector" in missing:
        raise SetupError(f"The extension vector (pgvector) is {missing['vector']}.")
    return Extensions(installed(connection) - missing.keys(), missing)


def _create(connection: psycopg.Connection[tuple[object, ...]], name: str) -> str | None:
    """Create the extension. Returns why it cannot be used and what to do; None if it can."""
    package = "pgvector" if name == "vector" else name
    offered = connection.execute("SELECT FROM pg_available_extensions WHERE name = %s", [name]).fetchone()
    if name not in installed(connection):
        if offered is None:
            return f"not installed on the server: install its package there (postgresql-<version>-{package})"
        try:
            connection.execute(f"CREATE EXTENSION IF NOT EXISTS {name}")
        except InsufficientPrivilege:
            database = connection.info.dbname
            return f"not created: a superuser has to run CREATE EXTENSION {name} in the database {database}"
        except psycopg.Error as error:
            if "shared_preload_libraries" in str(error):
                return _not_loaded(name)
            return f"not usable: {str(error).split(chr(10), 1)[0]}"
    return None if name != "pg_textsearch" or _is_loaded(connection) else _not_loaded(name)


def _is_loaded(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    """Whether the extension is preloaded. Looks for its settings, which every role sees; only superusers see
    shared_preload_libraries."""
    return connection.execute("SELECT FROM pg_settings WHERE name LIKE 'pg_textsearch.%'").fetchone() is not None


def _not_loaded(name: str) -> str:
    return f"installed but not preloaded: add {name} to shared_preload_libraries of the server and restart it"


def installed(connection: psycopg.Connection[tuple[object, ...]]) -> frozenset[str]:
    rows = connection.execute("SELECT extname FROM pg_extension").fetchall()
    return frozenset(str(row[0]) for row in rows)


def available(connection: psycopg.Connection[tuple[object, ...]]) -> frozenset[str]:
    """Returns the extensions whose package the server has, also those that are not created in this database."""
    rows = connection.execute("SELECT name FROM pg_available_extensions").fetchall()
    return frozenset(str(row[0]) for row in rows)
