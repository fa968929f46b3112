"""Closes a turn: stores its outcome, its messages and the end of its log."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from citewell.db.engine import Database
from citewell.kit.metrics import TOKENS, TURNS
from citewell.kit.storable import storable
from citewell.models import Message
from citewell.turns.entries import encode_entries
from citewell.turns.log import Batch
from citewell.turns.messages import NewMessage, Outcome
from citewell.turns.turn import TurnKey

# One statement, so that closing takes one round trip. It changes nothing if the turn has been closed already.
_CLOSE = """
    WITH closed AS (
        UPDATE turns SET state = %(state)s, error_code = %(error_code)s,
            error_detail = %(error_detail)s, updated_at = clock_timestamp()
        WHERE project_id = %(project)s AND id = %(turn)s AND state = 'running'
        RETURNING project_id, id, conversation_id, query_id
    ), added AS (
        INSERT INTO messages (project_id, conversation_id, position, role, type, query_id, content, extra, created_at)
        SELECT c.project_id, c.conversation_id, m.position, m.role, m.type, c.query_id, m.content,
            CAST(m.extra AS jsonb), m.created_at
        FROM closed c, json_to_recordset(CAST(%(messages)s AS json))
            AS m (position int, role text, type text, content text, extra json, created_at timestamptz)
    ), counted AS (
        UPDATE conversations c
        SET message_count = c.message_count + %(new_messages)s, tool_call_count = c.tool_call_count + %(tool_calls)s,
            tokens_input = c.tokens_input + %(tokens_input)s, tokens_output = c.tokens_output + %(tokens_output)s,
            updated_at = clock_timestamp()
        FROM closed WHERE c.project_id = closed.project_id AND c.id = closed.conversation_id
    ), logged AS (
        INSERT INTO turn_log (project_id, turn_id, first_seq, last_seq, events)
        SELECT project_id, id, %(first_seq)s, %(last_seq)s, %(events)s FROM closed
    )
    SELECT id FROM closed
"""


async def close_turn(
    database: Database,
    key: TurnKey,
    outcome: Outcome,
    messages: Sequence[NewMessage],
    position: int,
    end: Batch,
) -> bool:
    """Stores the outcome, the messages with positions from `position` on and the last entries of the log, atomically.

    Returns False, and stores nothing, if the turn has been closed already.
    """
    kinds = [message.type for message in messages]
    rows = [msgspec.structs.asdict(message) | {"position": position + n} for n, message in enumerate(messages)]
    parameters = {
        "project": key.project_id,
        "turn": key.turn_id,
        "state": outcome.state,
        "error_code": outcome.error_code,
        "error_detail": storable(outcome.error_detail) or None,
        # As one JSON text: the driver escapes the elements of an array character by character.
        "messages": msgspec.json.encode(rows).decode(),
        "new_messages": kinds.count("message"),
        "tool_calls": kinds.count("tool_call"),
        "tokens_input": outcome.tokens_input,
        "tokens_output": outcome.tokens_output,
        "first_seq": end.first_seq,
        "last_seq": end.last_seq,
        "events": encode_entries(end.entries),
    }
    is_closed = bool(await database.direct.fetch(_CLOSE, parameters, prepare=True, writes=True))
    if is_closed:
        TURNS.labels(outcome.state).inc()
        TOKENS.labels("input").inc(outcome.tokens_input)
        TOKENS.labels("output").inc(outcome.tokens_output)
    return is_closed


async def next_position(connection: AsyncConnection, key: TurnKey) -> int:
    """Returns the position of the conversation's next message."""
    query = select(func.coalesce(func.max(Message.position) + 1, 0)).where(
        Message.project_id == key.project_id, Message.conversation_id == key.conversation_id
    )
    return (await connection.scalars(query)).one()
