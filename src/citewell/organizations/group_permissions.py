"""What the groups of an organisation's directory give their members, by the names that a superuser tied to projects."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import Organization, OrganizationMember, ScimResource
from citewell.users.groups import apply_groups


def directory_of(organization_id: UUID) -> str:
    """What permissions by groups of the organisation are marked with."""
    return f"organization:{organization_id}"


def member_ids(data: dict[str, Any]) -> set[str]:
    """The ids of a group's members."""
    return {str(each["value"]) for each in data.get("members") or () if each.get("value")}


async def apply_to_all(session: AsyncSession, organization: Organization) -> None:
    """Give everybody in the directory what their groups have now."""
    users = (ScimResource.organization_id == organization.id) & (ScimResource.kind == "User")
    ids = await session.scalars(select(ScimResource.id).where(users))
    await apply_to(session, organization.id, map(str, ids))


async def apply_to(session: AsyncSession, organization_id: UUID, ids: Iterable[str]) -> None:
    """Give the accounts of these users, by their ids in the directory, what their groups have now.

    Only members get anything: who was deprovisioned by another call than the directory's is still in it.
    """
    organization = await session.get_one(Organization, organization_id)
    granted = {name.lower(): permissions for name, permissions in organization.group_permissions.items()}
    mine = ScimResource.organization_id == organization_id
    named = (ScimResource.kind == "Group") & ScimResource.name.in_(granted)
    groups = [
        (granted[group.name], member_ids(group.data))
        for group in await session.scalars(select(ScimResource).where(mine, named))
    ]
    known = (ScimResource.kind == "User") & ScimResource.id.in_(_uuids(ids)) & ScimResource.user_id.is_not(None)
    members = select(OrganizationMember.user_id).where(OrganizationMember.organization_id == organization_id)
    belongs = ScimResource.user_id.in_(members)
    for row in await session.scalars(select(ScimResource).where(mine, known, belongs)):
        assert row.user_id is not None
        await apply_groups(session, directory_of(organization_id), row.user_id, _wanted(row, groups))


def _wanted(row: ScimResource, groups: list[tuple[dict[str, list[str]], set[str]]]) -> dict[UUID, set[str]]:
    """Permissions by project; none for a user who is not active."""
    found: dict[UUID, set[str]] = {}
    if row.data.get("active") is not False:
        for permissions, members in groups:
            for project, names in permissions.items() if str(row.id) in members else ():
                found.setdefault(UUID(project), set()).update(names)
    return found


def _uuids(ids: Iterable[str]) -> list[UUID]:
    found = []
    for each in ids:
        try:
            found.append(UUID(each))
        except ValueError:
            continue  # a member that this server never named
    return found
