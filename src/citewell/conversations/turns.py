"""The turns of a conversation, for those who may see it or speak in it: asked, listed, found, stopped."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.auth.access import Access
from citewell.conversations import service
from citewell.conversations.repository import turns as repository
from citewell.conversations.repository.standing import find_standing
from citewell.errors import NotFound
from citewell.models import Turn
from citewell.turns.opening import start_turn
from citewell.turns.runner import TurnRunner
from citewell.turns.stopping import request_stop, stop_now
from citewell.turns.turn import TurnKey


async def ask(turns: TurnRunner, access: Access, conversation_id: UUID, question: str, base_url: str = "") -> TurnKey:
    """Start a turn; its events come from `turns.reader`. Raises NotFound and Forbidden as the conversation's rules have
    it, and what `start_turn` raises."""
    found = await find_standing(turns.resources.database, access.project_id, conversation_id)
    service.check_writable(access, found)
    return await start_turn(turns, access.project_id, conversation_id, access.acting.user_id, question, base_url)


async def list_turns(
    session: AsyncSession, access: Access, conversation_id: UUID, limit: int, offset: int
) -> tuple[int, list[Turn]]:
    """Returns the conversation's turns, newest first, and how many there are in all."""
    await service.readable(session, access, conversation_id, include_archived=True)
    return await repository.list_turns(session, access.project_id, conversation_id, limit, offset)


async def find_turn(session: AsyncSession, access: Access, conversation_id: UUID, query_id: int) -> Turn:
    """Returns a turn of a conversation that the caller may read. Raises NotFound."""
    await service.readable(session, access, conversation_id, include_archived=True)
    found = await repository.find_turn(session, access.project_id, conversation_id, query_id)
    if found is None:
        raise NotFound(f"The conversation has no turn with the query_id {query_id}.")
    return found


def key_of(turn: Turn) -> TurnKey:
    return TurnKey(turn.project_id, turn.id, turn.conversation_id, turn.query_id)


async def stop_turn(turns: TurnRunner, access: Access, conversation_id: UUID, query_id: int) -> Turn:
    """Stop a turn, in whichever process it runs, and return it as it then is. One that has ended is left as it is.

    Raises NotFound, and Forbidden for those who may only read the conversation.
    """
    database = turns.resources.database
    async with database.write() as session:
        await service.writable(session, access, conversation_id, include_archived=True)
        turn = await find_turn(session, access, conversation_id, query_id)
        if turn.state != "running":
            return turn
        await request_stop(session, key_of(turn))
    await stop_now(turns, key_of(turn))
    async with database.read() as session:
        return await find_turn(session, access, conversation_id, query_id)


async def stop_running(turns: TurnRunner, access: Access, conversation_id: UUID) -> None:
    """Stop the conversation's turn that is under way, if there is one."""
    async with turns.resources.database.read() as session:
        running = await repository.find_running_query(session, access.project_id, conversation_id)
    if running is not None:
        await stop_turn(turns, access, conversation_id, running)
