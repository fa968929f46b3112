"""The end of a turn in the database: its messages, its state, the conversation's counters and the rest of the log."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from citewell.models import Conversation, Message, Turn, TurnLog
from citewell.turns.entries import Entry, encode_entries
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


async def close_turn(
    connection: AsyncConnection, key: TurnKey, outcome: Outcome, position: int | None = None
) -> list[Message] | None:
    """Store the outcome if the turn is still running; None if somebody else has closed it.

    `position` is where the turn's messages begin in the history, for those who know it.
    """
    closed = await connection.execute(
        update(Turn)
        .where(Turn.project_id == key.project_id, Turn.id == key.turn_id, Turn.state == "running")
        .values(state=outcome.state, error_code=outcome.error_code, updated_at=func.clock_timestamp())
        .returning(Turn.id)
    )
    if closed.scalar_one_or_none() is None:
        return None
    if position is None:
        position = await _next_position(connection, key)
    messages = await _add_messages(connection, key, outcome.messages, position)
    kinds = [message.type for message in messages]
    await connection.execute(
        update(Conversation)
        .where(Conversation.project_id == key.project_id, Conversation.id == key.conversation_id)
        .values(
            message_count=Conversation.message_count + kinds.count("message"),
            tool_call_count=Conversation.tool_call_count + kinds.count("tool_call"),
            tokens_input=Conversation.tokens_input + outcome.tokens_input,
            tokens_output=Conversation.tokens_output + outcome.tokens_output,
            updated_at=func.clock_timestamp(),
        )
    )
    return messages


async def store_entries(connection: AsyncConnection, key: TurnKey, first_seq: int, entries: Sequence[Entry]) -> None:
    """Add consecutive entries to the log, as one row."""
    row = {
        "project_id": key.project_id,
        "turn_id": key.turn_id,
        "first_seq": first_seq,
        "last_seq": first_seq + len(entries) - 1,
        "events": encode_entries(entries),
    }
    await connection.execute(insert(TurnLog), row)


async def _next_position(connection: AsyncConnection, key: TurnKey) -> int:
    query = select(func.coalesce(func.max(Message.position) + 1, 0)).where(
        Message.project_id == key.project_id, Message.conversation_id == key.conversation_id
    )
    return (await connection.scalars(query)).one()


async def _add_messages(
    connection: AsyncConnection, key: TurnKey, entries: Sequence[dict[str, Any]], position: int
) -> list[Message]:
    """The messages as they were stored, with their time."""
    if not entries:
        return []
    rows = [
        {
            "project_id": key.project_id,
            "conversation_id": key.conversation_id,
            "position": position + index,
            "query_id": key.query_id,
            **entry,
        }
        for index, entry in enumerate(entries)
    ]
    stored = await connection.execute(insert(Message).returning(Message.position, Message.created_at), rows)
    times = dict(stored.all())
    return [Message(**row, created_at=times[row["position"]]) for row in rows]
