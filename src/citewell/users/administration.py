"""What superusers and the command line do to accounts, each with its entry in the audit log."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.audit.actions import Action
from citewell.audit.log import entry
from citewell.auth.caller import Caller
from citewell.auth.tokens import create_token
from citewell.errors import BadRequest, Forbidden, NotFound
from citewell.models import User
from citewell.users.activation import activate, deactivate
from citewell.users.invites import honour_invites
from citewell.users.repository.users import has_user
from citewell.users.service import ensure_user, normalised

_BY = "command line"


async def create_user(session: AsyncSession, email: str, *, password_hash: str | None, superuser: bool) -> User:
    """Creates a user for the command line. Raises InvalidFields for an invalid address, BadRequest if it
    already has a user."""
    email = normalised(email)
    if await has_user(session, email):
        raise BadRequest(f"There is a user {email} already: `citewell user password` sets their password.")
    user = await ensure_user(session, email, superuser=superuser)
    user.password_hash = password_hash
    await honour_invites(session, user)
    session.add(entry(None, "user_created", "user", user.id, email=email, by=_BY))
    return user


async def issue_token(session: AsyncSession, email: str, *, superuser: bool, by: str = _BY) -> str:
    """Returns a new API token of the user with this address, who is created if there is none.

    `by` says in the audit log what asked for it: the command line, or the first start.
    """
    user = await ensure_user(session, email, superuser=superuser)
    await honour_invites(session, user)
    session.add(entry(None, "token_created", "user", user.id, email=user.email, by=by))
    return await create_token(session, user.id, name=by)


async def update_user(
    session: AsyncSession, caller: Caller, user_id: UUID, *, is_active: bool | None, is_superuser: bool | None
) -> User:
    """Changes another user's account; None leaves a field as it is.

    Raises Forbidden for all but superusers, BadRequest for the caller's own account and for the last superuser, and
    NotFound.
    """
    if not caller.is_superuser:
        raise Forbidden("Only a superuser may change accounts.")
    if user_id == caller.user_id:
        raise BadRequest("You cannot change your own account: ask another superuser.")
    user = await session.get(User, user_id, with_for_update=True)
    if user is None:
        raise NotFound("There is no such user.")
    if is_superuser is not None and is_superuser != user.is_superuser:
        user.is_superuser = is_superuser
        session.add(entry(caller, "superuser_changed", "user", user.id, email=user.email, is_superuser=is_superuser))
    if is_active is not None and is_active != (user.deactivated_at is None):
        await set_active(session, user, caller, is_active=is_active)
    await session.flush()
    return user


async def set_active(session: AsyncSession, user: User, caller: Caller | None, *, is_active: bool) -> None:
    """Activates or deactivates a user. `caller` is None for the command line.

    Raises BadRequest for the last superuser.
    """
    if is_active:
        activate(user)
    else:
        await deactivate(session, user)
    action: Action = "user_activated" if is_active else "user_deactivated"
    detail: dict[str, Any] = {"email": user.email} if caller else {"email": user.email, "by": _BY}
    session.add(entry(caller, action, "user", user.id, **detail))
