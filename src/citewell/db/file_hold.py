"""Keeps stored files from being deleted while a backup takes them, on whatever machine of the installation."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import psycopg

from citewell.db.engine import Database, libpq_url
from citewell.errors import Unavailable

_LOCK = 0x63697467  # of this product's advisory locks, the one for deleting files


class FilesHeld(Unavailable):
    code = "files_held"


@asynccontextmanager
async def deleting_files(database: Database) -> AsyncIterator[None]:
    """Delete stored files in the body: no backup begins meanwhile. Raises FilesHeld while one is being taken."""
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
    """No stored file is deleted during the body; waits for deletions that have begun. Blocks: call it in a thread."""
    with psycopg.connect(libpq_url(url)) as connection:
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        connection.execute("SET LOCAL statement_timeout = 0")
        connection.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")
        yield
        connection.rollback()
