"""Accounts that are deactivated: no credentials of theirs are good until they are activated again."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.auth.sessions import end_sessions
from citewell.errors import BadRequest
from citewell.kit.time import now
from citewell.models import User


async def deactivate(session: AsyncSession, user: User) -> None:
    """Ends the sessions of the user. Raises BadRequest for the last superuser who is active."""
    if user.is_superuser:
        others = select(User.id).where(User.is_superuser, User.deactivated_at.is_(None), User.id != user.id)
        if await session.scalar(others.limit(1)) is None:
            raise BadRequest(f"{user.email} is the last superuser: make another one first.")
    user.deactivated_at = now()
    await end_sessions(session, user.id)
    await session.flush()


def activate(user: User) -> bool:
    """Whether the account was deactivated before."""
    was_deactivated = user.deactivated_at is not None
    user.deactivated_at = None
    return was_deactivated
