"""The deployed version of a table of document tags is what lists, filters and agents know of tags."""

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.kit.ids import new_id
from citewell.models import Document, DocumentTag, KnowledgeTable, TableRow, TableVersion

DOCUMENT_TAGS = "document_tags"
_AT_ONCE = 1000  # rows of one INSERT


async def publish_document_tags(session: AsyncSession, table: KnowledgeTable, version: TableVersion) -> None:
    """Put the rows of this version in place of the table's former tags; does nothing for tables of another type."""
    if table.object_type != DOCUMENT_TAGS:
        return
    mine = (DocumentTag.project_id == table.project_id) & (DocumentTag.table_id == table.id)
    await session.execute(delete(DocumentTag).where(mine))
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


def _uuid(value: object) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        return new_id()
