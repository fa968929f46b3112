"""The statements of turns: opening and closing one, and reading the messages of a conversation."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from citewell.db.engine import Database
from citewell.kit.metrics import TOKENS, TURNS
from citewell.models import Message
from citewell.turns.entries import encode_entries
from citewell.turns.log import Batch
from citewell.turns.messages import MessageFields, NewMessage, Outcome
from citewell.turns.turn import TurnKey

# More of a long conversation than any model reads; the agent loop trims to its context on top of this.
_HISTORY_MESSAGES = 200

# One statement, and with it one round trip and one transaction: it reads the conversation, decides, and opens the turn.
# What it decides is said in words by `start_turn`. A turn under way already is found by the index uq_turns_running.
_OPEN = """
    WITH talk AS (
        SELECT c.project_id, c.id, c.archived_at, c.next_query_id,
            c.conversation_instructions, a.additional_instructions, a.project_brief, a.model,
            a.selected_workflows_mode, a.selected_workflows,
            a.id AS agent_id,
            a.knowledge_graph_mode <> 'none' OR a.tags_hierarchies_mode <> 'none' OR EXISTS (
                SELECT FROM artifact_versions v WHERE v.project_id = c.project_id) AS is_taught,
            (SELECT CAST(json_agg(json_build_object(
                'id', t.id, 'name', t.name, 'description', t.description, 'tool_type', t.tool_type,
                'retrieval_mode', t.retrieval_mode, 'retrieval_parameters', t.retrieval_parameters,
                'restrictions', t.restrictions, 'agent_settings_id', t.agent_settings_id
                ) ORDER BY array_position(a.tools, t.id)) AS text) FROM tools t
                WHERE t.project_id = a.project_id AND t.id = ANY(a.tools)) AS tools,
            (SELECT coalesce(max(m.position) + 1, 0) FROM messages m
                WHERE m.project_id = c.project_id AND m.conversation_id = c.id) AS next_position,
            (SELECT array_agg(DISTINCT d.local_to) FROM documents d
                WHERE d.project_id = c.project_id AND d.local_to IN (c.id, c.agent_settings_id)
                AND d.status = 'active') AS local_to,
            (SELECT count(*) FROM turns t WHERE t.state = 'running' AND t.user_id = %(user)s) AS under_way
        FROM conversations c
        LEFT JOIN agent_settings a ON a.project_id = c.project_id AND a.id = c.agent_settings_id
        WHERE c.project_id = %(project)s AND c.id = %(conversation)s
        FOR UPDATE OF c
    ), granted AS (
        SELECT * FROM talk
        WHERE archived_at IS NULL AND under_way < %(limit)s AND agent_id IS NOT NULL
    ), turn AS (
        INSERT INTO turns (project_id, id, conversation_id, query_id, user_id, state, owner, lease_until,
            cancel_requested)
        SELECT project_id, %(turn)s, id, next_query_id, %(user)s, 'running', %(owner)s,
            clock_timestamp() + make_interval(secs => %(lease)s), false
        FROM granted
        RETURNING id
    ), question AS (
        INSERT INTO messages (project_id, conversation_id, position, role, type, query_id, content, extra, created_at)
        SELECT project_id, id, next_position, 'user', 'message', next_query_id, %(text)s,
            jsonb_build_object('user_id', CAST(%(user)s AS text)), now()
        FROM granted
    ), counted AS (
        UPDATE conversations c
        SET next_query_id = c.next_query_id + 1, message_count = c.message_count + 1, updated_at = clock_timestamp(),
            name = CASE WHEN c.next_query_id = 0 AND c.name ~ '^Conversation of [0-9-]{10} [0-9:]{5}$'
                THEN %(title)s ELSE c.name END
        FROM granted g
        WHERE c.project_id = g.project_id AND c.id = g.id
    )
    SELECT talk.*, now() AS opened_at FROM talk LEFT JOIN turn ON true
"""

# One statement, and with it one round trip and one transaction. It does nothing if the turn has been closed already.
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

_HISTORY = (
    "SELECT role, type, content, query_id, created_at, extra FROM messages"
    " WHERE project_id = %(project)s AND conversation_id = %(conversation)s"
    " AND (CAST(%(last)s AS int) IS NULL OR query_id <= %(last)s) ORDER BY position"
)

_PRESENT = (
    "SELECT id FROM documents WHERE project_id = %(project)s AND id = ANY(CAST(%(documents)s AS uuid[]))"
    " AND status = 'active'"
)


async def open_turn(database: Database, parameters: dict[str, Any]) -> Any:
    """Open a turn where its conversation allows; returns the conversation's row, None where there is none.

    `opened_at` of the row is when it was opened. Raises psycopg's UniqueViolation while another turn is running.
    """
    found = await database.direct.fetch(_OPEN, parameters, prepare=True, writes=True)
    return found[0] if found else None


async def close_turn(
    database: Database,
    key: TurnKey,
    outcome: Outcome,
    messages: Sequence[NewMessage],
    position: int,
    end: Batch,
) -> bool:
    """Store the outcome, the messages from `position` on and the last entries of the log, all or nothing.

    False if somebody else has closed the turn.
    """
    kinds = [message.type for message in messages]
    rows = [msgspec.structs.asdict(message) | {"position": position + n} for n, message in enumerate(messages)]
    parameters = {
        "project": key.project_id,
        "turn": key.turn_id,
        "state": outcome.state,
        "error_code": outcome.error_code,
        "error_detail": outcome.error_detail.replace("\x00", "") if outcome.error_detail else None,
        # One text: as arrays, the driver would look at every character.
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
    """Where the next message of the conversation goes."""
    query = select(func.coalesce(func.max(Message.position) + 1, 0)).where(
        Message.project_id == key.project_id, Message.conversation_id == key.conversation_id
    )
    return (await connection.scalars(query)).one()


async def recent_messages(database: Database, key: TurnKey) -> list[tuple[str, str]]:
    """What users and assistant said before this turn, oldest first, without tool calls and reasoning."""
    query = (
        select(Message.role, Message.content)
        .where(
            Message.project_id == key.project_id,
            Message.conversation_id == key.conversation_id,
            Message.type == "message",
            Message.query_id < key.query_id,
        )
        .order_by(Message.position.desc())
        .limit(_HISTORY_MESSAGES)
    )
    async with database.read() as session:
        return [(role, content) for role, content in await session.execute(query)][::-1]


async def history(
    database: Database, project_id: UUID, conversation_id: UUID, *, up_to_query: int | None = None
) -> Sequence[MessageFields]:
    """The messages, oldest first; with `up_to_query` those of that turn and the ones before it. Citations of documents
    that were deleted since are unverified, with the reason `document_deleted`."""
    parameters = {"project": project_id, "conversation": conversation_id, "last": up_to_query}
    messages = await database.direct.fetch(_HISTORY, parameters, prepare=True)
    cited = _document_citations(messages)
    if cited:
        wanted = {"project": project_id, "documents": list(dict.fromkeys(one["document_id"] for one in cited))}
        left = {str(row.id) for row in await database.direct.fetch(_PRESENT, wanted, prepare=True)}
        for citation in cited:
            if citation["document_id"] not in left:
                citation.update(status="unverified", verified=False, reason="document_deleted")
    return messages


def _document_citations(messages: Sequence[MessageFields]) -> list[dict[str, Any]]:
    found = (one for message in messages for one in message.extra.get("citations") or () if isinstance(one, dict))
    return [one for one in found if one.get("document_id")]
