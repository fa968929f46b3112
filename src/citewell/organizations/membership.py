"""Ending a membership, with what its groups gave; a key and a superuser do it alike."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.organizations.group_permissions import directory_of
from citewell.organizations.repository.organizations import delete_member
from citewell.users.groups import apply_groups


async def end_membership(session: AsyncSession, organization_id: UUID, user_id: UUID) -> bool:
    """Whether the user was a member. The permissions that the groups of the organisation gave end as well."""
    left = await delete_member(session, organization_id, user_id)
    if left:
        await apply_groups(session, directory_of(organization_id), user_id, {})
    return left
