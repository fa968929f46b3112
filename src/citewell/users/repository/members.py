"""SQL of the members of projects, and of what invites and groups of a directory grant."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.engine import Database
from citewell.db.pages import Selection, read_page
from citewell.db.words import containing
from citewell.models import Project, ProjectPermission, User

_COLUMNS = "g.id, g.permissions, g.profile, u.id AS user_id, u.email, u.date_joined"


async def list_members(
    database: Database, project_id: UUID, search: str, limit: int, offset: int
) -> tuple[int, list[Any]]:
    """Returns (number of members, page of them by address); `search` is a part of the address."""
    selection = Selection(_COLUMNS, "project_permissions g JOIN users u ON u.id = g.user_id", "u.email")
    selection.where("g.project_id = %(project)s", project=project_id)
    if search:
        selection.where("u.email ILIKE %(like)s", like=containing(search))
    return await read_page(database, selection, limit, offset)


async def lock_members(session: AsyncSession, project_id: UUID) -> None:
    """Locks the project's members, so that two admins who remove each other leave one."""
    await session.execute(select(Project.id).where(Project.id == project_id).with_for_update(key_share=True))


async def find_member(session: AsyncSession, project_id: UUID, some_id: UUID) -> ProjectPermission | None:
    """Returns a member by the id of their permissions in the project, or of the user."""
    by_id = or_(ProjectPermission.id == some_id, ProjectPermission.user_id == some_id)
    return await _find(session, project_id, by_id)


async def find_member_with_email(session: AsyncSession, project_id: UUID, email: str) -> ProjectPermission | None:
    user = select(User.id).where(User.email == email).scalar_subquery()
    return await _find(session, project_id, ProjectPermission.user_id == user)


async def _find(session: AsyncSession, project_id: UUID, condition: ColumnElement[bool]) -> ProjectPermission | None:
    query = select(ProjectPermission).where(ProjectPermission.project_id == project_id, condition)
    return (await session.scalars(query)).one_or_none()


async def has_other_member_with(session: AsyncSession, member: ProjectPermission, permission: str) -> bool:
    """Whether another member of the project has the permission."""
    others = select(ProjectPermission.id).where(
        ProjectPermission.project_id == member.project_id,
        ProjectPermission.id != member.id,
        ProjectPermission.permissions.contains([permission]),
    )
    return (await session.scalars(others.limit(1))).first() is not None


async def delete_member(session: AsyncSession, member: ProjectPermission) -> None:
    await session.execute(
        delete(ProjectPermission).where(
            ProjectPermission.project_id == member.project_id, ProjectPermission.id == member.id
        )
    )


async def insert_member(
    session: AsyncSession, project_id: UUID, user_id: UUID, permissions: Sequence[str], profile: str
) -> bool:
    """Make the user a member; False if they are one already, whose permissions stay."""
    statement = insert(ProjectPermission).values(
        project_id=project_id, user_id=user_id, permissions=permissions, profile=profile
    )
    granted = statement.on_conflict_do_nothing(index_elements=["project_id", "user_id"])
    return (await session.execute(granted.returning(ProjectPermission.id))).first() is not None


async def list_existing_projects(session: AsyncSession, project_ids: Iterable[UUID]) -> set[UUID]:
    """Returns which of the projects exist and are not deleted."""
    query = select(Project.id).where(Project.id.in_(project_ids), Project.deleted_at.is_(None))
    return set(await session.scalars(query))


async def store_group_permissions(
    session: AsyncSession, directory: str, user_id: UUID, wanted: Mapping[UUID, Sequence[str]]
) -> None:
    """Store what the groups of a directory grant a user, by project, and delete what they granted in other projects.

    Permissions that people or other directories granted stay.
    """
    gone = (ProjectPermission.user_id == user_id) & (ProjectPermission.granted_by_groups_of == directory)
    await session.execute(delete(ProjectPermission).where(gone, ProjectPermission.project_id.not_in(wanted)))
    for project_id, permissions in wanted.items():
        statement = insert(ProjectPermission).values(
            project_id=project_id, user_id=user_id, permissions=permissions, granted_by_groups_of=directory
        )
        await session.execute(
            statement.on_conflict_do_update(
                index_elements=["project_id", "user_id"],
                set_={"permissions": permissions},
                where=ProjectPermission.granted_by_groups_of == directory,
            )
        )
