"""SQL of artifacts."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.pages import select_page
from citewell.models import AgentSettings, ArtifactVersion, DesignTemplateFile, Project


async def latest(session: AsyncSession, project_id: UUID, slugs: Sequence[str]) -> dict[str, ArtifactVersion]:
    """Returns the newest version of each artifact that has one."""
    query = (
        select(ArtifactVersion)
        .ext(distinct_on(ArtifactVersion.slug))
        .where(ArtifactVersion.project_id == project_id, ArtifactVersion.slug.in_(slugs))
        .order_by(ArtifactVersion.slug, ArtifactVersion.version.desc())
    )
    return {row.slug: row for row in await session.scalars(query)}


async def latest_of_projects(
    session: AsyncSession, project_ids: Sequence[UUID], slug: str
) -> dict[UUID, ArtifactVersion]:
    """Returns the newest version of an artifact in each project that has one."""
    query = (
        select(ArtifactVersion)
        .ext(distinct_on(ArtifactVersion.project_id))
        .where(ArtifactVersion.project_id.in_(project_ids), ArtifactVersion.slug == slug)
        .order_by(ArtifactVersion.project_id, ArtifactVersion.version.desc())
    )
    return {row.project_id: row for row in await session.scalars(query)}


async def versions(
    session: AsyncSession, project_id: UUID, slug: str, limit: int, offset: int
) -> tuple[int, list[ArtifactVersion]]:
    """Returns (number of versions of an artifact, page of them, newest first)."""
    query = select(ArtifactVersion).where(ArtifactVersion.project_id == project_id, ArtifactVersion.slug == slug)
    return await select_page(session, query, limit, offset, ArtifactVersion.version.desc())


async def lock_project(session: AsyncSession, project_id: UUID) -> Project:
    """Returns the project, kept from other edits until the transaction ends."""
    query = select(Project).where(Project.id == project_id).with_for_update(key_share=True)
    return (await session.scalars(query.execution_options(populate_existing=True))).one()


async def hand_brief_to_agents(session: AsyncSession, project_id: UUID, old: str, new: str) -> None:
    """Agents keep their own copy of the brief. Those whose copy is the old brief get the new one; where there was none,
    the project's own agents do."""
    mine = AgentSettings.project_id == project_id
    has_it = AgentSettings.project_brief == old if old else AgentSettings.is_default | AgentSettings.readonly
    await session.execute(update(AgentSettings).where(mine, has_it).values(project_brief=new))


async def template_files(
    session: AsyncSession, project_id: UUID, template_id: UUID | None, limit: int, offset: int
) -> tuple[int, list[DesignTemplateFile]]:
    """Returns (number of files of a template (None: of all templates), page of them, newest first)."""
    query = select(DesignTemplateFile).where(DesignTemplateFile.project_id == project_id)
    if template_id is not None:
        query = query.where(DesignTemplateFile.template_id == template_id)
    return await select_page(session, query, limit, offset, DesignTemplateFile.id.desc())


async def count_template_files(session: AsyncSession, project_id: UUID, template_id: UUID) -> int:
    mine = DesignTemplateFile.project_id == project_id, DesignTemplateFile.template_id == template_id
    return await session.scalar(select(func.count()).where(*mine)) or 0


async def delete_template_files(session: AsyncSession, project_id: UUID, template_id: UUID) -> list[str]:
    """Delete the rows of a template's files; returns their keys in the store, to be deleted after the commit."""
    mine = DesignTemplateFile.project_id == project_id, DesignTemplateFile.template_id == template_id
    return list(await session.scalars(delete(DesignTemplateFile).where(*mine).returning(DesignTemplateFile.file_key)))
