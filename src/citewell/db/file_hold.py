"""Keeps stored files from being deleted while a backup takes them, on whatever machine of the installation."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import psycopg

from citewell.db.engine import Database, libpq_url
from citewell.errors import Unavailable

_LOCK = 0x63697467  # this product's advisory lock for deleting files


class FilesHeld(Unavailable):
    code = "files_held"


@asynccontextmanager
async def deleting_files(database: Database) -> AsyncIterator[None]:
    """Allows the body to delete stored files; no backup starts meanwhile. Raises FilesHeld while a backup is
    running."""
    async with database.direct.connect() as connection, connection.transaction():
        cursor = await connection.execute(f"SELECT pg_try_advisory_xact_lock_shared({_LOCK}) AS free")
        row = await cursor.fetchone()
        if row is None or not row[0]:
            raise FilesHeld(
                "A backup is being taken, so no file is deleted now: try again later.", headers={"Retry-After": "60"}
            )
        yield


@contextmanager
def holding_files(url: str) -> Iterator[None]:
    """Prevents that stored files are deleted during the body. Waits for running deletions. Blocks: call it in a
    thread."""
    with psycopg.connect(libpq_url(url)) as connection:
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        connection.execute("SET LOCAL statement_timeout = 0")
        connection.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")
        yield
        connection.rollback()
