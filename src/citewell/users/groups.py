"""What people may do because of the groups that a directory has them in."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import Project, ProjectPermission


async def apply_groups(session: AsyncSession, directory: str, user_id: UUID, wanted: Mapping[UUID, set[str]]) -> None:
    """Grant what the user's groups in the directory have, by project, and take back what they had by its groups and
    have no more. What people, or other directories, granted stays as it is."""
    there = set(await session.scalars(select(Project.id).where(Project.id.in_(wanted), Project.deleted_at.is_(None))))
    gone = (ProjectPermission.user_id == user_id) & (ProjectPermission.granted_by_groups_of == directory)
    await session.execute(delete(ProjectPermission).where(gone, ProjectPermission.project_id.not_in(there)))
    for project_id in there:
        values = {"permissions": sorted(wanted[project_id]), "granted_by_groups_of": directory}
        statement = insert(ProjectPermission).values(project_id=project_id, user_id=user_id, **values)
        await session.execute(
            statement.on_conflict_do_update(
                index_elements=["project_id", "user_id"],
                set_={"permissions": values["permissions"]},
                where=ProjectPermission.granted_by_groups_of == directory,
            )
        )
