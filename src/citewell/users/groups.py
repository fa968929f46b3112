"""Permissions that people have because of their groups in a directory."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.users.repository.members import list_existing_projects, store_group_permissions


async def apply_groups(session: AsyncSession, directory: str, user_id: UUID, wanted: Mapping[UUID, set[str]]) -> None:
    """Grant what the user's groups in the directory have, by project, and take back what they had by its groups and
    have no more. What people, or other directories, granted stays as it is."""
    existing = await list_existing_projects(session, wanted)
    await store_group_permissions(
        session, directory, user_id, {project_id: sorted(wanted[project_id]) for project_id in existing}
    )
