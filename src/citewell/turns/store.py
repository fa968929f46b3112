"""The end of a turn in the database: its messages, its state, the conversation's counters and the rest of the log."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import Conversation, Message, Turn
from citewell.turns.log import TurnKey


@dataclass
class Outcome:
    """How a turn ended. `messages` are entries of the history without their position, in order."""

    state: str
    messages: list[dict[str, Any]] = field(default_factory=list)
    tokens_input: int = 0
    tokens_output: int = 0
    error_code: str | None = None
    error: str | None = None


async def close_turn(session: AsyncSession, key: TurnKey, outcome: Outcome) -> list[Message] | None:
    """Store the outcome if the turn is still running; None if somebody else has closed it."""
    closed = await session.execute(
        update(Turn)
        .where(Turn.project_id == key.project_id, Turn.id == key.turn_id, Turn.state == "running")
        .values(state=outcome.state, error_code=outcome.error_code)
        .returning(Turn.id)
    )
    if closed.scalar_one_or_none() is None:
        return None
    messages = await _add_messages(session, key, outcome.messages)
    kinds = [message.type for message in messages]
    await session.execute(
        update(Conversation)
        .where(Conversation.project_id == key.project_id, Conversation.id == key.conversation_id)
        .values(
            message_count=Conversation.message_count + kinds.count("message"),
            tool_call_count=Conversation.tool_call_count + kinds.count("tool_call"),
            tokens_input=Conversation.tokens_input + outcome.tokens_input,
            tokens_output=Conversation.tokens_output + outcome.tokens_output,
        )
    )
    return messages


async def _add_messages(session: AsyncSession, key: TurnKey, entries: Sequence[dict[str, Any]]) -> list[Message]:
    last = await session.scalar(
        select(func.max(Message.position)).where(
            Message.project_id == key.project_id, Message.conversation_id == key.conversation_id
        )
    )
    start = 0 if last is None else last + 1
    rows = [
        Message(
            project_id=key.project_id,
            conversation_id=key.conversation_id,
            position=start + index,
            query_id=key.query_id,
            **entry,
        )
        for index, entry in enumerate(entries)
    ]
    session.add_all(rows)
    await session.flush()
    for row in rows:
        await session.refresh(row, ["created_at"])
    return rows
