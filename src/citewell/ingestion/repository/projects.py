"""Projects, and their settings."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from citewell.models import Project


async def find_settings(session: AsyncSession, project_id: UUID) -> dict[str, Any]:
    """Returns the settings that the project states. Raises NoResultFound if there is no such project."""
    settings: dict[str, Any] = (await session.scalars(select(Project.settings).where(Project.id == project_id))).one()
    return settings


async def find_active_projects(connection: AsyncConnection) -> list[UUID]:
    """Returns the ids of all projects that are not deleted."""
    return list(await connection.scalars(select(Project.id).where(Project.deleted_at.is_(None))))
