"""Turns as resources: listed, found, stopped."""

import asyncio
import contextlib
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.auth.access import Access
from citewell.conversations import service as conversations
from citewell.errors import NotFound
from citewell.models import Turn
from citewell.turns.log import TurnKey
from citewell.turns.reader import follow
from citewell.turns.runner import TurnRunner

_STOP_SECONDS = 5.0  # how long the answer to a stop waits for the end of the turn


async def list_turns(
    session: AsyncSession, access: Access, conversation_id: UUID, limit: int, offset: int
) -> tuple[int, list[Turn]]:
    """The conversation's turns, newest first, and how many there are in all."""
    await conversations.readable(session, access, conversation_id, include_archived=True)
    mine = (Turn.project_id == access.project_id) & (Turn.conversation_id == conversation_id)
    count = await session.scalar(select(func.count()).select_from(Turn).where(mine))
    rows = await session.scalars(select(Turn).where(mine).order_by(Turn.query_id.desc()).limit(limit).offset(offset))
    return count or 0, list(rows)


async def find_turn(session: AsyncSession, access: Access, conversation_id: UUID, query_id: int) -> Turn:
    """A turn of a conversation that the caller may read. Raises NotFound."""
    await conversations.readable(session, access, conversation_id, include_archived=True)
    query = select(Turn).where(
        Turn.project_id == access.project_id, Turn.conversation_id == conversation_id, Turn.query_id == query_id
    )
    found = (await session.scalars(query)).one_or_none()
    if found is None:
        raise NotFound(f"The conversation has no turn with the query_id {query_id}.")
    return found


def key_of(turn: Turn) -> TurnKey:
    return TurnKey(turn.project_id, turn.id, turn.conversation_id, turn.query_id)


async def stop_turn(turns: TurnRunner, access: Access, conversation_id: UUID, query_id: int) -> Turn:
    """Stop a turn, in whichever process it runs, and return it as it then is. One that has ended is left as it is.

    Raises NotFound, and Forbidden for those who may only read the conversation.
    """
    async with turns.resources.database.write() as session:
        await conversations.writable(session, access, conversation_id, include_archived=True)
        turn = await find_turn(session, access, conversation_id, query_id)
        if turn.state != "running":
            return turn
        await session.execute(
            update(Turn)
            .where(Turn.project_id == turn.project_id, Turn.id == turn.id, Turn.state == "running")
            .values(cancel_requested=True)
        )
    turns.stop(turn.id)
    if turn.id not in turns.live:
        await turns.pubsub.stop(turn.id)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_STOP_SECONDS):
            async with contextlib.aclosing(follow(turns, key_of(turn), delta=True)) as events:
                async for _ in events:
                    pass
    async with turns.resources.database.read() as session:
        return await find_turn(session, access, conversation_id, query_id)


async def stop_running(turns: TurnRunner, access: Access, conversation_id: UUID) -> None:
    """Stop the conversation's turn that is under way, if there is one."""
    query = select(Turn.query_id).where(
        Turn.project_id == access.project_id, Turn.conversation_id == conversation_id, Turn.state == "running"
    )
    async with turns.resources.database.read() as session:
        running = (await session.scalars(query)).one_or_none()
    if running is not None:
        await stop_turn(turns, access, conversation_id, running)
