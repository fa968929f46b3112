"""The row of a project, and its partition, in one cell."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import Project
from citewell.models.passage import partition_name


async def update_project(session: AsyncSession, project_id: UUID, values: Mapping[str, Any]) -> None:
    await session.execute(update(Project).where(Project.id == project_id).values(**values))


async def delete_project_row(session: AsyncSession, project_id: UUID) -> None:
    """Delete the row itself; what refers to it must be gone or go with it."""
    await session.execute(text("DELETE FROM projects WHERE id = :project"), {"project": project_id})


async def is_active(connection: psycopg.AsyncConnection[Any], project_id: UUID) -> bool:
    """Whether the project exists and was not deleted."""
    found = await connection.execute("SELECT deleted_at FROM projects WHERE id = %s", [project_id])
    return await found.fetchone() == (None,)


async def has_partition(session: AsyncSession, project_id: UUID) -> bool:
    """Whether the cell has the project's partition of passages."""
    name = partition_name(project_id)
    return await session.scalar(text("SELECT to_regclass(:name)"), {"name": name}) is not None
