"""Ending a membership, with what its groups gave; a key and a superuser do it alike."""

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import OrganizationMember
from citewell.organizations.group_permissions import directory_of
from citewell.users.groups import apply_groups


async def end_membership(session: AsyncSession, organization_id: UUID, user_id: UUID) -> bool:
    """Whether the user was a member. The permissions that the groups of the organisation gave end as well."""
    member = OrganizationMember
    mine = (member.organization_id == organization_id) & (member.user_id == user_id)
    left = (await session.execute(delete(member).where(mine).returning(member.user_id))).first() is not None
    if left:
        await apply_groups(session, directory_of(organization_id), user_id, {})
    return left
