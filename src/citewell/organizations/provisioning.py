"""Accounts that an organisation's systems make and take away, by one of its keys."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.audit.actions import Action
from citewell.audit.log import entry
from citewell.errors import Forbidden
from citewell.models import AuditEntry, Organization, OrganizationMember, User
from citewell.organizations.access import KeyHolder
from citewell.organizations.membership import end_membership
from citewell.organizations.repository import organizations as repository
from citewell.users.activation import activate_for_organization, deactivate
from citewell.users.invites import honour_invites
from citewell.users.repository.users import lock_user, lock_user_with_email
from citewell.users.service import ensure_user, normalised


@dataclass(frozen=True)
class Provisioned:
    """`created`: the account is new; `reactivated`: it was deactivated before."""

    user: User
    created: bool
    reactivated: bool


@dataclass(frozen=True)
class Deprovisioned:
    """`deprovisioned`: the user was a member; `deactivated`: this was their last membership, so they cannot sign in."""

    deprovisioned: bool
    deactivated: bool


async def organization_of(session: AsyncSession, holder: KeyHolder) -> Organization:
    """Returns the organisation of the key, locked: its accounts change one at a time."""
    return await repository.lock_organization(session, holder.organization_id)


def check_domain(organization: Organization, email: str) -> None:
    """Raises Forbidden for an address in a domain that the organisation may not provision."""
    domain = email.rpartition("@")[2]
    if domain not in organization.allowed_provisioning_domains:
        raise Forbidden(f"Addresses of {domain} may not be provisioned here: a superuser allows domains.")


async def provision(session: AsyncSession, holder: KeyHolder, email: str) -> Provisioned:
    """Make or re-activate the account with this address, and make it a member; doing so again changes nothing.

    The organisation vouches for the address, so a later sign-in by its provider finds the account. Raises Forbidden
    outside the allowed domains, and for an account that an operator deactivated.
    """
    organization = await organization_of(session, holder)
    email = normalised(email)
    check_domain(organization, email)
    # Locked, or two organisations at once would each miss what the other does to the user's memberships.
    known = await lock_user_with_email(session, email)
    user = known or await ensure_user(session, email)
    reactivated = activate_for_organization(user)
    has_joined = await repository.insert_member(session, organization.id, user.id)
    if has_joined or reactivated:
        session.add(_entry(holder, "user_provisioned", user))
    await honour_invites(session, user)
    await session.flush()
    return Provisioned(user, known is None, reactivated)


async def deprovision(session: AsyncSession, holder: KeyHolder, user: User | None) -> Deprovisioned:
    """Take the membership away, with what its groups gave. Without another one the account is deactivated, and its
    sessions end; superusers never are, so that no key locks the owner out."""
    await organization_of(session, holder)
    user = await lock_user(session, user.id) if user is not None else None
    if user is None:
        return Deprovisioned(False, False)
    if not await end_membership(session, holder.organization_id, user.id):
        return Deprovisioned(False, False)
    deactivates = not user.is_superuser and not await repository.is_member_elsewhere(
        session, holder.organization_id, user.id
    )
    if deactivates:
        await deactivate(session, user, holder.organization_id)
    session.add(_entry(holder, "user_deprovisioned", user, deactivated=deactivates))
    await session.flush()
    return Deprovisioned(True, deactivates)


async def is_member(session: AsyncSession, holder: KeyHolder, user: User) -> bool:
    """Whether the user is a member of the key's organisation."""
    return await session.get(OrganizationMember, (holder.organization_id, user.id)) is not None


def _entry(holder: KeyHolder, action: Action, user: User, **detail: Any) -> AuditEntry:
    organization, key = str(holder.organization_id), str(holder.key_id)
    return entry(None, action, "user", user.id, email=user.email, organization=organization, key=key, **detail)
