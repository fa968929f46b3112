"""The deployed version of a table of document tags is what lists, filters and agents know of tags."""

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.kit.ids import new_id
from citewell.models import Document, DocumentTag, KnowledgeTable, PushedObject, TableRow, TableVersion

DOCUMENT_TAGS = "document_tags"
_AT_ONCE = 1000  # rows of one INSERT


async def publish_document_tags(session: AsyncSession, table: KnowledgeTable, version: TableVersion) -> None:
    """Put the rows of this version in place of the table's former tags; does nothing for tables of another type."""
    if table.object_type != DOCUMENT_TAGS:
        return
    await forget_document_tags(session, table)
    rows = await session.scalars(
        select(TableRow.data).where(TableRow.project_id == table.project_id, TableRow.version_id == version.id)
    )
    documents = select(Document.id).where(Document.project_id == table.project_id, Document.status == "active")
    known = {str(one): one for one in await session.scalars(documents)}
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
        await session.execute(insert(DocumentTag).on_conflict_do_nothing(), tags[start : start + _AT_ONCE])


async def forget_document_tags(session: AsyncSession, table: KnowledgeTable) -> None:
    """Remove what lists and filters know of the table's tags."""
    mine = (DocumentTag.project_id == table.project_id) & (DocumentTag.table_id == table.id)
    await session.execute(delete(DocumentTag).where(mine))


async def forget_table(session: AsyncSession, table: KnowledgeTable) -> None:
    """Remove what lists, filters and searches know of a table that is deleted."""
    await forget_document_tags(session, table)
    mine = (PushedObject.project_id == table.project_id) & (PushedObject.table_id == table.id)
    await session.execute(delete(PushedObject).where(mine))


async def publish_deployed_tags(session: AsyncSession, project_id: UUID) -> None:
    """The same for all tables of tags of documents: rows may have been written after the version was deployed."""
    query = select(KnowledgeTable, TableVersion).where(
        KnowledgeTable.project_id == project_id,
        KnowledgeTable.object_type == DOCUMENT_TAGS,
        TableVersion.project_id == project_id,
        TableVersion.table_id == KnowledgeTable.id,
        TableVersion.deployed,
    )
    for table, version in list(await session.execute(query)):
        await publish_document_tags(session, table, version)


def _uuid(value: object) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        return new_id()
