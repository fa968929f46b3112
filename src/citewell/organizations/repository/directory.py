"""SQL of the users and groups that a directory keeps here by SCIM."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.pages import select_page
from citewell.models import OrganizationMember, ScimResource


async def list_user_ids(session: AsyncSession, organization_id: UUID) -> list[UUID]:
    """Returns the ids of all users in the directory."""
    return list(await session.scalars(select(ScimResource.id).where(_of_kind(organization_id, "User"))))


async def list_groups(session: AsyncSession, organization_id: UUID) -> list[ScimResource]:
    return list(await session.scalars(select(ScimResource).where(_of_kind(organization_id, "Group"))))


async def list_groups_named(session: AsyncSession, organization_id: UUID, names: Collection[str]) -> list[ScimResource]:
    """Returns the groups with these names, which are in lower case."""
    query = select(ScimResource).where(_of_kind(organization_id, "Group"), ScimResource.name.in_(names))
    return list(await session.scalars(query))


async def list_users_with_membership(
    session: AsyncSession, organization_id: UUID, ids: Sequence[UUID]
) -> list[ScimResource]:
    """Returns the users with these directory ids whose account is a member of the organisation."""
    known = ScimResource.id.in_(ids) & ScimResource.user_id.is_not(None)
    members = select(OrganizationMember.user_id).where(OrganizationMember.organization_id == organization_id)
    belongs = ScimResource.user_id.in_(members)
    query = select(ScimResource).where(_of_kind(organization_id, "User"), known, belongs)
    return list(await session.scalars(query))


async def list_resources(
    session: AsyncSession,
    organization_id: UUID,
    kind: str,
    limit: int,
    *,
    name: str | None = None,
    external_id: str | None = None,
) -> list[ScimResource]:
    """Returns the oldest `limit` resources, oldest first; those with the name, in lower case, or the external id, if
    given.
    """
    query = select(ScimResource).where(_of_kind(organization_id, kind))
    if name is not None:
        query = query.where(ScimResource.name == name)
    if external_id is not None:
        query = query.where(ScimResource.data["externalId"].astext == external_id)
    return list(await session.scalars(query.order_by(ScimResource.created_at).limit(limit)))


async def page_of_resources(
    session: AsyncSession, organization_id: UUID, kind: str, limit: int, offset: int
) -> tuple[int, list[ScimResource]]:
    """Returns (number of resources, page of them, oldest first)."""
    query = select(ScimResource).where(_of_kind(organization_id, kind))
    return await select_page(session, query, limit, offset, ScimResource.created_at, ScimResource.id)


def _of_kind(organization_id: UUID, kind: str) -> ColumnElement[bool]:
    return (ScimResource.organization_id == organization_id) & (ScimResource.kind == kind)
