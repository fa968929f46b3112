"""Opening a turn: the question is stored and the work starts on its own task, never on the connection."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from citewell.auth.access import Access
from citewell.conversations import service as conversations
from citewell.errors import Conflict, TooManyRequests
from citewell.kit.ids import new_id
from citewell.models import AgentSettings, Conversation, Message, Turn
from citewell.turns.lease import lease_end
from citewell.turns.log import TurnKey
from citewell.turns.runner import TurnWork

if TYPE_CHECKING:
    from citewell.runtime import Runtime

# More of a long conversation than any model reads; the agent loop trims to its context on top of this.
_HISTORY_MESSAGES = 200
_STILL_ANSWERING = "This conversation is still answering: wait for the end of the running turn, or cancel it."


@dataclass(frozen=True)
class Ask:
    """A question as it came in. `base_url` is the base of the links in the answer."""

    access: Access
    conversation_id: UUID
    text: str
    base_url: str


async def start_turn(runtime: "Runtime", ask: Ask) -> TurnKey:
    """Store the question and start the turn.

    Raises NotFound or Forbidden as the conversation's rules have it, Conflict while another turn is running,
    TooManyRequests beyond the limits of the user and of the server, Unavailable while the server shuts down.
    """
    with runtime.turns.opening():
        try:
            async with runtime.database.engine.begin() as connection:
                work = await _open(runtime, connection, ask)
        except IntegrityError as error:
            if "uq_turns_running" in str(error.orig):
                raise Conflict(_STILL_ANSWERING) from None
            raise
        runtime.turns.launch(work)
        return work.key


async def _open(runtime: "Runtime", connection: AsyncConnection, ask: Ask) -> TurnWork:
    project_id, user_id = ask.access.project_id, ask.access.acting.user_id
    conversation = conversations.check_writable(ask.access, await _locked(connection, ask))
    await _check_user_limit(connection, user_id, runtime.settings.max_turns_per_user)
    key = TurnKey(project_id, new_id(), conversation.id, conversation.next_query_id)
    history = await _recent_messages(connection, key) if key.query_id else []
    turn = {
        "project_id": project_id,
        "id": key.turn_id,
        "conversation_id": key.conversation_id,
        "query_id": key.query_id,
        "user_id": user_id,
        "owner": runtime.turns.owner,
        "lease_until": lease_end(runtime.settings.turn_lease_seconds),
    }
    await connection.execute(insert(Turn).values(turn))
    await connection.execute(insert(Message).values(_question(key, ask, conversation.next_position)))
    await connection.execute(
        update(Conversation)
        .where(Conversation.project_id == project_id, Conversation.id == conversation.id)
        .values(
            next_query_id=Conversation.next_query_id + 1,
            message_count=Conversation.message_count + 1,
            updated_at=func.clock_timestamp(),
        )
    )
    return TurnWork(
        key=key,
        next_position=conversation.next_position + 1,
        question=ask.text,
        history=history,
        instructions=conversation.conversation_instructions or conversation.additional_instructions or "",
        brief=conversation.project_brief or "",
        model=conversation.model or "",
        tools=list(conversation.tools or []),
        base_url=ask.base_url,
    )


async def _locked(connection: AsyncConnection, ask: Ask) -> Any:
    """The conversation with its agent's settings, locked against another turn and against its deletion."""
    position = (
        select(func.coalesce(func.max(Message.position) + 1, 0))
        .where(Message.project_id == Conversation.project_id, Message.conversation_id == Conversation.id)
        .scalar_subquery()
    )
    query = (
        select(
            Conversation.id,
            Conversation.created_by,
            Conversation.is_shared,
            Conversation.archived_at,
            Conversation.next_query_id,
            Conversation.conversation_instructions,
            AgentSettings.additional_instructions,
            AgentSettings.project_brief,
            AgentSettings.model,
            AgentSettings.tools,
            position.label("next_position"),
        )
        .outerjoin(
            AgentSettings,
            (AgentSettings.project_id == Conversation.project_id)
            & (AgentSettings.id == Conversation.agent_settings_id),
        )
        .where(Conversation.project_id == ask.access.project_id, Conversation.id == ask.conversation_id)
        .with_for_update(of=Conversation)
    )
    return (await connection.execute(query)).one_or_none()


async def _check_user_limit(connection: AsyncConnection, user_id: UUID, limit: int) -> None:
    """Raises TooManyRequests. The lock makes those who ask at the same moment count one after the other."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:user, 0))"), {"user": str(user_id)})
    query = select(func.count()).where(Turn.state == "running", Turn.user_id == user_id)
    if (await connection.scalar(query) or 0) >= limit:
        raise TooManyRequests(
            f"You have {limit} answers under way, which is as many as one may: wait for one of them to end.",
            headers={"Retry-After": "5"},
        )


def _question(key: TurnKey, ask: Ask, position: int) -> dict[str, Any]:
    return {
        "project_id": key.project_id,
        "conversation_id": key.conversation_id,
        "position": position,
        "role": "user",
        "type": "message",
        "query_id": key.query_id,
        "content": ask.text,
        "extra": {"user_id": str(ask.access.acting.user_id)},
    }


async def _recent_messages(connection: AsyncConnection, key: TurnKey) -> list[tuple[str, str]]:
    """What users and assistant said, oldest first, without tool calls and reasoning."""
    query = (
        select(Message.role, Message.content)
        .where(
            Message.project_id == key.project_id,
            Message.conversation_id == key.conversation_id,
            Message.type == "message",
        )
        .order_by(Message.position.desc())
        .limit(_HISTORY_MESSAGES)
    )
    return [(role, content) for role, content in await connection.execute(query)][::-1]
