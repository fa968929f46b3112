"""Opening a turn: the question is stored and the work starts on its own task, never on the connection."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.auth.access import Access
from citewell.conversations import service as conversations
from citewell.errors import Conflict
from citewell.kit.ids import new_id
from citewell.kit.time import now
from citewell.models import AgentSettings, Conversation, Message, Turn
from citewell.turns.lease import close_if_dead
from citewell.turns.log import LiveLog, TurnKey
from citewell.turns.runner import TurnWork

if TYPE_CHECKING:
    from citewell.runtime import Runtime

# More of a long conversation than any model reads; the agent loop trims to its context on top of this.
_HISTORY_MESSAGES = 200


@dataclass(frozen=True)
class Ask:
    """A question as it came in. `base_url` is the base of the links in the answer."""

    access: Access
    conversation_id: UUID
    text: str
    base_url: str


async def start_turn(runtime: "Runtime", ask: Ask) -> LiveLog:
    """Store the question, start the turn and return its log.

    Raises NotFound or Forbidden as the conversation's rules have it, Conflict while another turn is running.
    """
    runtime.turns.check_open()
    await close_if_dead(runtime, ask.access.project_id, ask.conversation_id)
    try:
        async with runtime.database.begin() as session:
            work = await _open(runtime, session, ask)
    except IntegrityError as error:
        if "uq_turns_running" in str(error.orig):
            raise Conflict(
                "This conversation is still answering: wait for the end of the running turn, then send again."
            ) from None
        raise
    return runtime.turns.launch(work)


async def _open(runtime: "Runtime", session: AsyncSession, ask: Ask) -> TurnWork:
    conversation = await conversations.writable(session, ask.access, ask.conversation_id)
    project_id = ask.access.project_id
    await session.refresh(conversation, with_for_update=True)
    agent = await session.get(AgentSettings, (project_id, conversation.agent_settings_id))
    earlier = await _recent_messages(session, conversation)
    turn = Turn(
        project_id=project_id,
        id=new_id(),
        conversation_id=conversation.id,
        query_id=conversation.next_query_id,
        user_id=ask.access.acting.user_id,
        owner=runtime.turns.owner,
        lease_until=now() + timedelta(seconds=runtime.settings.turn_lease_seconds),
    )
    session.add(turn)
    session.add(_question(turn, ask, await _next_position(session, conversation)))
    conversation.next_query_id += 1
    conversation.message_count += 1
    await session.flush()
    return TurnWork(
        key=TurnKey(project_id, turn.id, conversation.id, turn.query_id),
        question=ask.text,
        history=[(message.role, message.content) for message in earlier],
        instructions=conversation.conversation_instructions or (agent.additional_instructions if agent else ""),
        brief=agent.project_brief if agent else "",
        model=agent.model if agent else "",
        tools=list(agent.tools) if agent else [],
        base_url=ask.base_url,
    )


def _question(turn: Turn, ask: Ask, position: int) -> Message:
    return Message(
        project_id=turn.project_id,
        conversation_id=turn.conversation_id,
        position=position,
        role="user",
        type="message",
        query_id=turn.query_id,
        content=ask.text,
        extra={"user_id": str(turn.user_id)},
    )


async def _recent_messages(session: AsyncSession, conversation: Conversation) -> list[Message]:
    """What users and assistant said, oldest first, without tool calls and reasoning."""
    query = (
        select(Message)
        .where(
            Message.project_id == conversation.project_id,
            Message.conversation_id == conversation.id,
            Message.type == "message",
        )
        .order_by(Message.position.desc())
        .limit(_HISTORY_MESSAGES)
    )
    return list(await session.scalars(query))[::-1]


async def _next_position(session: AsyncSession, conversation: Conversation) -> int:
    query = select(func.coalesce(func.max(Message.position), -1) + 1).where(
        Message.project_id == conversation.project_id, Message.conversation_id == conversation.id
    )
    return (await session.scalars(query)).one()
