"""Tags of documents, and objects that searches find, as tables give them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import DocumentTag, KnowledgeTable, PushedObject, TableVersion


async def add_document_tags(session: AsyncSession, tags: Sequence[dict[str, Any]]) -> None:
    """Store tags; those whose id is stored already stay as they are."""
    await session.execute(insert(DocumentTag).on_conflict_do_nothing(), tags)


async def delete_document_tags(session: AsyncSession, project_id: UUID, table_id: UUID) -> None:
    """Delete the tags that documents have from the table."""
    mine = (DocumentTag.project_id == project_id) & (DocumentTag.table_id == table_id)
    await session.execute(delete(DocumentTag).where(mine))


async def delete_pushed_objects(session: AsyncSession, project_id: UUID, table_id: UUID) -> None:
    """Delete the objects that searches find from the table."""
    mine = (PushedObject.project_id == project_id) & (PushedObject.table_id == table_id)
    await session.execute(delete(PushedObject).where(mine))


async def find_deployed(
    session: AsyncSession, project_id: UUID, object_type: str
) -> Sequence[Row[KnowledgeTable, TableVersion]]:
    """Returns the project's tables of this type that have a deployed version, each with it."""
    query = select(KnowledgeTable, TableVersion).where(
        KnowledgeTable.project_id == project_id,
        KnowledgeTable.object_type == object_type,
        TableVersion.project_id == project_id,
        TableVersion.table_id == KnowledgeTable.id,
        TableVersion.deployed,
    )
    return (await session.execute(query)).all()
