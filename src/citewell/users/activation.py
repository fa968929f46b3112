"""Deactivated accounts: all their credentials are refused until they are activated again."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.auth.repository import revoke_sessions
from citewell.errors import BadRequest, Forbidden
from citewell.kit.time import now
from citewell.models import User
from citewell.users.repository.users import has_other_superuser


async def deactivate(session: AsyncSession, user: User, organization_id: UUID | None = None) -> None:
    """Deactivate a user and end their sessions.

    `organization_id` is the organisation whose key asks for it, None for an operator, whose deactivation an
    organisation cannot undo. Raises BadRequest for the last active superuser.
    """
    if user.is_superuser and not await has_other_superuser(session, user.id):
        raise BadRequest(f"{user.email} is the last superuser: make another one first.")
    if not is_deactivated_by_operator(user):
        user.deactivated_by_organization_id = organization_id
        user.deactivated_at = now()
    await revoke_sessions(session, user.id)
    await session.flush()


def is_deactivated_by_operator(user: User) -> bool:
    """Whether only an operator may activate the account."""
    return user.deactivated_at is not None and user.deactivated_by_organization_id is None


def activate(user: User) -> bool:
    """Activate a user, as an operator; returns whether they were deactivated."""
    was_deactivated = user.deactivated_at is not None
    user.deactivated_at = user.deactivated_by_organization_id = None
    return was_deactivated


def activate_for_organization(user: User) -> bool:
    """Like `activate`. Raises Forbidden for an account that an operator deactivated."""
    if is_deactivated_by_operator(user):
        raise Forbidden("An operator deactivated this account: only an operator activates it.")
    return activate(user)
