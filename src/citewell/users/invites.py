"""Invites: what pending ones promise to an address."""

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import Invite, ProjectPermission, User


async def honour_invites(session: AsyncSession, user: User) -> int:
    """Give a user what pending invites promise to their address, and return how many there were."""
    taken = (
        update(Invite)
        .where(Invite.email == user.email, Invite.status == "pending")
        .values(status="accepted", secret_hash=None, updated_at=func.clock_timestamp())
        .returning(Invite)
    )
    invites = list(await session.scalars(taken))
    for found in invites:
        statement = insert(ProjectPermission).values(
            project_id=found.project_id, user_id=user.id, permissions=found.permissions, profile=found.profile
        )
        await session.execute(statement.on_conflict_do_nothing(index_elements=["project_id", "user_id"]))
    return len(invites)
