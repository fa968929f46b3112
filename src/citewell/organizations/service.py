"""Making organisations, naming their admins, and minting their keys."""

import secrets
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.audit.log import entry
from citewell.auth.caller import Caller
from citewell.auth.tokens import digest
from citewell.errors import Conflict, InvalidFields, NotFound
from citewell.models import Organization, OrganizationKey, OrganizationMember, User
from citewell.organizations.access import KEY_PREFIX, admin_id_of, key_of, organization_for
from citewell.organizations.group_permissions import apply_to_all
from citewell.organizations.membership import end_membership
from citewell.organizations.repository import organizations as repository
from citewell.organizations.schemas import KeyCreate, OrganizationCreate, OrganizationUpdate

_MOST_KEYS = 50


async def list_organizations(
    session: AsyncSession, caller: Caller, limit: int, offset: int
) -> tuple[int, list[Organization]]:
    """Returns (number, page) of all organisations for superusers, else of those that the caller administers; by
    name.
    """
    return await repository.list_organizations(session, admin_id_of(caller), limit, offset)


async def create_organization(session: AsyncSession, caller: Caller, body: OrganizationCreate) -> Organization:
    """Raises InvalidFields for a name that is taken."""
    domains = _unique(body.allowed_provisioning_domains)
    made = Organization(name=body.name, allowed_provisioning_domains=domains, group_permissions={})
    session.add(made)
    await _flush(session)
    session.add(entry(caller, "organization_created", "organization", made.id, name=made.name, domains=domains))
    return made


async def update_organization(
    session: AsyncSession, caller: Caller, organization_id: UUID, changes: OrganizationUpdate
) -> Organization:
    """Raises NotFound, InvalidFields."""
    found = await organization_for(session, caller, organization_id)
    if changes.name is not None:
        found.name = changes.name
    if changes.allowed_provisioning_domains is not None:
        found.allowed_provisioning_domains = _unique(changes.allowed_provisioning_domains)
    if changes.group_permissions is not None:
        found.group_permissions = changes.model_dump(mode="json")["group_permissions"]
    await _flush(session)
    if changes.group_permissions is not None:
        await apply_to_all(session, found)
    session.add(
        entry(
            caller,
            "organization_changed",
            "organization",
            found.id,
            domains=found.allowed_provisioning_domains,
            group_permissions=found.group_permissions,
        )
    )
    return found


async def list_members(
    session: AsyncSession, caller: Caller, organization_id: UUID, limit: int, offset: int
) -> tuple[int, list[dict[str, Any]]]:
    await organization_for(session, caller, organization_id)
    count, rows = await repository.list_members(session, organization_id, limit, offset)
    return count, [_member_to_wire(member, user) for member, user in rows]


async def set_admin(
    session: AsyncSession, caller: Caller, organization_id: UUID, user_id: UUID, *, is_admin: bool
) -> dict[str, Any]:
    """Make a user a member who is an admin, or is not. Raises NotFound."""
    await organization_for(session, caller, organization_id)
    user = await session.get(User, user_id)
    if user is None:
        raise NotFound("There is no such user.")
    member = await session.get(OrganizationMember, (organization_id, user_id))
    if member is None:
        member = OrganizationMember(organization_id=organization_id, user_id=user_id)
        session.add(member)
    member.is_admin = is_admin
    await session.flush()
    await session.refresh(member)
    session.add(
        entry(
            caller, "organization_admin_changed", "organization", organization_id, email=user.email, is_admin=is_admin
        )
    )
    return _member_to_wire(member, user)


async def remove_member(session: AsyncSession, caller: Caller, organization_id: UUID, user_id: UUID) -> None:
    """End a membership; the account stays as it is. Raises NotFound."""
    await organization_for(session, caller, organization_id)
    user = await session.get(User, user_id)
    if user is None or not await end_membership(session, organization_id, user_id):
        raise NotFound("The organisation has no such member.")
    session.add(entry(caller, "organization_member_removed", "organization", organization_id, email=user.email))


async def list_keys(
    session: AsyncSession, caller: Caller, organization_id: UUID, limit: int, offset: int
) -> tuple[int, list[OrganizationKey]]:
    await organization_for(session, caller, organization_id)
    count = await repository.count_keys(session, organization_id)
    return count, await repository.list_keys(session, organization_id, limit, offset)


async def mint_key(
    session: AsyncSession, caller: Caller, organization_id: UUID, body: KeyCreate
) -> tuple[OrganizationKey, str]:
    """Returns a new key, and its text: the only time that it can be read. Raises NotFound, Conflict."""
    await organization_for(session, caller, organization_id)
    count = await repository.count_keys(session, organization_id)
    if count >= _MOST_KEYS:
        raise Conflict(f"The organisation has {count} keys, which is as many as it may: delete one that nobody uses.")
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    row = OrganizationKey(
        organization_id=organization_id,
        hash=digest(key),
        name=body.name,
        last_four=key[-4:],
        created_by=caller.user_id,
    )
    session.add(row)
    await session.flush()
    await session.refresh(row)
    session.add(entry(caller, "organization_key_minted", "organization_key", row.id, name=row.name))
    return row, key


async def delete_key(session: AsyncSession, caller: Caller, organization_id: UUID, key_id: UUID) -> None:
    """The key is refused from the commit on. Raises NotFound."""
    await organization_for(session, caller, organization_id)
    row = await key_of(session, organization_id, key_id)
    await repository.delete_key(session, row.id)
    session.add(entry(caller, "organization_key_deleted", "organization_key", key_id, name=row.name))


def _member_to_wire(member: OrganizationMember, user: User) -> dict[str, Any]:
    own = {"user_id": user.id, "email": user.email, "is_active": user.deactivated_at is None}
    return own | {"is_admin": member.is_admin, "created_at": member.created_at}


def _unique(domains: list[str]) -> list[str]:
    return list(dict.fromkeys(domains))


async def _flush(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError:
        raise InvalidFields({"name": ["There is an organisation with this name already."]}) from None
