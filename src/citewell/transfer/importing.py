"""Imports a project's archive: all of it or nothing."""

import contextlib
import itertools
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import psycopg
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
from citewell.transfer.repository import importing as repository
from citewell.transfer.repository.tables import TakenTable, tables

_BATCH = 500  # rows of one statement


async def import_project(resources: Resources, source: ProjectFile, owner_id: UUID) -> None:
    """Files first, then all rows in one transaction. `owner_id` becomes its admin, and stands for users who are unknown
    here; others are known by their address.

    Raises Conflict if the project is here already, SetupError for a file that does not fit this version.
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
        # A text index that is created and filled in the same transaction is empty after the server's next start.
        async with resources.database.autocommit(statement_seconds=0) as autocommit:
            await index_words(autocommit, about.project)


async def _begin(connection: AsyncConnection, project_id: UUID) -> None:
    """Locks the project's id against other imports until the end of the transaction. Raises Conflict."""
    if not await repository.try_lock_import(connection, project_id):
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
    row = await repository.find_project(connection, project_id)
    if row is None:
        return None
    return "is being deleted here: try again later" if row.deleted_at else "is here already: delete it first"


async def _known_users(connection: AsyncConnection, emails: dict[str, str], owner_id: UUID) -> dict[str, str]:
    """Maps each user of the file to the user here with the same address, or to the owner."""
    here = await repository.users_by_email(connection, list(emails.values()))
    return {user: here.get(email, str(owner_id)) for user, email in emails.items()}


async def _insert(
    connection: AsyncConnection, table: TakenTable, rows: Iterator[dict[str, Any]], users: dict[str, str]
) -> None:
    while batch := list(itertools.islice(rows, _BATCH)):
        columns = [column for column in table.columns if column in batch[0]]
        if table.project_column not in columns or any(row.keys() - set(columns) for row in batch):
            raise SetupError(f"The archive has columns that {table.name} does not have.")
        for row in batch:
            for column in table.user_columns:
                if row.get(column) is not None:
                    row[column] = users.get(str(row[column]))
        await repository.insert_rows(connection, table, columns, batch)


async def _async(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
