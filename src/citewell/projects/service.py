"""The rules of projects: what comes with a new one, and what goes with an old one."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agents.defaults import add_default_agent
from citewell.artifacts.service import write_brief
from citewell.audit.log import entry_of
from citewell.auth.access import Access
from citewell.auth.caller import Caller
from citewell.auth.permissions import Permission, giving
from citewell.db.extensions import Extensions
from citewell.db.partitions import create_project_partition
from citewell.errors import NotFound
from citewell.extractors.service import add_chunks_extractor
from citewell.jobs.publishing import defer
from citewell.models import Project, ProjectPermission
from citewell.projects import repository
from citewell.projects.schemas import ProjectCreate, ProjectUpdate
from citewell.resources import Resources
from citewell.tables.live import add_live_tables


async def create_project(
    session: AsyncSession, extensions: Extensions, owner_id: UUID, request: ProjectCreate
) -> Project:
    """Add a project with its partition, default agent, tables and extractor; the owner becomes its admin."""
    project = Project(
        name=request.name,
        business_brief=request.business_brief or "",
        settings=request.changes(),
        created_by=owner_id,
    )
    session.add(project)
    await session.flush()
    everything = [Permission.ADMIN, Permission.VIEW, Permission.RUN, Permission.TECHNICAL]
    session.add(ProjectPermission(project_id=project.id, user_id=owner_id, permissions=everything, profile="tech"))
    await add_default_agent(session, project, owner_id)
    await add_live_tables(session, project.id)
    await add_chunks_extractor(session, project.id)
    await create_project_partition(await session.connection(), project.id, extensions)
    return project


async def list_projects(
    session: AsyncSession, caller: Caller, limit: int, offset: int, *, readable: bool = False
) -> tuple[int, list[Project]]:
    """Returns the projects that the caller is a member of; all of them for a superuser. Newest first.

    `readable` leaves out those whose documents the caller may not read: every interface that shows content needs it.
    """
    member_id = None if caller.is_superuser else caller.user_id
    permissions = sorted(giving(Permission.VIEW)) if readable else None
    return await repository.list_projects(session, member_id, permissions, limit, offset)


async def get_project(session: AsyncSession, project_id: UUID) -> Project:
    project = await session.get(Project, project_id)
    if project is None or project.deleted_at is not None:
        raise NotFound("There is no such project.")
    return project


async def update_project(session: AsyncSession, access: Access, request: ProjectUpdate) -> Project:
    project = await get_project(session, access.project_id)
    if request.name is not None:
        project.name = request.name
    if request.business_brief is not None:
        await write_brief(session, access, request.business_brief, "Changed in the project's settings.")
    project.settings = project.settings | request.changes()
    await session.flush()
    await session.refresh(project)
    return project


async def delete_project(
    session: AsyncSession, resources: Resources, project_id: UUID, access: Access | None = None
) -> None:
    """The project is gone for everybody at once; its rows, partition and files follow in the background.

    `access` is whose request it is, if it is one.
    """
    await repository.mark_deleted(session, project_id)
    if access is not None:
        session.add(entry_of(access, "project_deleted", "project", project_id))
    await defer(session, resources.queue, "maintenance:delete_project", project_id=str(project_id))
