"""Which extensions the database has, and what a missing one costs."""

from dataclasses import dataclass

import psycopg

from citewell.errors import SetupError

MIN_VERSION = 160000
WANTED = ("vector", "pg_textsearch", "vectorscale", "age")


@dataclass(frozen=True)
class Extensions:
    """`vector` is required; the others only make more possible."""

    installed: frozenset[str]

    @property
    def text_search(self) -> bool:
        return "pg_textsearch" in self.installed


def install(connection: psycopg.Connection[tuple[object, ...]]) -> Extensions:
    """Create the extensions that this server offers and the product uses. Needs autocommit."""
    version = connection.info.server_version
    if version < MIN_VERSION:
        raise SetupError(f"PostgreSQL {version // 10000} is too old: Citewell needs 16 or newer.")
    for name in ("vector", "pg_textsearch"):
        try:
            connection.execute(f"CREATE EXTENSION IF NOT EXISTS {name}")
        except psycopg.Error as error:
            if name == "vector":
                raise SetupError(
                    "The database has no usable pgvector extension: install it on the server (package "
                    "postgresql-<version>-pgvector) and run CREATE EXTENSION vector as a superuser."
                ) from error
    return Extensions(installed(connection))


def installed(connection: psycopg.Connection[tuple[object, ...]]) -> frozenset[str]:
    rows = connection.execute("SELECT extname FROM pg_extension").fetchall()
    return frozenset(str(row[0]) for row in rows)
