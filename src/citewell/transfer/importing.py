"""Imports a project's archive: all of it or nothing."""

import contextlib
import itertools
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from sqlalchemy import Table, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from citewell.auth.permissions import Permission
from citewell.db.migrate import newest_revision
from citewell.db.partitions import create_project_partition
from citewell.db.recovery import index_words
from citewell.errors import Conflict, SetupError
from citewell.models import ProjectPermission
from citewell.resources import Resources
from citewell.transfer.reading import ProjectFile
from citewell.transfer.tables import of_project, tables, user_columns

_BATCH = 500  # rows of one statement


async def import_project(resources: Resources, source: ProjectFile, owner_id: UUID) -> None:
    """Files first, then all rows in one transaction. `owner_id` becomes its admin, and stands for users who are unknown
    here; others are known by their address.

    Raises Conflict where the project is here already, SetupError for a file that does not fit this version.
    """
    about = source.about
    if about.schema != newest_revision():
        raise SetupError(
            f"The project comes from schema {about.schema}, and this version has {newest_revision()}: bring both "
            "installations to the same version, then export again."
        )
    await _expect_absent(resources, about.project)
    try:
        async with resources.database.write(statement_seconds=0) as session:
            connection = await session.connection()
            await _begin(connection, about.project)
            for key, content in source.files():
                await resources.files.put_stream(key, _async(content))
            await create_project_partition(connection, about.project, resources.extensions)
            users = await _known_users(connection, source.users(), owner_id)
            for table in tables():
                await _insert(connection, table, source.rows(table.name), users)
            everything = [Permission.ADMIN, Permission.VIEW, Permission.RUN, Permission.TECHNICAL]
            session.add(
                ProjectPermission(project_id=about.project, user_id=owner_id, permissions=everything, profile="tech")
            )
    except Conflict:
        raise  # the files are another import's
    except BaseException as error:
        await _remove_files(resources, about.project)
        if isinstance(error, DBAPIError) and isinstance(error.orig, psycopg.DataError | psycopg.IntegrityError):
            raise SetupError(f"The archive has rows that cannot be stored: {str(error.orig)[:300]}") from error
        raise
    if resources.extensions.text_search:
        # One that was made and filled in the same transaction has lost its words at the server's next start.
        async with resources.database.autocommit(statement_seconds=0) as autocommit:
            await index_words(autocommit, about.project)


async def _begin(connection: AsyncConnection, project_id: UUID) -> None:
    """Locks the project's id against other imports until the end of the transaction. Raises Conflict."""
    await connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))  # while files are copied
    lock = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:key, 0))")
    if not await connection.scalar(lock, {"key": f"import:{project_id}"}):
        raise Conflict(f"The project {project_id} is being imported already: wait for that import to end.")


async def _remove_files(resources: Resources, project_id: UUID) -> None:
    """Remove what a failed import has stored, unless another one has begun since: its files have the same names."""
    async with resources.database.write(statement_seconds=0) as session:
        connection = await session.connection()
        with contextlib.suppress(Conflict):
            await _begin(connection, project_id)
            # A commit whose answer was lost may have happened: then the project is here, and needs its files.
            if await _state_here(connection, project_id) is None:
                await resources.files.delete_prefix(str(project_id))


async def _expect_absent(resources: Resources, project_id: UUID) -> None:
    async with resources.database.write() as session:  # a standby may not know it yet
        state = await _state_here(await session.connection(), project_id)
    if state is not None:
        raise Conflict(f"The project {project_id} {state}.")


async def _state_here(connection: AsyncConnection, project_id: UUID) -> str | None:
    """Returns why the project cannot be imported; None if it does not exist here."""
    found = await connection.execute(text("SELECT deleted_at FROM projects WHERE id = :id"), {"id": project_id})
    row = found.first()
    if row is None:
        return None
    return "is being deleted here: try again later" if row.deleted_at else "is here already: delete it first"


async def _known_users(connection: AsyncConnection, emails: dict[str, str], owner_id: UUID) -> dict[str, str]:
    """Maps each user of the file to the user here with the same address, or to the owner."""
    rows = await connection.execute(
        text("SELECT id::text, email FROM users WHERE email = ANY(:emails)"), {"emails": list(emails.values())}
    )
    here = {row.email: row.id for row in rows}
    return {user: here.get(email, str(owner_id)) for user, email in emails.items()}


async def _insert(
    connection: AsyncConnection, table: Table, rows: Iterator[dict[str, Any]], users: dict[str, str]
) -> None:
    """PostgreSQL turns the values into those of its columns, so each is checked as one of that type."""
    naming = user_columns(table)
    while batch := list(itertools.islice(rows, _BATCH)):
        columns = [column.name for column in table.columns if column.name in batch[0]]
        if of_project(table) not in columns or any(row.keys() - set(columns) for row in batch):
            raise SetupError(f"The archive has columns that {table.name} does not have.")
        for row in batch:
            for column in naming:
                if row.get(column) is not None:
                    row[column] = users.get(str(row[column]))
        names = ", ".join(columns)
        statement = text(
            f"INSERT INTO {table.name} ({names}) SELECT {names}"  # noqa: S608 - names of our own columns
            f" FROM json_populate_recordset(NULL::{table.name}, CAST(:rows AS json))"
        )
        await connection.execute(statement, {"rows": msgspec.json.encode(batch).decode()})


async def _async(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
