"""SQL of invites."""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.words import containing
from citewell.models import Invite, User


async def list_invites(
    session: AsyncSession, project_id: UUID, status: str | None, search: str, limit: int, offset: int
) -> tuple[int, list[tuple[Invite, User | None]]]:
    """Returns (number of invites, page of them, newest first), each with the user who sent it.

    `search` is a part of the address.
    """
    query = select(Invite).where(Invite.project_id == project_id)
    if status is not None:
        query = query.where(Invite.status == status)
    if search:
        query = query.where(Invite.email.ilike(containing(search)))
    count = await session.scalar(select(func.count()).select_from(query.subquery()))
    found = query.add_columns(User).outerjoin(User, User.id == Invite.invited_by)
    rows = await session.execute(found.order_by(Invite.id.desc()).limit(limit).offset(offset))
    return count or 0, [(invite, user) for invite, user in rows.all()]


async def find_pending_invite(session: AsyncSession, secret_hash: bytes, *, lock: bool) -> Invite | None:
    """Returns the pending invite with this hash of its secret; with `lock`, locked until the transaction ends."""
    query = select(Invite).where(Invite.secret_hash == secret_hash, Invite.status == "pending")
    return (await session.scalars(query.with_for_update() if lock else query)).one_or_none()


async def accept_invites(session: AsyncSession, email: str) -> list[Invite]:
    """Mark the pending invites of an address as accepted, so that their links are void; returns them."""
    taken = (
        update(Invite)
        .where(Invite.email == email, Invite.status == "pending")
        .values(status="accepted", secret_hash=None, updated_at=func.clock_timestamp())
        .returning(Invite)
    )
    return list(await session.scalars(taken))
