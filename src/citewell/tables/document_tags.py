"""Publishes the deployed version of a table of document tags, which lists, filters and agents use."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.kit.ids import new_id
from citewell.models import KnowledgeTable, TableVersion
from citewell.tables.repository.document_tags import (
    add_document_tags,
    delete_document_tags,
    delete_pushed_objects,
    find_deployed,
)
from citewell.tables.repository.rows import all_data
from citewell.tables.repository.tables import active_documents

DOCUMENT_TAGS = "document_tags"
_AT_ONCE = 1000  # rows of one INSERT


async def publish_document_tags(session: AsyncSession, table: KnowledgeTable, version: TableVersion) -> None:
    """Replaces the table's former tags by the rows of this version; does nothing for tables of another type."""
    if table.object_type != DOCUMENT_TAGS:
        return
    await delete_document_tags(session, table.project_id, table.id)
    rows = await all_data(session, version)
    known = {str(one): one for one in await active_documents(session, table.project_id)}
    tags = [
        {
            "project_id": table.project_id,
            "id": _uuid(row.get("id")),
            "document_id": known[row["document_id"]],
            "name": row["tag_name"],
            "value": row["tag_value"],
            "justification": row.get("justification") or "",
            "verbatim": row.get("verbatim") or "",
            "table_id": table.id,
            "table_version_id": version.id,
        }
        for row in rows
        if row.get("document_id") in known and row.get("tag_name") and row.get("tag_value")
    ]
    for start in range(0, len(tags), _AT_ONCE):
        await add_document_tags(session, tags[start : start + _AT_ONCE])


async def forget_table(session: AsyncSession, table: KnowledgeTable) -> None:
    """Deletes the tags and searchable objects of a table that is deleted."""
    await delete_document_tags(session, table.project_id, table.id)
    await delete_pushed_objects(session, table.project_id, table.id)


async def publish_deployed_tags(session: AsyncSession, project_id: UUID) -> None:
    """Publishes all tables of document tags again: rows may have been written after their version was deployed."""
    for table, version in await find_deployed(session, project_id, DOCUMENT_TAGS):
        await publish_document_tags(session, table, version)


def _uuid(value: object) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        return new_id()
