"""Tables that are pushed, and what pushing makes of them."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import KnowledgeGraph, KnowledgeTable, PushedObject, TableVersion


async def tables_to_sync(session: AsyncSession, project_id: UUID, object_types: Sequence[str]) -> list[KnowledgeTable]:
    """Returns the tables that a sync pushes.

    Of chunks that is `chunks`, and others if they are deployed: what an extractor has only tried does not replace the
    chunks of documents.
    """
    deployed = exists().where(
        TableVersion.project_id == KnowledgeTable.project_id,
        TableVersion.table_id == KnowledgeTable.id,
        TableVersion.deployed,
    )
    query = _of_type(project_id, object_types).where(
        (KnowledgeTable.object_type != "chunk") | (KnowledgeTable.name == "chunks") | deployed
    )
    return list(await session.scalars(query))


async def tables_of_type(session: AsyncSession, project_id: UUID, object_types: Sequence[str]) -> list[KnowledgeTable]:
    """Returns the tables of these types, oldest first."""
    return list(await session.scalars(_of_type(project_id, object_types)))


def _of_type(project_id: UUID, object_types: Sequence[str]) -> Select[KnowledgeTable]:
    query = select(KnowledgeTable).where(
        KnowledgeTable.project_id == project_id, KnowledgeTable.object_type.in_(object_types)
    )
    return query.order_by(KnowledgeTable.created_at, KnowledgeTable.id)


async def tables_named(session: AsyncSession, project_id: UUID, names: Collection[str]) -> list[KnowledgeTable]:
    query = select(KnowledgeTable).where(KnowledgeTable.project_id == project_id, KnowledgeTable.name.in_(names))
    return list(await session.scalars(query))


async def add_objects(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Store objects that searches find."""
    await session.execute(insert(PushedObject), rows)


async def delete_graph(session: AsyncSession, project_id: UUID) -> None:
    await session.execute(delete(KnowledgeGraph).where(KnowledgeGraph.project_id == project_id))
