"""The permissions that groups of an organisation's directory give their members, by the names that a superuser tied
to projects.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import Organization, ScimResource
from citewell.organizations.repository import directory
from citewell.users.groups import apply_groups


def directory_of(organization_id: UUID) -> str:
    """Returns the mark of permissions that come from the organisation's groups."""
    return f"organization:{organization_id}"


def member_ids(data: dict[str, Any]) -> set[str]:
    """Returns the ids of a group's members."""
    return {str(each["value"]) for each in data.get("members") or () if each.get("value")}


async def apply_to_all(session: AsyncSession, organization: Organization) -> None:
    """Give everybody in the directory what their groups have now."""
    ids = await directory.list_user_ids(session, organization.id)
    await apply_to(session, organization.id, map(str, ids))


async def apply_to(session: AsyncSession, organization_id: UUID, ids: Iterable[str]) -> None:
    """Give the accounts of these users, by their ids in the directory, what their groups have now.

    Only members get anything: who was deprovisioned by another call than the directory's is still in it.
    """
    organization = await session.get_one(Organization, organization_id)
    granted = {name.lower(): permissions for name, permissions in organization.group_permissions.items()}
    groups = [
        (granted[group.name], member_ids(group.data))
        for group in await directory.list_groups_named(session, organization_id, granted)
    ]
    for row in await directory.list_users_with_membership(session, organization_id, _uuids(ids)):
        assert row.user_id is not None
        await apply_groups(session, directory_of(organization_id), row.user_id, _wanted_permissions(row, groups))


def _wanted_permissions(row: ScimResource, groups: list[tuple[dict[str, list[str]], set[str]]]) -> dict[UUID, set[str]]:
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
