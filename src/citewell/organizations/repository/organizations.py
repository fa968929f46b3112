"""SQL of organisations, their members and their keys."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.engine import Database
from citewell.db.pages import select_page
from citewell.models import Organization, OrganizationKey, OrganizationMember, User


async def list_organizations(
    session: AsyncSession, admin_id: UUID | None, limit: int, offset: int
) -> tuple[int, list[Organization]]:
    """Returns the number of organisations, and a page of them by name; only those that `admin_id` is an admin of, if
    given.
    """
    query = _administered_by(admin_id)
    return await select_page(session, query, limit, offset, Organization.name)


async def find_organization(session: AsyncSession, organization_id: UUID, admin_id: UUID | None) -> Organization | None:
    """Returns the organisation; None where `admin_id` is given and is not one of its admins."""
    query = _administered_by(admin_id).where(Organization.id == organization_id)
    return (await session.scalars(query)).one_or_none()


def _administered_by(admin_id: UUID | None) -> Select[Organization]:
    query = select(Organization)
    if admin_id is None:
        return query
    member = OrganizationMember
    administered = select(member.organization_id).where(member.user_id == admin_id, member.is_admin)
    return query.where(Organization.id.in_(administered))


async def lock_organization(session: AsyncSession, organization_id: UUID) -> Organization:
    """Returns the organisation, locked until the transaction ends."""
    query = select(Organization).where(Organization.id == organization_id).with_for_update(key_share=True)
    return (await session.scalars(query)).one()


async def list_members(
    session: AsyncSession, organization_id: UUID, limit: int, offset: int
) -> tuple[int, list[tuple[OrganizationMember, User]]]:
    """Returns (number of members, page of them by address)."""
    mine = OrganizationMember.organization_id == organization_id
    count = await session.scalar(select(func.count()).select_from(OrganizationMember).where(mine))
    query = select(OrganizationMember, User).join(User, User.id == OrganizationMember.user_id).where(mine)
    rows = (await session.execute(query.order_by(User.email).limit(limit).offset(offset))).all()
    return count or 0, [(member, user) for member, user in rows]


async def insert_member(session: AsyncSession, organization_id: UUID, user_id: UUID) -> bool:
    """Make the user a member who is no admin; False if they are a member already."""
    membership = insert(OrganizationMember).values(organization_id=organization_id, user_id=user_id, is_admin=False)
    joined = await session.execute(membership.on_conflict_do_nothing().returning(OrganizationMember.user_id))
    return joined.first() is not None


async def delete_member(session: AsyncSession, organization_id: UUID, user_id: UUID) -> bool:
    """End the user's membership. False if they were no member."""
    member = OrganizationMember
    mine = (member.organization_id == organization_id) & (member.user_id == user_id)
    return (await session.execute(delete(member).where(mine).returning(member.user_id))).first() is not None


async def is_member_elsewhere(session: AsyncSession, organization_id: UUID, user_id: UUID) -> bool:
    """Whether the user is a member of an organisation other than this one."""
    member = OrganizationMember
    other = (member.user_id == user_id) & (member.organization_id != organization_id)
    return bool(await session.scalar(select(exists().where(other))))


async def count_keys(session: AsyncSession, organization_id: UUID) -> int:
    mine = OrganizationKey.organization_id == organization_id
    return await session.scalar(select(func.count()).select_from(OrganizationKey).where(mine)) or 0


async def list_keys(session: AsyncSession, organization_id: UUID, limit: int, offset: int) -> list[OrganizationKey]:
    """Returns a page of the keys, newest first."""
    mine = OrganizationKey.organization_id == organization_id
    newest_first = select(OrganizationKey).where(mine).order_by(OrganizationKey.created_at.desc())
    return list(await session.scalars(newest_first.limit(limit).offset(offset)))


async def find_key(session: AsyncSession, organization_id: UUID, key_id: UUID) -> OrganizationKey | None:
    query = select(OrganizationKey).where(OrganizationKey.organization_id == organization_id)
    return (await session.scalars(query.where(OrganizationKey.id == key_id))).one_or_none()


async def find_key_with_hash(database: Database, hashed: bytes) -> Any:
    """`organization_id`, `id` and `name` of the key with this hash; None if there is none."""
    statement = "SELECT organization_id, id, name FROM organization_keys WHERE hash = %(hash)s"
    rows = await database.direct.fetch(statement, {"hash": hashed})
    return rows[0] if rows else None


async def delete_key(session: AsyncSession, key_id: UUID) -> None:
    await session.execute(delete(OrganizationKey).where(OrganizationKey.id == key_id))
