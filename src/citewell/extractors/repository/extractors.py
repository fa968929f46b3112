"""Extractors and their versions."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.pages import select_page
from citewell.models import Extractor, ExtractorVersion


async def list_extractors(
    session: AsyncSession, project_id: UUID, family: str, limit: int, offset: int
) -> tuple[int, list[Extractor]]:
    """Returns how many there are in the family and a page of them, newest first."""
    query = select(Extractor).where(Extractor.project_id == project_id, Extractor.family == family)
    return await select_page(session, query, limit, offset, Extractor.created_at.desc(), Extractor.id.desc())


async def versions_of(
    session: AsyncSession, project_id: UUID, ids: Sequence[UUID]
) -> dict[UUID, list[ExtractorVersion]]:
    """Returns the versions of each extractor, newest first."""
    query = (
        select(ExtractorVersion)
        .where(ExtractorVersion.project_id == project_id, ExtractorVersion.extractor_id.in_(ids))
        .order_by(ExtractorVersion.number.desc())
    )
    found: dict[UUID, list[ExtractorVersion]] = {one: [] for one in ids}
    for version in await session.scalars(query):
        found[version.extractor_id].append(version)
    return found


async def find_version(session: AsyncSession, extractor: Extractor, version_id: UUID | None) -> ExtractorVersion | None:
    """Returns the extractor's version of this id; without an id, its default version."""
    query = select(ExtractorVersion).where(
        ExtractorVersion.project_id == extractor.project_id, ExtractorVersion.extractor_id == extractor.id
    )
    query = query.where(ExtractorVersion.id == version_id if version_id else ExtractorVersion.is_default)
    return (await session.scalars(query)).one_or_none()


async def has_version(session: AsyncSession, extractor: Extractor) -> bool:
    mine = (ExtractorVersion.project_id == extractor.project_id) & (ExtractorVersion.extractor_id == extractor.id)
    return await session.scalar(select(ExtractorVersion.id).where(mine).limit(1)) is not None


async def add_version(
    session: AsyncSession, extractor: Extractor, settings: Mapping[str, Any], *, default: bool
) -> ExtractorVersion:
    """Returns the next version; the default one from now on, if wished. The extractor must be locked or new."""
    mine = (ExtractorVersion.project_id == extractor.project_id) & (ExtractorVersion.extractor_id == extractor.id)
    newest = await session.scalar(select(func.max(ExtractorVersion.number)).where(mine))
    is_default = default or newest is None
    if is_default:
        await session.execute(update(ExtractorVersion).where(mine).values(is_default=False))
    version = ExtractorVersion(
        project_id=extractor.project_id,
        extractor_id=extractor.id,
        number=(newest or 0) + 1,
        is_default=is_default,
        settings=dict(settings),
    )
    session.add(version)
    await session.flush()
    return version
