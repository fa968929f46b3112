"""Rows of tables that extractors read: chunks, objects, tags and corrections."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.engine import Database
from citewell.models import TableRow, TableVersion

_OF_DOCUMENT = """
SELECT data FROM table_rows
WHERE project_id = %(project)s AND version_id = %(version)s AND document_id = %(document)s ORDER BY position
"""


async def fetch_rows_of_document(
    database: Database, project_id: UUID, version_id: UUID, document_id: UUID
) -> Sequence[Any]:
    """Returns the `data` of the document's rows in their order, read from the primary."""
    wanted = {"project": project_id, "version": version_id, "document": str(document_id)}
    return await database.direct.fetch(_OF_DOCUMENT, wanted)


async def find_rows_of_document(
    session: AsyncSession, version: TableVersion, document_id: UUID, limit: int
) -> list[dict[str, Any]]:
    """Returns the data of the document's rows in their order."""
    mine = (TableRow.project_id == version.project_id) & (TableRow.version_id == version.id)
    query = select(TableRow.data).where(mine, TableRow.document_id == str(document_id)).order_by(TableRow.position)
    return list(await session.scalars(query.limit(limit)))


async def find_rows_after(
    session: AsyncSession, version: TableVersion, position: int, limit: int
) -> Sequence[Row[int, dict[str, Any]]]:
    """Returns the (position, data) of the next rows behind a position."""
    query = select(TableRow.position, TableRow.data).where(
        TableRow.project_id == version.project_id, TableRow.version_id == version.id, TableRow.position > position
    )
    return (await session.execute(query.order_by(TableRow.position).limit(limit))).all()


async def find_document_ids(session: AsyncSession, project_id: UUID, version_id: UUID) -> set[str | None]:
    """Returns the ids of documents that rows of the version name, as text."""
    mine = (TableRow.project_id == project_id) & (TableRow.version_id == version_id)
    return set(await session.scalars(select(TableRow.document_id).where(mine).distinct()))


async def find_corrected(session: AsyncSession, project_id: UUID, version_id: UUID) -> list[dict[str, Any]]:
    """Returns the data of rows that hold values which a person corrected or confirmed, in their order."""
    mine = (TableRow.project_id == project_id) & (TableRow.version_id == version_id)
    evidence = TableRow.data["evidence"].astext
    said = or_(evidence.contains('"corrected"'), evidence.contains('"confirmed"'))
    return list(await session.scalars(select(TableRow.data).where(mine, said).order_by(TableRow.position)))


async def find_newest_versions(session: AsyncSession, project_id: UUID, table_id: UUID, limit: int) -> list[UUID]:
    """Returns the ids of the table's newest versions, the newest first."""
    query = (
        select(TableVersion.id)
        .where(TableVersion.project_id == project_id, TableVersion.table_id == table_id)
        .order_by(TableVersion.number.desc())
        .limit(limit)
    )
    return list(await session.scalars(query))


async def find_tagged_chunks(
    session: AsyncSession, project_id: UUID, version_id: UUID, tag: str, limit: int
) -> list[str]:
    """Returns the ids of chunks, as text, that carry the tag or one below it in this version of a table of tags."""
    carries = or_(TableRow.row_id == tag, func.jsonb_exists(TableRow.data["metadata"]["tags"], tag))
    query = select(TableRow.chunk_id).where(
        TableRow.project_id == project_id, TableRow.version_id == version_id, carries, TableRow.chunk_id.is_not(None)
    )
    return [one for one in await session.scalars(query.distinct().limit(limit)) if one is not None]


async def find_documents_of_rows(
    session: AsyncSession, version: TableVersion, ids: Collection[UUID]
) -> Sequence[Row[str, str | None]]:
    """Returns the (row id, document id) of these rows, as text; rows without a document are left out."""
    query = select(TableRow.row_id, TableRow.document_id).where(
        TableRow.project_id == version.project_id,
        TableRow.version_id == version.id,
        TableRow.row_id.in_([str(one) for one in ids]),
        TableRow.document_id.is_not(None),
    )
    return (await session.execute(query)).all()
