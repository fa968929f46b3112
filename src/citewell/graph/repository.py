"""The SQL of pushed graphs: a project has one row of them, or none."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import KnowledgeGraph


async def find_id(session: AsyncSession, project_id: UUID) -> UUID | None:
    """The id of the project's pushed graph; each push gives a new one."""
    return await session.scalar(select(KnowledgeGraph.id).where(KnowledgeGraph.project_id == project_id))


async def find_shape(session: AsyncSession, project_id: UUID) -> dict[str, Any] | None:
    """Labels and relations of the pushed graph, with their properties and counts."""
    return await session.scalar(select(KnowledgeGraph.shape).where(KnowledgeGraph.project_id == project_id))


async def find_content(session: AsyncSession, project_id: UUID) -> Row[Any, Any] | None:
    """The `nodes` and `relations` of the pushed graph."""
    columns = (KnowledgeGraph.nodes, KnowledgeGraph.relations)
    return (await session.execute(select(*columns).where(KnowledgeGraph.project_id == project_id))).first()
