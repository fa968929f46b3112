"""The SQL of pushed graphs: a project has one row of them, or none."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import KnowledgeGraph


async def find_id(session: AsyncSession, project_id: UUID) -> UUID | None:
    """Returns the id of the project's pushed graph, which changes with each push; None if there is none."""
    return await session.scalar(select(KnowledgeGraph.id).where(KnowledgeGraph.project_id == project_id))


async def find_shape(session: AsyncSession, project_id: UUID) -> dict[str, Any] | None:
    """Returns the labels and relations of the pushed graph, with properties and counts; None if there is none."""
    return await session.scalar(select(KnowledgeGraph.shape).where(KnowledgeGraph.project_id == project_id))


async def find_content(session: AsyncSession, project_id: UUID) -> Row[Any, Any] | None:
    """Returns the `nodes` and `relations` of the pushed graph; None if there is none."""
    columns = (KnowledgeGraph.nodes, KnowledgeGraph.relations)
    return (await session.execute(select(*columns).where(KnowledgeGraph.project_id == project_id))).first()
