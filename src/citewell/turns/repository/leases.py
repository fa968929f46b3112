"""The leases of running turns, in the database's time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from citewell.models import Turn
from citewell.turns.turn import TurnKey

_RENEW = text(
    "UPDATE turns SET lease_until = clock_timestamp() + make_interval(secs => :seconds)"
    " WHERE id = ANY(CAST(:turns AS uuid[])) AND state = 'running' AND owner = :owner"
    " RETURNING id, cancel_requested"
)


async def renew(
    connection: AsyncConnection, owner: str, turns: Sequence[UUID], seconds: float
) -> Sequence[tuple[UUID, bool]]:
    """Extends the leases of the owner's turns to `seconds` from now.

    Returns (turn, whether a user stopped it) of those that still belong to the owner.
    """
    rows = await connection.execute(_RENEW, {"turns": turns, "owner": owner, "seconds": seconds})
    return [(row.id, row.cancel_requested) for row in rows]


async def list_running(connection: AsyncConnection, limit: int) -> Sequence[Any]:
    """Returns the running turns whose leases end first, as rows: the columns of the key, `owner`, `lease_until` and
    `expired`, which says whether the lease has ended.
    """
    expired = (Turn.lease_until < func.clock_timestamp()).label("expired")
    query = (
        select(Turn.project_id, Turn.id, Turn.conversation_id, Turn.query_id, Turn.owner, Turn.lease_until, expired)
        .where(Turn.state == "running")
        .order_by(Turn.lease_until)
        .limit(limit)
    )
    return (await connection.execute(query)).all()


async def read_clock(connection: AsyncConnection) -> datetime:
    """Returns the database's time."""
    time: datetime = (await connection.scalars(select(func.clock_timestamp()))).one()
    return time


async def set_cancel_requested(session: AsyncSession, key: TurnKey) -> None:
    """Marks the turn to be stopped, if it is running."""
    mine = (Turn.project_id == key.project_id) & (Turn.id == key.turn_id) & (Turn.state == "running")
    await session.execute(update(Turn).where(mine).values(cancel_requested=True))


async def has_turn(session: AsyncSession, key: TurnKey) -> bool:
    """Whether the turn exists. It does not if its conversation has been deleted."""
    query = select(Turn.id).where(Turn.project_id == key.project_id, Turn.id == key.turn_id)
    return (await session.execute(query)).first() is not None
