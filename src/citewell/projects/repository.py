"""SQL of projects."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.pages import select_page
from citewell.kit.ids import is_uuid
from citewell.kit.time import now
from citewell.models import Project, ProjectPermission


async def list_projects(
    session: AsyncSession, member_id: UUID | None, permissions: Sequence[str] | None, limit: int, offset: int
) -> tuple[int, list[Project]]:
    """Returns (number of projects, page of them, newest first): only those of the member, if given, and where
    they have one of the permissions, if given.
    """
    query = select(Project).where(Project.deleted_at.is_(None))
    if member_id is not None:
        mine = select(ProjectPermission.project_id).where(ProjectPermission.user_id == member_id)
        if permissions is not None:
            mine = mine.where(ProjectPermission.permissions.overlap(permissions))
        query = query.where(Project.id.in_(mine))
    return await select_page(session, query, limit, offset, Project.id.desc())


async def list_projects_with_ids(session: AsyncSession, ids: Sequence[UUID]) -> list[Project]:
    """These projects, also deleted ones, in no order."""
    return list(await session.scalars(select(Project).where(Project.id.in_(ids))))


async def list_names(session: AsyncSession) -> list[tuple[UUID, str]]:
    """(id, name) of each project, by name."""
    query = select(Project.id, Project.name).where(Project.deleted_at.is_(None)).order_by(Project.name, Project.id)
    return [(row.id, row.name) for row in await session.execute(query)]


async def list_ids_matching(session: AsyncSession, name: str, limit: int) -> list[UUID]:
    """Returns the id of the project with this id, or, where `name` is no id, those of the oldest projects with this
    name.
    """
    query = select(Project.id).where(Project.deleted_at.is_(None))
    query = query.where(Project.id == UUID(name)) if is_uuid(name) else query.where(Project.name == name)
    return list(await session.scalars(query.order_by(Project.id).limit(limit)))


async def get_only_member(session: AsyncSession, project_id: UUID) -> ProjectPermission:
    """Returns the permissions of the one member of a new project."""
    query = select(ProjectPermission).where(ProjectPermission.project_id == project_id)
    return (await session.scalars(query)).one()


async def mark_deleted(session: AsyncSession, project_id: UUID) -> None:
    await session.execute(update(Project).where(Project.id == project_id).values(deleted_at=now()))
