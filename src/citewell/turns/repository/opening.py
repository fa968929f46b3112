"""Opens a turn in the database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from citewell.db.engine import Database

# One statement, so that opening takes one round trip: it reads the conversation, checks the limits, and opens the turn.
# `start_turn` turns a refusal into an error. The unique index uq_turns_running refuses a second running turn.
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


@dataclass(frozen=True)
class NewTurn:
    """The turn to be opened. `title` becomes the conversation's name if it has none. The user may run at most
    `user_limit` turns at a time.
    """

    project_id: UUID
    conversation_id: UUID
    turn_id: UUID
    user_id: UUID
    user_limit: int
    owner: str
    lease_seconds: float
    question: str
    title: str


class OpenedRow(Protocol):
    """The conversation and its agent; the agent's columns are None if there is none.

    `under_way` counts the user's running turns without this one. `tools` is JSON.
    """

    archived_at: datetime | None
    next_query_id: int
    conversation_instructions: str | None
    additional_instructions: str | None
    project_brief: str | None
    model: str | None
    selected_workflows_mode: str | None
    selected_workflows: list[UUID] | None
    agent_id: UUID | None
    is_taught: bool
    tools: str | None
    next_position: int
    local_to: list[UUID] | None
    under_way: int
    opened_at: datetime


async def open_turn(database: Database, new: NewTurn) -> OpenedRow | None:
    """Opens a turn if the state of its conversation allows it.

    Returns the conversation's row, which tells whether it did; None if there is no such conversation.
    Raises psycopg's UniqueViolation while another turn is running.
    """
    parameters = {
        "project": new.project_id,
        "conversation": new.conversation_id,
        "turn": new.turn_id,
        "user": new.user_id,
        "limit": new.user_limit,
        "owner": new.owner,
        "lease": new.lease_seconds,
        "text": new.question,
        "title": new.title,
    }
    found = await database.direct.fetch(_OPEN, parameters, prepare=True, writes=True)
    return found[0] if found else None
